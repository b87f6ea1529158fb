"""What a source gives, one at a time: a shot whose picture is read only when it is wanted, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.reasons import Reason


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded picture. media_ns: nanoseconds since the start of the source; image: uint8 [H, W, 3] BGR."""

    source: str
    index: int
    media_ns: int
    image: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise ValueError(f"a frame is uint8 [H, W, 3], not {self.image.dtype} {self.image.shape}")
        self.image.flags.writeable = False


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A frame that is there but not yet a picture: most of a video is passed over by distance, unconverted.

    media_ns: nanoseconds since the start of the source. read: gives uint8 [H, W, 3] BGR, once or again.
    """

    source: str
    index: int
    media_ns: int
    read: Callable[[], NDArray[np.uint8]]

    def frame(self) -> Frame:
        """The picture itself."""
        return Frame(self.source, self.index, self.media_ns, self.read())


@dataclass(frozen=True, slots=True)
class Lost:
    """A frame that the source could not read; it is quarantined under its reason."""

    index: int
    media_ns: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class LetGo:
    """A frame that the source had and did not keep until it could be looked at; it is skipped under its reason."""

    index: int
    media_ns: int
    reason: Reason
