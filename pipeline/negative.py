"""A frame as the camera saw it, held in memory until it is known whether anything in it is to be shown: as its source
has it, which of a video is half of what a picture takes.

It has no way out but the privacy step: nothing pickles, copies or encodes it, and once it was developed the raw frame
is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, final

import numpy as np
from numpy.typing import NDArray

from pipeline.detections import Detections
from pipeline.redact import DidNotRun, Redacted, Regions, redact
from pipeline.shots import Shot

Privacy = Callable[[NDArray[np.uint8], Detections], Regions | DidNotRun]
"""The regions to fill in a uint8 [H, W, 3] BGR picture, given what was found in it, weakly seen people included."""


@final
class Negative:
    """See the module. size_bytes: of the picture, developed or not. seen: what was found in it."""

    __slots__ = ("_regions", "_seen", "_shot", "_shown", "index", "size_bytes")

    def __init__(self, shot: Shot, size_bytes: int, seen: Detections) -> None:
        self.index = shot.index
        self.size_bytes = size_bytes
        self._shot: Shot | None = shot
        self._seen = seen
        self._regions: Regions | None = None
        self._shown: Redacted | None = None

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Negative is not copied or pickled: it holds a frame as the camera saw it")

    def regions(self, privacy: Privacy) -> Regions | DidNotRun:
        """What the privacy step finds; it runs once, and again only where it did not run."""
        return self._found_in(self._image(), privacy) if self._regions is None else self._regions

    def develop(self, privacy: Privacy) -> Redacted | DidNotRun:
        """The picture after the privacy step; fails closed. The raw frame is let go of."""
        if self._shown is None:
            image = self._image()
            regions = self._found_in(image, privacy)
            if isinstance(regions, DidNotRun):
                return regions
            self._shown, self._shot = redact(image, regions), None
        return self._shown

    def _image(self) -> NDArray[np.uint8]:
        assert self._shot is not None  # noqa: S101  (let go of only when it was developed)
        return self._shot.frame().image

    def _found_in(self, image: NDArray[np.uint8], privacy: Privacy) -> Regions | DidNotRun:
        if self._regions is None:
            found = privacy(image, self._seen)
            if isinstance(found, DidNotRun):
                return found
            self._regions = found
        return self._regions
