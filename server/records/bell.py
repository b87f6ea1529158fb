"""Tells the live pages of this process that the outbox grew. Rung by any thread, heard in the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator


class Bell:
    """`ring` wakes every listener. A ring while nobody waits is kept for the next `wait` of each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Event]] = {}

    def ring(self) -> None:
        with self._lock:
            listeners = list(self._listeners.values())
        for loop, event in listeners:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens there any more
                loop.call_soon_threadsafe(event.set)

    @contextlib.contextmanager
    def listen(self) -> Iterator[asyncio.Event]:
        """An event that every ring sets; the listener clears it."""
        event = asyncio.Event()
        with self._lock:
            self._listeners[id(event)] = (asyncio.get_running_loop(), event)
        try:
            yield event
        finally:
            with self._lock:
                del self._listeners[id(event)]
