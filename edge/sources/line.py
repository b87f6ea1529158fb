"""The frames of one connection of a live camera, on their way from the thread that decodes to the one that looks.

Bounded: when it is full the oldest frame goes, and is counted as overtaken. A frame may wait in it until it is known
where the camera was. Every frame that came in goes out once: as a shot, as let go, or as lost.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from edge.sources.convert import Converter
from pipeline.reasons import Reason
from pipeline.shots import LetGo, Lost, Shot

SECOND_NS: Final = 1_000_000_000
MOST_BYTES: Final = 96 << 20
MOST_FRAMES: Final = 32
MOST_FPS: Final = 12.0
"""More a second than this are not kept: 32 frames then reach back 2.7 s, longer than a position is waited for."""
LOOK_S: Final = 0.5

Wait = Callable[[int], None]


@dataclass(slots=True)
class _Held:
    """A frame that is kept, and what became of those between the one kept before it and this one."""

    media_ns: int
    frame: av.VideoFrame
    before: Counter[Reason]


@dataclass(slots=True)
class Line:
    """See the module. One thread puts, one takes. start_ns: monotonic, the media time 0.

    width_px, height_px: of every shot. until_known: waits until it is known where the camera was at a monotonic time,
    or has waited long enough. ending: once set, what is still held is let go. turned: told that the taker is awake.
    """

    name: str
    width_px: int
    height_px: int
    fps: float
    start_ns: int
    until_known: Wait = field(default=lambda _: None)
    ending: threading.Event = field(default_factory=threading.Event)
    turned: Callable[[], None] = field(default=lambda: None)
    n_frames: int = 0
    duration_ns: int = 0
    start_utc_ns: int | None = None
    moving: bool = True
    why_closed: str = ""
    _held: deque[_Held] = field(default_factory=deque)
    _gone: Counter[Reason] = field(default_factory=Counter)
    _admitted_ns: int | None = None
    _seen_ns: int = 0
    _closed: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def room(self) -> int:
        """How many frames are kept at most."""
        return max(2, min(MOST_FRAMES, MOST_BYTES * 2 // (3 * self.width_px * self.height_px)))

    @property
    def lost_all(self) -> bool:
        """Frames came, and not one of them could be kept."""
        with self._changed:
            return self._admitted_ns is None and bool(self._gone)

    def put(self, at_ns: int, frame: av.VideoFrame) -> None:
        """A decoded frame of this line's size, taken at a monotonic time that rises from frame to frame."""
        with self._changed:
            if self._closed:
                return
            self._seen_ns = at_ns - self.start_ns
            if self._admitted_ns is not None and at_ns - self._admitted_ns < 0.9 * SECOND_NS / MOST_FPS:
                self._gone[Reason.OVERTAKEN] += 1
                return
            self._admitted_ns = at_ns
            self._held.append(_Held(at_ns - self.start_ns, frame, self._gone))
            self._gone = Counter()
            if len(self._held) > self.room:
                oldest = self._held.popleft()
                self._held[0].before += oldest.before + Counter({Reason.OVERTAKEN: 1})
            self._changed.notify()

    def lose(self, at_ns: int, reason: Reason) -> None:
        """A frame that came and cannot be used."""
        with self._changed:
            self._seen_ns = max(self._seen_ns, at_ns - self.start_ns)
            self._gone[reason] += 1

    def close(self, why: str) -> None:
        """Nothing more comes. What is held is still looked at."""
        with self._changed:
            self._closed, self.why_closed = True, why
            self._changed.notify()

    def shots(self, from_ns: int = 0) -> Iterator[Shot | Lost | LetGo]:  # noqa: ARG002  (what is live has no past)
        """Every frame in order of time, until the line is closed and empty."""
        index, converter = 0, Converter()
        while True:
            self.turned()
            held, media_ns, gone, over = self._take()
            for reason, count in sorted(gone.items()):
                for _ in range(count):
                    yield _without(index, media_ns, reason)
                    index += 1
            if held is not None:
                self.until_known(self.start_ns + held.media_ns)
                yield Shot(self.name, index, media_ns, _Reader(held.frame, converter))
                index += 1
            elif over:
                return

    def _take(self) -> tuple[_Held | None, int, Counter[Reason], bool]:
        """The oldest frame and what went before it; after a while without one, only what went."""
        with self._changed:
            self._changed.wait_for(lambda: self._held or self._closed, timeout=LOOK_S)
            if self.ending.is_set():
                for one in self._held:
                    self._gone += one.before + Counter({Reason.OVERTAKEN: 1})
                self._held.clear()
                self._closed = True
            if self._held:
                held = self._held.popleft()
                return held, held.media_ns, held.before, False
            gone, self._gone = self._gone, Counter()
            return None, self._seen_ns, gone, self._closed


def _without(index: int, media_ns: int, reason: Reason) -> Lost | LetGo:
    return LetGo(index, media_ns, reason) if reason is Reason.OVERTAKEN else Lost(index, media_ns, reason)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Converts a decoded frame to BGR when it is asked to."""

    frame: av.VideoFrame
    converter: Converter

    def __call__(self) -> NDArray[np.uint8]:
        return self.converter.bgr(self.frame)
