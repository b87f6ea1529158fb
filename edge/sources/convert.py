"""Decoded frames as pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Converter:
    """Converts the frames of one source. To set up the conversion takes longer than to convert one frame of a phone's
    video, so it is kept from frame to frame. Not for two threads at once, and in the caller's thread alone: cores are
    busy with boxes meanwhile.
    """

    _kept: VideoReformatter = field(default_factory=VideoReformatter)

    def bgr(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        """A new uint8 [H, W, 3], as the frame lies, not turned upright."""
        return np.asarray(self._kept.reformat(frame, format="bgr24", threads=1).to_ndarray(), np.uint8)
