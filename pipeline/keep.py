"""The best pictures of each track so far, encoded and redacted: nothing else of a frame outlives the frame.

Of what will be read, a redacted view in the frame's own resolution stays too, unencoded until its track has ended.

The privacy step is costly, so a frame is redacted only when it shows some track clearly better than what is kept.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.appearance import appearance
from pipeline.evidence import Picture, close_view, context_box, wide_view
from pipeline.redact import Box, DidNotRun, Redacted, Regions, redact

CLEARLY_BETTER: Final = 1.25
CUT_OFF: Final = 0.5
EDGE_PX: Final = 3.0
LEGIBLE_CONTEXT: Final = 0.1
LEGIBLE_LEAST_PX: Final = 64
LEGIBLE_LONGEST_PX: Final = 1600


@dataclass(frozen=True, slots=True)
class Kept:
    """A track's best view so far and what was stored of it. worth: as `worth` gives it; legible: to be read in."""

    worth: float
    pictures: tuple[Picture, ...]
    appearance: tuple[float, ...]
    legible: Redacted | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A track that may be shown by this frame. legible: it will be read."""

    key: int
    xyxy: Box
    worth: float
    legible: bool = False


def worth(xyxy: Box, score: float, width_px: int, height_px: int) -> float:
    """How good a view is: score times box height, half as much where the picture's edge cuts it off."""
    x1, y1, x2, y2 = xyxy
    cut = x1 < EDGE_PX or y1 < EDGE_PX or x2 > width_px - EDGE_PX or y2 > height_px - EDGE_PX
    return score * (y2 - y1) * (CUT_OFF if cut else 1.0)


@dataclass(slots=True)
class Album:
    """What is kept for each track. withheld: views that were wanted, but whose privacy step did not run."""

    kept: dict[int, Kept] = field(default_factory=dict)
    withheld: int = 0

    def better(self, wanted: list[Wanted]) -> list[Wanted]:
        """Those that beat what is kept by enough to pay for a privacy step."""
        return [one for one in wanted if one.worth > CLEARLY_BETTER * self._worth(one.key)]

    def _worth(self, key: int) -> float:
        held = self.kept.get(key)
        return 0.0 if held is None else held.worth

    def keep(self, wanted: list[Wanted], shown: Redacted | DidNotRun) -> None:
        """Replace what is kept of these tracks by views of a redacted picture; nothing where redaction failed."""
        if isinstance(shown, DidNotRun):
            self.withheld += len(wanted)
            return
        for one in wanted:
            pictures = (close_view(shown, one.xyxy), wide_view(shown, one.xyxy))
            legible = legible_view(shown, one.xyxy) if one.legible else None
            self.kept[one.key] = Kept(one.worth, pictures, appearance(shown.image, one.xyxy), legible)

    def forget_all_but(self, keys: Set[int]) -> None:
        """Let go of what was kept of tracks that nobody will ask for."""
        for key in self.kept.keys() - keys:
            del self.kept[key]

    def legible(self, key: int) -> Redacted | None:
        """The view of a track that will be read, if one was kept."""
        held = self.kept.get(key)
        return None if held is None else held.legible

    def take(self, key: int) -> Kept:
        """Hand over what is kept of a track, and forget it."""
        return self.kept.pop(key, Kept(0.0, (), ()))


def legible_view(picture: Redacted, xyxy: Box) -> Redacted:
    """The object with a tenth of its size around it, in the picture's own resolution up to 1600 px."""
    return picture.crop(context_box(xyxy, LEGIBLE_CONTEXT, LEGIBLE_LEAST_PX)).shrink(LEGIBLE_LONGEST_PX)


def shown(image: NDArray[np.uint8], regions: Regions | DidNotRun) -> Redacted | DidNotRun:
    """The picture after the privacy step; fails closed."""
    return regions if isinstance(regions, DidNotRun) else redact(image, regions)
