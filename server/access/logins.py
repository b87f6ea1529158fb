"""How often a sign-in may fail before the next try has to wait. In memory: a restart forgives."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

WINDOW_NS = 300 * 1_000_000_000
LIMIT = 8
"""So many failures in a window, and the next try waits."""
ROOM = 10_000


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: int


class Attempts:
    """Counts failures by key (a name, an address) in five-minute windows. Holds at most ROOM keys."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, list[int]] = OrderedDict()
        self._lock = threading.Lock()

    def blocked(self, keys: tuple[str, ...], now_ns: int) -> Wait | None:
        """How long to wait, or None where a try is allowed."""
        with self._lock:
            waits = [self._wait_ns(key, now_ns) for key in keys]
        longest = max(waits, default=0)
        return Wait(-(-longest // 1_000_000_000)) if longest > 0 else None

    def failed(self, keys: tuple[str, ...], now_ns: int) -> None:
        with self._lock:
            for key in keys:
                recent = self._recent(key, now_ns)
                self._failures[key] = [*recent, now_ns]
                self._failures.move_to_end(key)
            while len(self._failures) > ROOM:
                self._failures.popitem(last=False)

    def succeeded(self, keys: tuple[str, ...]) -> None:
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)

    def _recent(self, key: str, now_ns: int) -> list[int]:
        return [at for at in self._failures.get(key, []) if now_ns - at < WINDOW_NS]

    def _wait_ns(self, key: str, now_ns: int) -> int:
        recent = self._recent(key, now_ns)
        return recent[-LIMIT] + WINDOW_NS - now_ns if len(recent) >= LIMIT else 0
