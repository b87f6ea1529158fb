"""Those who come while others are being served are served together: what each would do alone is done once for all.

Nobody waits for company: who finds nobody being served is served at once, alone.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
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
Serve = Callable[[Sequence[Any]], Sequence[Any]]


@dataclass(slots=True, eq=False)
class _Waiting:
    """serve: how this guest, and those who go with it, are served."""

    guest: Any
    serve: Serve
    answer: Future[Any] = field(default_factory=Future)


class Company:
    """Guests of one kind. A group is served in a thread of the company's, as the first of it asked to be.

    So many groups as there are turns are served at a time; but who would go with those who are being served waits for
    them to end, so that many small ones make one group and not a few.
    """

    def __init__(self, turns: int) -> None:
        self._lock = threading.Lock()
        self._turns = turns
        self._threads = ThreadPoolExecutor(turns, "company")
        self._waiting: deque[_Waiting] = deque()
        self._served: list[list[_Waiting]] = []

    def ask(self, guest: G, serve: Callable[[Sequence[G]], Sequence[A]]) -> Future[A]:
        """The guest's answer to come, of those that `serve` gives for guests in their order, or what it raised for this
        guest alone: where it raises for several, each is served again by itself. One that is cancelled while it waits
        is not served."""
        mine = _Waiting(guest, serve)
        with self._lock:
            self._waiting.append(mine)
            free = len(self._served) < self._turns
            if free and not any(_go_together(mine, group) for group in self._served):
                self._begin_next()
        return mine.answer

    def _begin_next(self) -> None:
        """Have the first who waits served with those who wait with it."""
        group = self._next_group()
        self._served.append(group)
        self._threads.submit(self._serve, group)

    def _serve(self, group: list[_Waiting]) -> None:
        try:
            _answer([one for one in group if one.answer.set_running_or_notify_cancel()])
        finally:
            with self._lock:
                self._served.remove(group)
                if self._waiting:
                    self._begin_next()

    def _next_group(self) -> list[_Waiting]:
        group = [self._waiting.popleft()]
        while self._waiting and len(group) < MOST and _go_together(self._waiting[0], group):
            group.append(self._waiting.popleft())
        return group


def _answer(group: Sequence[_Waiting]) -> None:
    if not group:
        return
    try:
        answered = list(zip(group, group[0].serve([one.guest for one in group]), strict=True))
    except BaseException as error:  # noqa: BLE001 - whoever asked is told of it
        if len(group) > 1 and isinstance(error, Exception):
            for one in group:
                _answer([one])
            return
        for one in group:
            one.answer.set_exception(error)
        return
    for one, answer in answered:
        one.answer.set_result(answer)


def _go_together(one: _Waiting, group: Sequence[_Waiting]) -> bool:
    return bool(one.guest.goes_with([other.guest for other in group]))
