"""The thread that keeps the worker at its desired configuration, and turns one back with which the worker ails."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable

from edge.care.monitor import Monitor
from edge.config import EdgeConfig, UpdateTable
from edge.errors import ConfigError, EdgeError
from edge.renewal.desired import DesiredStore, fetched, overlaid
from edge.renewal.model_updates import FIRST_S, JITTER, LOOK_S, STALLED_S
from edge.renewal.outcomes import Kept, NotTaken
from edge.renewal.probation import Probation, Ruling, Why, observed, read_probation, started, write_probation
from edge.renewal.slots import with_repository
from edge.say import Say
from models.channel import SEGMENT
from models.desired import parse_desired
from models.errors import ModelError


def steered(own: EdgeConfig, say: Say) -> EdgeConfig:
    """The configuration to start with; counts the start against what is on probation, which goes at the fourth."""
    if own.updates is None or not own.updates.steered:
        return own
    store = DesiredStore.of(own)
    before = read_probation(store.folder)
    if before is not None:
        probation, ruling = started(before)
        if isinstance(ruling, Why):
            store.turn_back()
            write_probation(store.folder, None)
            say(f"configuration {probation.subject} turned back ({ruling}): started {probation.starts} times with it")
        else:
            write_probation(store.folder, probation)
    store.forget_zones()
    return store.applied(own)


class Steering(threading.Thread):
    """See the module. own: the configuration that the vehicle was fitted out with."""

    def __init__(
        self, own: EdgeConfig, asked: UpdateTable, monitor: Monitor, stop: threading.Event, say: Say,
        rng: random.Random | None = None, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        super().__init__(name="steering", daemon=True)
        self._own, self._asked, self._monitor, self._store = own, asked, monitor, DesiredStore.of(own)
        self._halt, self._say, self._clock = stop, say, clock
        self._rng = rng or random.Random()  # noqa: S311  (jitter)
        self._probation = read_probation(self._store.folder)
        self._due_s = clock() + self._rng.uniform(0.0, min(FIRST_S, asked.every_s or FIRST_S))
        self._seen_s, self._analysed, self._said = clock(), 0, ""
        self._report()

    def run(self) -> None:
        if re.fullmatch(SEGMENT, self._own.device.name) is None:
            self._tell(f"{self._own.device.name!r} cannot be a file's name, so no configuration is asked for")
            return
        while not self._halt.wait(LOOK_S):
            self.step()

    def step(self) -> None:
        """Rule on what is on probation; look for something newer when it is time."""
        now_s = self._clock()
        try:
            self._observe(now_s)
            if self._probation is None and self._asked.every_s is not None and now_s >= self._due_s:
                self._due_s = now_s + self._asked.every_s * self._rng.uniform(1.0 - JITTER, 1.0 + JITTER)
                self._look()
        except (EdgeError, OSError) as error:
            self._tell(str(error))

    def _look(self) -> None:
        found = with_repository(self._asked, lambda client: fetched(client, self._own))
        if isinstance(found, Kept):
            away = found.reason is NotTaken.UNREACHABLE
            self._tell("the repository cannot be reached" if away else f"not taken ({found.reason}): {found.why}")
        elif found is not None:
            self._take(found)

    def _take(self, content: bytes) -> None:
        """All of it or nothing of it."""
        current = self._store.current()
        try:
            desired = parse_desired(content, "config")
            if desired.serial <= max(self._store.refused(), 0 if current is None else current.serial):
                return
            config = overlaid(self._own, desired, self._store.zones(desired))
        except (ModelError, ConfigError) as error:
            self._tell(f"not taken: {error}")
            return
        self._store.take(content, desired)
        self._probation = Probation(str(desired.serial))
        write_probation(self._store.folder, self._probation)
        self._monitor.steer(config)
        self._report()
        later = "; its upload and zones from the next start on" if desired.upload or desired.zones else ""
        self._say(f"configuration {desired.serial} holds from the next frame on, on probation{later}")

    def _observe(self, now_s: float) -> None:
        pulse, span_s = self._monitor.vitals.pulse(), now_s - self._seen_s
        frames, self._seen_s, self._analysed = pulse.analysed - self._analysed, now_s, pulse.analysed
        if self._probation is None:
            return
        self._probation, ruling = observed(self._probation, pulse.turn_age_s <= STALLED_S, span_s, frames)
        if ruling is Ruling.GOES_ON:
            return
        subject = self._probation.subject
        if isinstance(ruling, Why):
            self._store.turn_back()
        # Only now: where the disk refuses to turn back, it is still on probation and turned back later.
        self._probation = None
        write_probation(self._store.folder, None)
        if isinstance(ruling, Why):
            self._monitor.steer(self._store.applied(self._own))
            self._monitor.vitals.turned_back(ruling.value)
            self._say(f"configuration {subject} turned back ({ruling}); the one before holds again")
        else:
            self._say(f"configuration {subject} passed the probation")
        self._report()

    def _report(self) -> None:
        current = self._store.current()
        words = "own" if current is None else f"{current.serial}"
        self._monitor.vitals.steered(words + (", on probation" if self._probation is not None else ""))

    def _tell(self, words: str) -> None:
        """Once for each new cause."""
        if words != self._said:
            self._say(f"configuration: {words}")
        self._said = words
