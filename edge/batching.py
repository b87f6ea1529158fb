"""One detector for everybody on the vehicle: what several ask at about the same moment runs as one batch.

While one batch runs, the next gathers: so cameras come in turn, and none waits for more than the batch before its own.
What a single pass asks is never put together, so what comes out does not depend on when it was asked.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.detector import Detector
from pipeline.detections import Detections

MOST: Final = 8
GATHER_S: Final = 0.015
OF_LATE_S: Final = 2.0

Image = NDArray[np.uint8]


@dataclass(slots=True)
class Batcher:
    """See the module. Safe for several threads; the detector itself is used by `at_a_time` threads of its own, and by
    `waiting` more, whose pictures lie ready for whichever of those is done first.

    floor: see Detector.detect. askers: how many passes may ask at one moment, and the pictures of a batch at most; it
    waits GATHER_S at most for those of them that asked of late.
    """

    detector: Detector
    floor: float
    at_a_time: int = 1
    waiting: int = 0
    askers: int = 1
    _seen_s: dict[int, float] = field(default_factory=dict)
    _asked: deque[tuple[Image, Future[Detections]]] = field(default_factory=deque)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _runs: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self._runs = ThreadPoolExecutor(self.ahead, "detector")

    @property
    def ahead(self) -> int:
        """How many pictures are worth asking for before the first is told of."""
        return self.at_a_time + self.waiting

    def begin(self, image: Image) -> Callable[[], Detections]:
        """Ask for the boxes in a picture; calling what comes back waits for them, and raises what the detector did."""
        future: Future[Detections] = Future()
        with self._changed:
            self._seen_s[threading.get_ident()] = time.monotonic()
            self._asked.append((image, future))
            self._changed.notify()
        self._runs.submit(self._run)
        return future.result

    def _expected(self) -> int:
        """How many pictures are worth waiting for: a camera that is away asks nothing."""
        since_s = time.monotonic() - OF_LATE_S
        self._seen_s = {asker: at_s for asker, at_s in self._seen_s.items() if at_s > since_s}
        return min(self.askers, MOST, len(self._seen_s))

    def _run(self) -> None:
        """One batch of what was asked; nothing, where an earlier one took it along."""
        with self._changed:
            if self._asked and (others := self._expected()) > 1:
                self._changed.wait_for(lambda: len(self._asked) >= others, timeout=GATHER_S)
            taken = [self._asked.popleft() for _ in range(min(MOST, self.askers, len(self._asked)))]
        if not taken:
            return
        try:
            for (_, future), seen in zip(
                taken, self.detector.detect_all([one for one, _ in taken], self.floor), strict=True
            ):
                future.set_result(seen)
        finally:
            # Also what nobody foresaw is told to whoever waits: this thread has no other way to say it.
            if (error := sys.exception()) is not None:
                for future in (one for _, one in taken if not one.done()):
                    future.set_exception(error)
