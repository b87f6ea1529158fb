"""Who does the tasks of a bulk run: the port that the engines stand behind."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Protocol

from edge.bulk.piecework import Outcome, Task

Share = Callable[[int, float], None]
"""Told a task's number, and how much of it is through."""


class Engine(Protocol):
    def outcomes(self, tasks: Sequence[Task], share: Share) -> Generator[Outcome]:
        """One outcome a task, in the order in which they end; a process that dies costs the task that it was at. When
        it is closed, no task is under way any more."""
        ...
