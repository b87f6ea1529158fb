"""What a pass is inspected with, and what it is: everything with a side effect, and every choice, from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from pipeline.album import Shelf
from pipeline.anchors import Shift
from pipeline.detections import Detections
from pipeline.negative import Privacy
from pipeline.observation import ClockQuality, Observation, SourceKind
from pipeline.plates import PlateDesk
from pipeline.reading import NumberDesk
from pipeline.reasons import Rejected
from pipeline.sampling import Sampler
from pipeline.stretch import Cuts
from pipeline.timeline import PoseSource
from pipeline.track import Track
from pipeline.tracking import Tracker


class Ids(Protocol):
    """Gives the same id for the same thing of the same footage, however often it is inspected."""

    def traverse(self, number: int, utc_ns: int) -> UUID: ...

    def observation(self, track: Track, category: str, utc_ns: int) -> UUID: ...


class Judge(Protocol):
    def judge(self, track: Track, ident: Callable[[str, int], UUID]) -> Observation | Rejected:
        """A finished track as an observation without pictures, or why it is none. ident: category and UTC ns to id."""
        ...

    def put_right(self, tracks: Sequence[Track]) -> tuple[Track, ...]:
        """The tracks of a stretch, seen from where the camera is believed to have looked after all of them."""
        ...

    def shift(self, tracks: Sequence[Track]) -> Shift | None:
        """How far the positions of a stretch are off, if its tracks can tell."""
        ...

    def worth_reading(self, track: Track) -> bool:
        """Whether a finished track can become an observation by itself, wherever it stands."""
        ...

    def joined(self, tracks: Sequence[Track]) -> tuple[Track, ...]:
        """The tracks of a stretch, those of one thing put together."""
        ...

    def same(self, one: Track, other: Track) -> bool:
        """Whether two tracks are of one thing."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What a pass is inspected with. poses is None where there are no positions at all.

    detect: begins to look for boxes, from a weak score on; calling what it returns waits for them. privacy: the regions
    to fill, given those boxes. utc_ns: of a media time. numbers: None where no numbers are read; plates: None where
    none are sealed. watched: does somebody want to see the frame at hand, redacted?
    """

    detect: Callable[[NDArray[np.uint8]], Callable[[], Detections]]
    privacy: Privacy
    tracker: Tracker
    sampler: Sampler
    judge: Judge
    ids: Ids
    utc_ns: Callable[[int], int]
    poses: PoseSource | None = None
    numbers: NumberDesk | None = None
    plates: PlateDesk | None = None
    watched: Callable[[], bool] | None = None

    def reads(self, label: int) -> bool:
        """Whether what stands on things of this label is read."""
        return self.numbers is not None and label in self.numbers.labels

    def seals(self, label: int) -> bool:
        """Whether the plates of things of this label are sealed."""
        return self.plates is not None and label in self.plates.labels


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pass is.

    pictured: label indices that can become an observation, so that pictures of them are kept; sights: of a thing
    before one is. every_picture: redact every analysed frame, for an annotated output. jump_m: farther than this
    between two analysed frames, nothing is followed across.
    standing_m: within that way of where a thing was last told of, it is not told of again. shelf: how much is held in
    memory unredacted. ahead: in how many frames boxes are looked for while the next is got ready, at least 1; what
    comes out does not depend on it.
    """

    device: str
    source_kind: SourceKind
    clock: ClockQuality
    hfov_deg: float
    view_range_m: float
    pictured: frozenset[int]
    sights: int = 2
    every_picture: bool = False
    jump_m: float = 25.0
    standing_m: float = 3.0
    cuts: Cuts = field(default_factory=Cuts)
    shelf: Shelf = field(default_factory=Shelf)
    ahead: int = 1
