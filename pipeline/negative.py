"""A frame as the camera saw it, held in memory until it is known whether anything in it is to be shown.

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

Privacy = Callable[[NDArray[np.uint8], Detections], Regions | DidNotRun]
"""The regions to fill in a uint8 [H, W, 3] BGR picture, given what was found in it, weakly seen people included."""


@final
class Negative:
    """See the module. index: of the frame in its source; size_bytes: of the picture, developed or not."""

    __slots__ = ("_image", "_regions", "_seen", "_shown", "index", "size_bytes")

    def __init__(self, index: int, image: NDArray[np.uint8], seen: Detections) -> None:
        self.index = index
        self.size_bytes = int(image.nbytes)
        self._image: NDArray[np.uint8] | None = image
        self._seen = seen
        self._regions: Regions | None = None
        self._shown: Redacted | None = None

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Negative is not copied or pickled: it holds a frame as the camera saw it")

    def regions(self, privacy: Privacy) -> Regions | DidNotRun:
        """What the privacy step finds; it runs once, and again only where it did not run."""
        if self._regions is None:
            assert self._image is not None  # noqa: S101  (let go of only where the regions are known)
            found = privacy(self._image, self._seen)
            if isinstance(found, DidNotRun):
                return found
            self._regions = found
        return self._regions

    def develop(self, privacy: Privacy) -> Redacted | DidNotRun:
        """The picture after the privacy step; fails closed. The raw frame is let go of."""
        if self._shown is None:
            regions = self.regions(privacy)
            if isinstance(regions, DidNotRun):
                return regions
            assert self._image is not None  # noqa: S101  (it was not developed before)
            self._shown, self._image = redact(self._image, regions), None
        return self._shown
