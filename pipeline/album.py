"""The best view of each track so far, and what is stored of those that are told of.

The privacy step is costly, so a frame that shows something best so far is held as it is and developed late: when the
thing is told of, when it has gone out of sight and will be read, or when the shelf is full. Things that look best in
one frame share it. Of what will be read, a redacted view in the frame's own resolution stays, unencoded.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Final

from pipeline.appearance import appearance
from pipeline.boxes import Box
from pipeline.evidence import Picture, close_view, context_box, wide_view
from pipeline.negative import Negative, Privacy
from pipeline.redact import DidNotRun, Redacted

CLEARLY_BETTER: Final = 1.25
CUT_OFF: Final = 0.5
EDGE_PX: Final = 3.0
LEGIBLE_CONTEXT: Final = 0.1
LEGIBLE_LEAST_PX: Final = 64
LEGIBLE_LONGEST_PX: Final = 1600


@dataclass(frozen=True, slots=True)
class Shelf:
    """How many frames a pass may hold for later, and how large they may be together; one always may be."""

    frames: int = 16
    size_bytes: int = 32 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of a track's view. worth: as `worth` gives it; legible: to be read in."""

    worth: float
    pictures: tuple[Picture, ...]
    appearance: tuple[float, ...]
    legible: Redacted | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A track that may be shown by this frame. legible: it will be read; at_once: it cannot wait to be developed."""

    key: int
    xyxy: Box
    worth: float
    legible: bool = False
    at_once: bool = False


def worth(xyxy: Box, score: float, width_px: int, height_px: int) -> float:
    """How good a view is: score times box height, half as much where the picture's edge cuts it off."""
    x1, y1, x2, y2 = xyxy
    cut = x1 < EDGE_PX or y1 < EDGE_PX or x2 > width_px - EDGE_PX or y2 > height_px - EDGE_PX
    return score * (y2 - y1) * (CUT_OFF if cut else 1.0)


@dataclass(slots=True)
class Album:
    """See the module. withheld: views that were wanted, but whose privacy step did not run; early: frames that were
    developed before it was known whether they must be, since the shelf was full.
    """

    shelf: Shelf = field(default_factory=Shelf)
    withheld: int = 0
    early: int = 0
    _waiting: dict[int, tuple[Wanted, Negative]] = field(default_factory=dict)
    _kept: dict[int, Kept] = field(default_factory=dict)

    def offer(self, wanted: list[Wanted], negative: Negative, privacy: Privacy) -> tuple[Wanted, ...]:
        """Hold this frame for those that it shows better than any before; gives those that cannot wait, whose view is
        developed here. What was developed once must be beaten by enough to pay for another privacy step.
        """
        better = [one for one in wanted if self._is_better(one)]
        for one in better:
            self._waiting[one.key] = (one, negative)
        at_once = tuple(one for one in better if one.at_once)
        for one in at_once:
            self.develop(one.key, privacy)
        if better:
            self._make_room(privacy)
        return at_once

    def _is_better(self, one: Wanted) -> bool:
        if (held := self._waiting.get(one.key)) is not None:
            return one.worth > held[0].worth
        kept = self._kept.get(one.key)
        return one.worth > (0.0 if kept is None else CLEARLY_BETTER * kept.worth)

    def _make_room(self, privacy: Privacy) -> None:
        """While the shelf is too full, the frame that has been best for longest is developed for all that like it: it
        is the least likely to be beaten."""
        held = sorted({negative.index: negative for _, negative in self._waiting.values()}.items(), reverse=True)
        size_bytes = sum(negative.size_bytes for _, negative in held)
        while len(held) > 1 and (len(held) > self.shelf.frames or size_bytes > self.shelf.size_bytes):
            _, oldest = held.pop()
            size_bytes -= oldest.size_bytes
            self.early += 1
            for key in [key for key, (_, negative) in self._waiting.items() if negative is oldest]:
                self.develop(key, privacy)

    def develop(self, key: int, privacy: Privacy) -> None:
        """Store the best view of a track; where the privacy step does not run, what was stored before stays."""
        if (waiting := self._waiting.pop(key, None)) is None:
            return
        one, negative = waiting
        shown = negative.develop(privacy)
        if isinstance(shown, DidNotRun):
            self.withheld += 1
            return
        pictures = (close_view(shown, one.xyxy), wide_view(shown, one.xyxy))
        legible = legible_view(shown, one.xyxy) if one.legible else None
        self._kept[key] = Kept(one.worth, pictures, appearance(shown.image, one.xyxy), legible)

    def forget_all_but(self, keys: Set[int]) -> None:
        """Let go of what was kept of tracks that nobody will ask for."""
        for kept in (self._waiting, self._kept):
            for key in kept.keys() - keys:
                del kept[key]

    def legible(self, key: int) -> Redacted | None:
        """The view of a track that will be read, if one was developed."""
        kept = self._kept.get(key)
        return None if kept is None else kept.legible

    def take(self, key: int, privacy: Privacy) -> Kept:
        """Hand over what is stored of a track, developed now where it was not, and forget it."""
        self.develop(key, privacy)
        return self._kept.pop(key, Kept(0.0, (), ()))

    def drain(self) -> tuple[int, int]:
        """withheld and early since the last call."""
        told, self.withheld, self.early = (self.withheld, self.early), 0, 0
        return told


def legible_view(picture: Redacted, xyxy: Box) -> Redacted:
    """The object with a tenth of its size around it, in the picture's own resolution up to 1600 px."""
    return picture.crop(context_box(xyxy, LEGIBLE_CONTEXT, LEGIBLE_LEAST_PX)).shrink(LEGIBLE_LONGEST_PX)
