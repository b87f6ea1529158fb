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
    """woken: it was answered, or it is to serve a group, itself the first of it; error: None once it has an answer."""

    guest: Any
    woken: threading.Event = field(default_factory=threading.Event)
    group: list[_Waiting] | None = None
    answer: Any = None
    error: Exception | None = field(default_factory=lambda: RuntimeError("whoever served this was ended"))


class Company:
    """Guests of one kind, each in a thread of its own. A group is served by the first of it, in its thread.

    So many groups as there are turns are served at a time; but who would go with those who are being served waits for
    them to end, so that many small ones make one group and not a few.
    """

    def __init__(self, turns: int) -> None:
        self._lock = threading.Lock()
        self._turns = turns
        self._waiting: deque[_Waiting] = deque()
        self._served: list[list[_Waiting]] = []

    def ask(self, guest: G, serve: Callable[[Sequence[G]], Sequence[A]]) -> A:
        """The guest's answer, of those that `serve` gives for guests in their order, or what it raised for this guest
        alone: where it raises for several, each is served again by itself."""
        mine = _Waiting(guest)
        with self._lock:
            self._waiting.append(mine)
            free = len(self._served) < self._turns
            if free and not any(_go_together(mine, group) for group in self._served):
                self._begin_next()
        mine.woken.wait()
        if mine.group is not None:
            self._serve(mine.group, serve)
        if mine.error is not None:
            raise mine.error
        answer: A = mine.answer
        return answer

    def _begin_next(self) -> None:
        """Let the first who waits serve those who wait with it."""
        group = self._next_group()
        self._served.append(group)
        group[0].group = group
        group[0].woken.set()

    def _serve(self, group: list[_Waiting], serve: Callable[[Sequence[Any]], Sequence[Any]]) -> None:
        try:
            self._answer(group, serve)
        finally:
            for one in group:
                one.woken.set()
            with self._lock:
                self._served.remove(group)
                if self._waiting:
                    self._begin_next()

    def _next_group(self) -> list[_Waiting]:
        group = [self._waiting.popleft()]
        while self._waiting and len(group) < MOST and _go_together(self._waiting[0], group):
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
            group[0].error = error
            return
        for one, answer in zip(group, answers, strict=True):
            one.answer, one.error = answer, None


def _go_together(one: _Waiting, group: Sequence[_Waiting]) -> bool:
    return bool(one.guest.goes_with([other.guest for other in group]))
