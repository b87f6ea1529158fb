"""Who does the tasks of a bulk run: the port that the engines stand behind."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Protocol

from edge.bulk.piecework import Outcome, Task

Share = Callable[[int, float], None]
"""Told a task's number, and how much of it is through."""


class EngineName(StrEnum):
    """Which engine."""

    PROCESS = "process"
    RAY = "ray"


class Engine(Protocol):
    def outcomes(self, tasks: Sequence[Task], share: Share) -> Iterator[Outcome]:
        """One outcome a task, in the order in which they end; a process that dies costs the task that it was at."""
        ...


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
