"""Those who come while others are being served are served together: what each would do alone is done once for all.

Nobody waits for company: who finds nobody being served is served at once, alone.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, Self, TypeVar

MOST: Final = 64
"""So many are served together at most."""


class Guest(Protocol):
    """Something that can be served together with others of its kind."""

    def goes_with(self, others: Sequence[Self]) -> bool:
        """Whether it may be served together with these, who came before it."""
        ...


G = TypeVar("G", bound=Guest)
A = TypeVar("A")


@dataclass(slots=True, eq=False)
class _Waiting:
    """woken: it was answered, or it is its turn to serve those who wait, itself the first of them."""

    guest: Any
    woken: threading.Event = field(default_factory=threading.Event)
    answered: bool = False
    answer: Any = None
    error: Exception | None = None


class Company:
    """Guests of one kind, each in a thread of its own. One of those who wait serves all of them in its thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting] = deque()
        self._serving = False

    def ask(self, guest: G, serve: Callable[[Sequence[G]], Sequence[A]]) -> A:
        """The guest's answer, of those that `serve` gives for guests in their order, or what it raised for this guest
        alone: where it raises for several, each is served again by itself."""
        mine = _Waiting(guest)
        with self._lock:
            self._waiting.append(mine)
            mine_to_serve, self._serving = not self._serving, True
        if not mine_to_serve:
            mine.woken.wait()
        if not mine.answered:
            self._serve(serve)
        if mine.error is not None:
            raise mine.error
        answer: A = mine.answer
        return answer

    def _serve(self, serve: Callable[[Sequence[Any]], Sequence[Any]]) -> None:
        """Serve the first who wait, and let the next one serve those who came meanwhile."""
        with self._lock:
            group = self._next_group()
        try:
            self._answer(group, serve)
        finally:
            for one in group:
                one.woken.set()
            with self._lock:
                self._serving = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].woken.set()

    def _next_group(self) -> list[_Waiting]:
        group = [self._waiting.popleft()]
        while self._waiting and len(group) < MOST:
            if not self._waiting[0].guest.goes_with([one.guest for one in group]):
                break
            group.append(self._waiting.popleft())
        return group

    def _answer(self, group: Sequence[_Waiting], serve: Callable[[Sequence[Any]], Sequence[Any]]) -> None:
        try:
            answers = serve([one.guest for one in group])
        except Exception as error:  # noqa: BLE001 - whoever asked is told of it
            if len(group) > 1:
                for one in group:
                    self._answer([one], serve)
                return
            group[0].error, group[0].answered = error, True
            return
        for one, answer in zip(group, answers, strict=True):
            one.answer, one.answered = answer, True
