"""The thread that looks for new models, brings them in between two frames, and turns back those that do badly."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Final

from edge.care.vitals import Vitals
from edge.config import EdgeConfig, UpdateTable
from edge.detectors import Models, open_models
from edge.errors import EdgeError
from edge.renewal.outcomes import Kept, NotTaken, Taken
from edge.renewal.probation import Probation, Ruling, Why, observed, read_probation, started, write_probation
from edge.renewal.running_models import RunningModels
from edge.renewal.slots import CURRENT, turn_back, update
from edge.say import Say
from models.errors import ModelError
from models.golden import golden_scores

LOOK_S: Final = 5.0
JITTER: Final = 0.2
FIRST_S: Final = 120.0
STALLED_S: Final = 60.0
SEES: Final = 0.1
BLIND: Final = 0.02
"""A model that scored SEES on the golden picture in the workshop and scores less than this here sees nothing."""


def open_current(config: EdgeConfig) -> Models:
    """The models that the configuration names; those that shipped where none was ever taken from the repository."""
    model = config.model
    folder = model.folder
    if folder is not None and _runs_what_was_taken(config) and not (folder.is_symlink() or folder.exists()):
        folder = None
    return open_models(folder, model.detector, model.privacy, cameras=max(1, len(config.live)))


def open_at_start(config: EdgeConfig, say: Say) -> Models:
    """The current models, or where the disk no longer has them whole those before, and at last those that shipped.

    What was on probation is refused; what had passed it is taken from the repository again. Raises ModelError where
    there is nothing to go back to.
    """
    while True:
        try:
            return open_current(config)
        except ModelError as error:
            updates = config.updates
            if updates is None or not _runs_what_was_taken(config):
                raise
            refused = read_probation(updates.folder / CURRENT) is not None
            if not turn_back(updates.folder, refused):
                raise
            say(f"models: cannot be opened, so those before them run: {error}")


def _runs_what_was_taken(config: EdgeConfig) -> bool:
    return config.updates is not None and config.model.folder == config.updates.folder / CURRENT


def survived_start(config: EdgeConfig, say: Say) -> None:
    """Count a start of the worker against what is on probation, before it is opened; turn it back at the fourth."""
    if config.updates is None:
        return
    current = config.updates.folder / CURRENT
    before = read_probation(current)
    if before is None:
        return
    probation, ruling = started(before)
    if isinstance(ruling, Why):
        turn_back(config.updates.folder)
        said = f"the worker was started {probation.starts} times with it"
        say(f"models: {probation.subject} turned back ({ruling}): {said}")
    else:
        write_probation(current, probation)


class ModelUpdates(threading.Thread):
    """See the module. `step` does what is due and never waits."""

    def __init__(
        self, config: EdgeConfig, asked: UpdateTable, running: RunningModels, vitals: Vitals, stop: threading.Event,
        say: Say, rng: random.Random | None = None, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        super().__init__(name="renewal", daemon=True)
        self._config, self._asked, self._running, self._vitals = config, asked, running, vitals
        self._halt, self._say, self._clock = stop, say, clock
        self._rng = rng or random.Random()  # noqa: S311  (jitter)
        self._probation = read_probation(asked.folder / CURRENT)
        self._due_s = clock() + self._rng.uniform(0.0, min(FIRST_S, asked.every_s or FIRST_S))
        self._seen_s, self._analysed = clock(), 0
        self._said = ""
        self._lock = threading.RLock()
        running.turned_back = self._turned_back

    def run(self) -> None:
        while not self._halt.wait(LOOK_S):
            self.step()

    def step(self) -> None:
        """Rule on what is on probation; look for something new when it is time, and nothing is on probation."""
        try:
            self._step(self._clock())
        except (EdgeError, OSError) as error:
            self._tell(str(error))

    def _step(self, now_s: float) -> None:
        with self._lock:
            self._observe(now_s)
        every_s = self._asked.every_s
        if every_s is None or self._probation is not None or now_s < self._due_s:
            return
        self._due_s = now_s + every_s * self._rng.uniform(1.0 - JITTER, 1.0 + JITTER)
        match outcome := update(self._asked):
            case Taken():
                self._bring_in(", ".join(outcome.models))
            case Kept(NotTaken.UNREACHABLE):
                self._tell("the model repository cannot be reached; the models stay")
            case Kept():
                self._tell(f"kept the models there are ({outcome.reason}): {outcome.why}")
            case _:
                self._said = ""

    def _bring_in(self, called: str) -> None:
        """Open what was taken, look whether it sees anything, and let it take over."""
        try:
            models = open_current(self._config)
            blind = _sees_nothing(models)
        except ModelError as error:
            self._refuse(called, Why.FAILED, str(error))
            return
        if models.street.card.labels != self._running.now.street.card.labels:
            self._refuse(called, Why.FAILED, "its labels are not those of the model that runs")
            return
        if blind:
            self._refuse(called, Why.BLIND, "it finds nothing on the golden picture")
            return
        with self._lock:
            self._probation = Probation(called)
        self._running.replace(models, on_probation=True)
        self._say(f"models: {called} run from the next frame on, on probation")

    def _observe(self, now_s: float) -> None:
        pulse, span_s = self._vitals.pulse(), now_s - self._seen_s
        frames, self._seen_s, self._analysed = pulse.analysed - self._analysed, now_s, pulse.analysed
        if self._probation is None:
            return
        self._probation, ruling = observed(self._probation, pulse.turn_age_s <= STALLED_S, span_s, frames)
        if ruling is Ruling.PASSED:
            self._say(f"models: {self._probation.subject} passed the probation")
            self._running.settle()
            write_probation(self._asked.folder / CURRENT, None)
            self._probation, self._due_s = None, now_s
        elif isinstance(ruling, Why):
            self._give_up(ruling)

    def _give_up(self, why: Why) -> None:
        """Those before run again; after a restart they are opened anew."""
        said = "the worker was not healthy with it"
        if self._running.back(self._running.now, why, said) is None and self._probation is not None:
            self._refuse(self._probation.subject, why, said)
            try:
                self._running.replace(open_current(self._config), on_probation=False)
            except ModelError as error:
                self._tell(str(error))

    def _turned_back(self, why: Why, said: str) -> None:
        """Told by those that run, on the thread of a pass, when the models before run again."""
        with self._lock:
            self._refuse(self._probation.subject if self._probation is not None else "new models", why, said)

    def _refuse(self, called: str, why: Why, said: str) -> None:
        self._vitals.turned_back(why.value)
        self._say(f"models: {called} turned back ({why}): {said}")
        try:
            turn_back(self._asked.folder)
            self._probation = None
        except (EdgeError, OSError) as error:
            self._say(f"models: the disk refused it: {error}")

    def _tell(self, words: str) -> None:
        """Once for each new cause."""
        if words != self._said:
            self._say(f"models: {words}")
        self._said = words


def _sees_nothing(models: Models) -> bool:
    expected = max(models.street.card.golden.values(), default=0.0)
    return expected >= SEES and max(golden_scores(models.street).values()) < BLIND
