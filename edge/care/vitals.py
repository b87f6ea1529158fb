"""What a running worker knows of itself: written by its threads, read by whoever asks how it is."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Final

from pipeline.events import Finished, Looked
from pipeline.reasons import Reason

TIMED: Final = 100
"""Over how many of the last analysed frames the time of the detector is told."""


QUARANTINED: Final = frozenset({Reason.DECODE_ERROR, Reason.OTHER_SIZE, Reason.BAD_TIME})
"""Why a frame is set aside, not passed over."""


class Stage(StrEnum):
    OPENING = "opening"
    INSPECTING = "inspecting"
    COOLING = "cooling"
    WAITING = "waiting"
    ENDING = "ending"


@dataclass(frozen=True, slots=True)
class Pulse:
    """The vitals at one moment. Ages in seconds, None where it never happened; reasons as they are counted."""

    stage: Stage
    source: str
    up_s: float
    turn_age_s: float
    frame_age_s: float | None
    upload_age_s: float | None
    upload_waits: str
    analysed: int
    skipped: Mapping[str, int]
    quarantined: Mapping[str, int]
    rejected: Mapping[str, int]
    traverses: int
    observations: int
    withheld: int
    sources_failed: int
    detector_s: float | None
    models: Mapping[str, str]
    band: str
    celsius: float | None
    turned_back: Mapping[str, int]
    configuration: str
    shadow_frames: int
    shadow: Mapping[tuple[str, str], int]


class Vitals:
    """Counters since the start. Every method may be called from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._began_s = self._turn_s = clock()
        self._frame_s: float | None = None
        self._upload_s: float | None = None
        self._stage, self._source, self._waits = Stage.OPENING, "", ""
        self._analysed = self._traverses = self._observations = self._withheld = self._failed = 0
        self._skipped: Counter[str] = Counter()
        self._quarantined: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._times_s: deque[float] = deque(maxlen=TIMED)
        self._models: dict[str, str] = {}
        self._band = ""
        self._celsius: float | None = None
        self._turned_back: Counter[str] = Counter()
        self._configuration = "own"
        self._shadow_frames, self._shadow = 0, dict[tuple[str, str], int]()

    def enter(self, stage: Stage, source: str = "") -> None:
        with self._lock:
            self._stage, self._source, self._turn_s = stage, source, self._clock()

    def turn(self) -> None:
        """The main loop came round, with or without a frame."""
        with self._lock:
            self._turn_s = self._clock()

    def looked(self, told: Looked) -> None:
        with self._lock:
            self._turn_s = self._frame_s = self._clock()
            if told.reason is None:
                self._analysed += 1
            elif told.reason in QUARANTINED:
                self._quarantined[told.reason.value] += 1
            else:
                self._skipped[told.reason.value] += 1

    def finished(self, told: Finished) -> None:
        with self._lock:
            self._turn_s = self._clock()
            self._traverses += 1
            self._observations += len(told.traverse.observations)
            self._withheld += told.withheld
            self._rejected.update({reason.value: count for reason, count in told.rejected})

    def failed(self) -> None:
        """A source could not be inspected to its end."""
        with self._lock:
            self._failed += 1

    def detected(self, seconds: float) -> None:
        """One frame went through the detector."""
        with self._lock:
            self._times_s.append(seconds)

    def uploaded(self) -> None:
        with self._lock:
            self._upload_s, self._waits = self._clock(), ""

    def upload_waits(self, why: str) -> None:
        with self._lock:
            self._waits = why

    def runs(self, models: Mapping[str, str]) -> None:
        """These models run from now on, by name and digest; the detector's times begin anew."""
        with self._lock:
            self._models = dict(models)
            self._times_s.clear()

    def warmth(self, band: str, celsius: float | None) -> None:
        with self._lock:
            self._band, self._celsius = band, celsius

    def turned_back(self, why: str) -> None:
        """New models or a new configuration did badly here."""
        with self._lock:
            self._turned_back[why] += 1

    def steered(self, configuration: str) -> None:
        """The worker is set to this: its own, or a serial."""
        with self._lock:
            self._configuration = configuration

    def shadowed(self, frames: int, boxes: Mapping[tuple[str, str], int]) -> None:
        """So many frames were looked at by a challenger too; boxes by label and by who found them."""
        with self._lock:
            self._shadow_frames, self._shadow = frames, dict(boxes)

    @property
    def band(self) -> str:
        """The band of temperature, empty where it is not looked at."""
        return self._band

    def pulse(self) -> Pulse:
        with self._lock:
            now_s = self._clock()
            return Pulse(
                stage=self._stage,
                source=self._source,
                up_s=now_s - self._began_s,
                turn_age_s=now_s - self._turn_s,
                frame_age_s=None if self._frame_s is None else now_s - self._frame_s,
                upload_age_s=None if self._upload_s is None else now_s - self._upload_s,
                upload_waits=self._waits,
                analysed=self._analysed,
                skipped=dict(self._skipped),
                quarantined=dict(self._quarantined),
                rejected=dict(self._rejected),
                traverses=self._traverses,
                observations=self._observations,
                withheld=self._withheld,
                sources_failed=self._failed,
                detector_s=median(self._times_s) if self._times_s else None,
                models=dict(self._models),
                band=self._band,
                celsius=self._celsius,
                turned_back=dict(self._turned_back),
                configuration=self._configuration,
                shadow_frames=self._shadow_frames,
                shadow=self._shadow,
            )
