"""Pictures that people upload are unpacked and searched one at a time: one takes up to 800 MB meanwhile, and a burst of
uploads waits and does not take the machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from server.errors import Unavailable

WAITING: Final = 8
"""Each that waits holds a thread, of which requests have forty, and the bytes that came."""
RETRY_S: Final = 10


class Turns:
    """Who may unpack a picture now."""

    def __init__(self, waiting: int = WAITING) -> None:
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(waiting + 1)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """The only turn there is, waited for; raises Unavailable where as many as may wait already do."""
        if not self._places.acquire(blocking=False):
            words = "many pictures are coming in at the moment; nothing was stored, send it again later"
            raise Unavailable("too_many_pictures", words, None, RETRY_S)
        try:
            with self._turn:
                yield
        finally:
            self._places.release()
