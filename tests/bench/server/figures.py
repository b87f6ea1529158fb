"""What a question found out, and the table at the end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. beside: what it was compared with in the same run; wanted: what the server is to reach."""

    name: str
    found: str
    beside: str = ""
    wanted: str = ""


def table(figures: Iterable[Figure]) -> str:
    """The figures in columns, under their heads."""
    rows = [("", "found", "beside it, in the same run", "wanted")]
    rows += [(one.name, one.found, one.beside, one.wanted) for one in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * (sum(widths) + 6), *lines[1:]])


def cpu_of(work: Callable[[], object]) -> float:
    """The CPU seconds of this process while it works."""
    began_s = time.process_time()
    work()
    return time.process_time() - began_s


def tree_cpu_s(pid: int) -> float:
    """The CPU seconds that a process and all that it started have used so far, also those that ended since."""
    children: dict[int, list[int]] = {}
    used_s: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        one = int(stat.parent.name)
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            used_s[one] = time.clock_gettime(_clock_of(one))
        except OSError:
            continue  # it ended while the others were read
        children.setdefault(int(fields[1]), []).append(one)
        used_s[one] += sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")
    total_s, waiting = 0.0, [pid]
    while waiting:
        one = waiting.pop()
        total_s += used_s.get(one, 0.0)
        waiting += children.get(one, [])
    return total_s


def _clock_of(pid: int) -> int:
    """The clock that counts the CPU time of a process to the nanosecond: clock_getcpuclockid(3), as Linux makes it."""
    return (~pid << 3) | 2
