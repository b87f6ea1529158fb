"""What may be asked of a bulk run, apart from the engines themselves: a command line shows it without loading them."""

from __future__ import annotations

import os
from enum import StrEnum


class EngineName(StrEnum):
    """Who inspects."""

    PROCESS = "process"
    RAY = "ray"


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
