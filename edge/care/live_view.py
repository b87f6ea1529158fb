"""The newest redacted picture, for whoever looks at the live view. Nothing is redacted or kept while nobody looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pipeline.evidence import encode
from pipeline.observation import EvidenceRole
from pipeline.redact import DidNotRun, Redacted

LOOKING_S: Final = 10.0
"""For how long after a picture was asked for the next ones are made."""
EVERY_S: Final = 0.5
LONGEST_PX: Final = 960
QUALITY: Final = 80


@dataclass(frozen=True, slots=True)
class LivePicture:
    """jpeg: a redacted picture, None where none was made yet or it was withheld; why: then, why."""

    jpeg: bytes | None
    why: str


class LiveView:
    """Filled by the worker, read by the health server. Takes nothing but `Redacted`: only that can be encoded."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._asked_s = self._made_s = float("-inf")
        self._view = LivePicture(None, "no picture yet")

    def look(self) -> LivePicture:
        """The newest picture; asking keeps new ones coming."""
        with self._lock:
            self._asked_s = self._clock()
            return self._view

    def wanted(self) -> bool:
        """Does somebody look, and is the last picture old enough?"""
        with self._lock:
            now_s = self._clock()
            return now_s - self._asked_s < LOOKING_S and now_s - self._made_s >= EVERY_S

    def keep(self, picture: Redacted | DidNotRun) -> None:
        """A frame after the privacy step; where that did not run, the picture before goes too."""
        if isinstance(picture, DidNotRun):
            view = LivePicture(None, picture.why)
        else:
            view = LivePicture(encode(picture.shrink(LONGEST_PX), EvidenceRole.WIDE, QUALITY).content, "")
        with self._lock:
            self._view, self._made_s = view, self._clock()
