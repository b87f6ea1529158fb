"""Which minutes of a drive are worth looking at to compare two clocks: those with corners, stops and starts."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.tracklog import Tracklog

Array = NDArray[np.float64]
WINDOW_S: Final = 40.0
SLIDE_S: Final = 5.0
MOST_S: Final = 120.0
A_CORNER_DEG: Final = 90.0
"""Turned so far, a window tells as much as a full stop does."""


def informative_spans(log: Tracklog, length_s: float) -> list[tuple[float, float]]:
    """Spans of footage of that length, seconds of media time in order, MOST_S altogether at most: all of a short one,
    else the windows in which the receiver says that most changes."""
    if length_s <= MOST_S:
        return [(0.0, length_s)]
    starts = np.arange(0.0, length_s - WINDOW_S, SLIDE_S)
    worth = _changed(log, starts + WINDOW_S) - _changed(log, starts)
    chosen: list[float] = []
    for at in np.argsort(-worth, kind="stable"):
        start = float(starts[at])
        if all(abs(start - other) >= WINDOW_S for other in chosen):
            chosen.append(start)
        if len(chosen) * WINDOW_S >= MOST_S:
            break
    return [(start, start + WINDOW_S) for start in sorted(chosen)]


def _changed(log: Tracklog, at_s: Array) -> Array:
    """How much turn and speed have changed from the first fix to each time, in corners and stops."""
    course = np.degrees(np.unwrap(np.radians([one.deg for one in log.courses])))
    speed = np.array([one.speed_mps for one in log.courses])
    usual = max(1.0, float(np.median(speed)))
    steps = np.abs(np.diff(course)) / A_CORNER_DEG + np.abs(np.diff(np.log(speed / usual + 0.1))) / np.log(10.0)
    return np.interp(at_s, log.at_s, np.concatenate(([0.0], np.cumsum(steps))))
