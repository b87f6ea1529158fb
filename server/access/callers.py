"""Which device a token is of, remembered for a minute.

A token's device never changes. Whether that device may still send does: it is asked in the transaction that takes in
what it sent, so that a revoked one is refused from the moment of its revocation, whichever process took that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from server.access.people import token_digest

REMEMBERED_NS: Final = 60 * 1_000_000_000
ROOM: Final = 10_000


class Callers:
    """Holds digests of tokens that were right, and no others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, int]] = {}

    def device_id(self, token: str, now_ns: int, ask: Callable[[], str | None]) -> str | None:
        """The device of a token, by `ask` where it is not remembered; None where that knows none."""
        known = self.remembered(token, now_ns)
        if known is not None:
            return known
        found = ask()
        if found is not None:
            digest = token_digest(token)
            with self._lock:
                if len(self._known) >= ROOM:
                    self._known.clear()
                self._known[digest] = (found, now_ns + REMEMBERED_NS)
        return found

    def remembered(self, token: str, now_ns: int) -> str | None:
        """The device of a token; None where that is not known by heart."""
        device_id, until_ns = self._known.get(token_digest(token), (None, 0))
        return device_id if now_ns < until_ns else None

    def forget(self) -> None:
        """Ask again for everybody, since a device was revoked."""
        with self._lock:
            self._known.clear()
