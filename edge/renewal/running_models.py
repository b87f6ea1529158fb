"""The models that run, and how others take their place between two frames of a pass, and go again if they do badly.

New models are opened beside the old, which stay open while the new are on probation: when these fail in a frame, the
old ones look at that same frame, and from the next on they run again. Every pass changes over at its own next frame.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.care.vitals import Vitals
from edge.detectors import Models
from edge.renewal.probation import Why
from models.detector import Detector
from models.errors import ModelError
from pipeline.detections import Detections
from pipeline.redact import DidNotRun, Regions
from pipeline.tools import Tools
from pipeline.verdict import Court

SLOW_BY: Final = 3.0
TIMED: Final = 30
"""From how many frames on a time is compared."""

Relay = Callable[[], Tools | None]
Tap = Callable[[NDArray[np.uint8], Detections, Detector], None]
TurnedBack = Callable[[Why, str], None]


class RunningModels:
    """Holds what runs now. askers: passes that look at one moment. turned_back: told when new models had to go; set by
    whoever brings new ones.
    """

    def __init__(
        self, models: Models, vitals: Vitals, askers: int = 1, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.turned_back: TurnedBack = _nobody
        self.tap: Tap | None = None
        """Told of every analysed frame, what was found in it, and by which detector."""
        self._vitals, self._clock = vitals, clock
        self._lock = threading.RLock()
        self._now = models
        self._before: Models | None = None
        self._usual_s: float | None = None
        self._times_s: deque[float] = deque(maxlen=100)
        self._askers = models.batcher.askers = askers
        vitals.runs(models.digests)

    @property
    def now(self) -> Models:
        return self._now

    def replace(self, models: Models, on_probation: bool) -> None:
        """These run from each pass's next frame on."""
        with self._lock:
            self._before = self._now if on_probation else None
            self._usual_s = median(self._times_s) if on_probation and len(self._times_s) >= TIMED else None
            self._now = models
            models.batcher.askers = self._askers
            self._times_s.clear()
        self._vitals.runs(models.digests)

    def settle(self) -> None:
        """The models have passed their probation; those before may be closed."""
        with self._lock:
            self._before = self._usual_s = None

    def back(self, models: Models, why: Why, said: str) -> Models | None:
        """`models` did badly: those before run again, and are given. None where none came before."""
        with self._lock:
            if models is not self._now:
                return self._now
            if self._before is None:
                return None
            before = self._before
            self.replace(before, on_probation=False)
        self.turned_back(why, said)
        return before

    def relay(self, tools: Tools, models: Models) -> Relay:
        """What a pass asks before every frame. tools, models: those it begins with."""
        runs, held = models, tools

        def ask() -> Tools | None:
            nonlocal runs, held
            if self._now is runs:
                return None
            runs = self._now
            held = self.equipped(replace(held, tracker=held.tracker.anew(runs.street.thresholds)), runs)
            return held

        return ask

    def equipped(self, tools: Tools, models: Models) -> Tools:
        """The tools of a pass with these models in them, watched."""
        judge = tools.judge
        if isinstance(judge, Court):
            judge = replace(judge, model_digest=models.street.digest)

        def detect(image: NDArray[np.uint8]) -> Callable[[], Detections]:
            began_s = self._clock()
            boxes = models.begin(image)

            def wait() -> Detections:
                try:
                    found = boxes()
                except ModelError as error:
                    others = self.back(models, Why.FAILED, str(error))
                    if others is None:
                        raise
                    return others.begin(image)()
                self._timed(models, self._clock() - began_s)
                if self.tap is not None:
                    self.tap(image, found, models.street)
                return found

            return wait

        def privacy(image: NDArray[np.uint8], seen: Detections) -> Regions | DidNotRun:
            found = models.find(image, seen)
            if isinstance(found, DidNotRun):
                others = self.back(models, Why.FAILED, found.why)
                return found if others is None or others is models else others.find(image, seen)
            return found

        return replace(tools, detect=detect, privacy=privacy, judge=judge)

    def _timed(self, models: Models, seconds: float) -> None:
        """Count a frame's time, and turn models back that need several times what those before did."""
        self._vitals.detected(seconds)
        with self._lock:
            if models is not self._now:
                return
            self._times_s.append(seconds)
            usual_s, now_s = self._usual_s, median(self._times_s)
            slow = usual_s is not None and len(self._times_s) >= TIMED and now_s > SLOW_BY * usual_s
        if slow:
            self.back(models, Why.SLOW, f"{now_s * 1000:.0f} ms a frame, {usual_s * 1000:.0f} ms before")  # type: ignore[operator]


def _nobody(why: Why, said: str) -> None:
    """New models come only from somebody who wants to know."""
