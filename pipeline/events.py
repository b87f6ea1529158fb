"""What an inspection gives, event by event: what became of each frame, and each traverse when it is through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.anchors import Shift
from pipeline.detections import Detections
from pipeline.evidence import Picture
from pipeline.plates import Plating
from pipeline.reading import Reading
from pipeline.reasons import Reason
from pipeline.redact import DidNotRun, Redacted
from pipeline.traverse import Traverse


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """One frame's outcome. reason is None where it was analysed; picture: only where it is wanted (`Plan`, `Tools`)."""

    index: int
    media_ns: int
    reason: Reason | None
    seen: Detections
    picture: Redacted | DidNotRun | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A traverse with its evidence pictures. done_ns: media time up to which the pass is through.

    shift: by how much its positions were corrected, where registered bins told so. readings: what became of reading
    the numbers on its observations, one count for each that should be read; platings: of the plates of its vehicles.
    withheld, early: as `pipeline.keep.Album` counts them.
    """

    number: int
    traverse: Traverse
    pictures: tuple[Picture, ...]
    rejected: tuple[tuple[Reason, int], ...]
    withheld: int
    done_ns: int
    shift: Shift | None = None
    readings: tuple[tuple[Reading, int], ...] = ()
    platings: tuple[tuple[Plating, int], ...] = ()
    early: int = 0


@dataclass(frozen=True, slots=True)
class Resume:
    """Where an interrupted pass is taken up: traverses told so far, and the media time they reached.

    Frames before that time only warm up: what ends among them was told already, what goes on is told once, later.
    """

    traverses: int
    done_ns: int


Events = Iterator[Looked | Finished]
