"""What may be asked of a bulk run, apart from the engines themselves: a command line shows it without loading them."""

from __future__ import annotations

from enum import StrEnum


class EngineName(StrEnum):
    """Who inspects."""

    PROCESS = "process"
    RAY = "ray"
