"""What the system made of a drive, held against the drive's truth: found, missed, false, and how far off.

A work order is *found* when it is matched one-to-one with a true problem of its category within `gate_m`; true problems
left over are *missed*, work orders left over are *false* (a second order for the same problem is false too). The match
is the assignment that finds most and, among those, has the least total distance.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from demo.errors import DemoError
from pipeline.assignment import assigned
from pipeline.geo import distance_m

GATE_M = 8.0
_NEVER = 1e6


@dataclass(frozen=True, slots=True)
class Problem:
    """One true problem of the drive. visible_in: the passes that could see it."""

    id: str
    category: str
    lat: float
    lon: float
    visible_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """One work order that the system made, at the position of its case."""

    id: str
    case_id: str
    category: str
    lat: float
    lon: float
    grid: str
    assignee: str
    due: str
    observations: int


@dataclass(frozen=True, slots=True)
class Found:
    problem: Problem
    order: Order
    error_m: float


@dataclass(frozen=True, slots=True)
class Report:
    """found + missed = true problems; found + false = work orders."""

    found: tuple[Found, ...]
    missed: tuple[Problem, ...]
    false: tuple[Order, ...]

    @property
    def errors_m(self) -> list[float]:
        return sorted(found.error_m for found in self.found)

    def to_json(self, **about: object) -> str:
        """The report as JSON text; `about` is added at the top level."""
        errors_m = self.errors_m
        figures = {
            **about,
            "problems": len(self.found) + len(self.missed),
            "work_orders": len(self.found) + len(self.false),
            "found": len(self.found),
            "missed": len(self.missed),
            "false": len(self.false),
            "position_error_m": {
                "median": round(statistics.median(errors_m), 2) if errors_m else None,
                "max": round(errors_m[-1], 2) if errors_m else None,
            },
            "found_items": [
                {"problem": asdict(one.problem), "order": asdict(one.order), "error_m": round(one.error_m, 2)}
                for one in self.found
            ],
            "missed_items": [asdict(one) for one in self.missed],
            "false_items": [asdict(one) for one in self.false],
        }
        return json.dumps(figures, ensure_ascii=False, indent=1) + "\n"


def read_truth(path: Path) -> tuple[Problem, ...]:
    """The true problems of a drive: the objects of its truth file that have a category."""
    try:
        objects = json.loads(path.read_text("utf-8"))["objects"]
        return tuple(
            Problem(
                str(one["id"]),
                str(one["category"]),
                float(one["lat"]),
                float(one["lon"]),
                tuple(map(str, one.get("visible_in", ()))),
            )
            for one in objects
            if one["category"] is not None
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DemoError(f"{path}: not a truth file: {error!r}") from error


def compare(problems: tuple[Problem, ...], orders: tuple[Order, ...], gate_m: float = GATE_M) -> Report:
    """Match work orders with true problems; see the module."""
    if not problems or not orders:
        return Report((), problems, orders)
    distance_m = np.array([[_apart_m(problem, order) for order in orders] for problem in problems])
    # A cost of at most 1 for a match against 2 for leaving both alone: finding most comes first, nearness second.
    cost = np.where(distance_m <= gate_m, distance_m / (gate_m * len(problems)), _NEVER)
    found = tuple(
        Found(problem, orders[j], float(distance_m[i, j]))
        for i, (problem, j) in enumerate(zip(problems, assigned(cost, 2.0), strict=True))
        if j >= 0
    )
    known = {one.problem.id for one in found}
    used = {one.order.id for one in found}
    return Report(
        found,
        tuple(problem for problem in problems if problem.id not in known),
        tuple(order for order in orders if order.id not in used),
    )


def _apart_m(problem: Problem, order: Order) -> float:
    if problem.category != order.category:
        return _NEVER
    return distance_m(problem.lat, problem.lon, order.lat, order.lon)
