"""Which decoded frames show what was filmed."""

from __future__ import annotations

import av


class Intact:
    """Told of one stream's frames as they come out of its decoder, and of those that do not.

    A frame is built on others, back to a key frame. So what follows a damaged or lost one does not show what was filmed
    before a key frame comes that is later, though decoders give it out as whole. Times are the stream's pts; a decoder
    may tell of a loss before it gives out frames of earlier times, and those then count as lost too.
    """

    def __init__(self) -> None:
        self._last = self._hurt = 0
        self._is_whole = True

    def lost(self, pts: int | None) -> None:
        """A frame did not come out."""
        at = self._place(pts)
        self._hurt, self._is_whole = at if self._is_whole else max(self._hurt, at), False

    def shows(self, frame: av.VideoFrame) -> bool:
        """Whether the next frame, and all that it is built on, came out whole."""
        if frame.is_corrupt:
            self.lost(frame.pts)
        elif self._place(frame.pts) > self._hurt and frame.key_frame:
            self._is_whole = True
        return self._is_whole

    def _place(self, pts: int | None) -> int:
        """A time of the stream; where none is told the next."""
        self._last = self._last + 1 if pts is None else pts
        return self._last
