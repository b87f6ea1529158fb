"""UUIDv7 (RFC 9562): sorted by the time they were made, also within one millisecond."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from uuid import UUID


class Uuid7:
    """Makes ids that only grow. The 12 bits after the milliseconds hold their fraction (RFC 9562 §6.2, method 3)."""

    def __init__(
        self, now_ns: Callable[[], int] = time.time_ns, randbits: Callable[[int], int] = secrets.randbits
    ) -> None:
        self._now_ns = now_ns
        self._randbits = randbits
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self) -> UUID:
        """The next id, greater than every one this maker gave before, even if the clock went back."""
        ms, rest_ns = divmod(self._now_ns(), 1_000_000)
        with self._lock:
            stamp = max((ms << 12) | (rest_ns << 12) // 1_000_000, self._last + 1)
            self._last = stamp
        high = ((stamp >> 12) << 16) | (0x7 << 12) | (stamp & 0xFFF)
        return UUID(int=(high << 64) | (0b10 << 62) | self._randbits(62))
