"""Those who come while others are being served are served together: what each would do alone is done once for all.

Nobody waits for company: who finds nobody being served is served at once, alone.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, Protocol, TypeAlias, TypeVar

MOST: Final = 64
"""So many are served together at most."""


class Guest(Protocol):
    """Something that can be served together with others of its kind, if they have no id in common."""

    @property
    def ids(self) -> frozenset[str]: ...


G = TypeVar("G", bound=Guest)
A = TypeVar("A")
Serve = Callable[[Sequence[Any]], Sequence[Any]]
Told: TypeAlias = "tuple[asyncio.Future[Any], Any, BaseException | None]"


class _Waiting:
    """serve: how this guest, and those who go with it, are served; answer: of a thread that waits, or of a loop."""

    __slots__ = ("answer", "guest", "serve")

    def __init__(self, guest: Guest, serve: Serve, answer: Future[Any] | asyncio.Future[Any]) -> None:
        self.guest = guest
        self.serve = serve
        self.answer = answer

    def is_still_wanted(self) -> bool:
        """Whether nobody took it back; from now on a thread cannot."""
        if isinstance(self.answer, Future):
            return self.answer.set_running_or_notify_cancel()
        return not self.answer.cancelled()


class _Group:
    """Those who are served together; ids: of all of them. Only one alone may have more than so many."""

    def __init__(self, first: _Waiting, most_ids: int) -> None:
        self.members = [first]
        self.ids = set(first.guest.ids)
        self._most_ids = most_ids

    def takes(self, one: _Waiting) -> bool:
        """Whether one may be served with these."""
        ids = one.guest.ids
        return len(ids) + len(self.ids) <= self._most_ids and self.ids.isdisjoint(ids)

    def add(self, one: _Waiting) -> None:
        self.members.append(one)
        self.ids |= one.guest.ids


class Company:
    """Guests of one kind. A group is served in a thread of the company's, as the first of it asked to be.

    So many groups as there are turns are served at a time; but who would go with those who are being served waits for
    them to end, so that many small ones make one group and not a few. The first of a group waits for the last, so a
    group has `most_ids` in all at most.
    """

    def __init__(self, turns: int, most_ids: int) -> None:
        self._lock = threading.Lock()
        self._turns = turns
        self._most_ids = most_ids
        self._threads = ThreadPoolExecutor(turns, "company")
        self._waiting: deque[_Waiting] = deque()
        self._served: list[_Group] = []

    def ask(self, guest: G, serve: Callable[[Sequence[G]], Sequence[A]]) -> Future[A]:
        """The guest's answer to come, of those that `serve` gives for guests in their order, or what it raised for this
        guest alone: where it raises for several, each is served again by itself. One that is cancelled while it waits
        is not served."""
        answer: Future[A] = Future()
        self._ask(_Waiting(guest, serve, answer))
        return answer

    async def ask_soon(self, guest: G, serve: Callable[[Sequence[G]], Sequence[A]]) -> A:
        """The same, without keeping a thread waiting. All of a loop that were served together are told at once."""
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._ask(_Waiting(guest, serve, answer))
        return await answer

    def _ask(self, mine: _Waiting) -> None:
        with self._lock:
            self._waiting.append(mine)
            free = len(self._served) < self._turns
            if free and not any(group.takes(mine) for group in self._served):
                self._begin_next()

    def _begin_next(self) -> None:
        """Have the first who waits served with those who wait with it."""
        group = self._next_group()
        self._served.append(group)
        self._threads.submit(self._serve, group)

    def _serve(self, group: _Group) -> None:
        try:
            _answer([one for one in group.members if one.is_still_wanted()])
        finally:
            with self._lock:
                self._served.remove(group)
                if self._waiting:
                    self._begin_next()

    def _next_group(self) -> _Group:
        group = _Group(self._waiting.popleft(), self._most_ids)
        while self._waiting and len(group.members) < MOST and group.takes(self._waiting[0]):
            group.add(self._waiting.popleft())
        return group


def _answer(group: Sequence[_Waiting]) -> None:
    if not group:
        return
    try:
        answers = group[0].serve([one.guest for one in group])
        answered = [(one, answer, None) for one, answer in zip(group, answers, strict=True)]
    except BaseException as error:  # noqa: BLE001 - whoever asked is told of it
        if len(group) > 1 and isinstance(error, Exception):
            for one in group:
                _answer([one])
            return
        _tell([(one, None, error) for one in group])
        return
    _tell(answered)


def _tell(answered: Sequence[tuple[_Waiting, Any, BaseException | None]]) -> None:
    """Give each its answer, or the error in its place; a loop is woken once for all that wait in it."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Told]] = {}
    for one, answer, error in answered:
        if not isinstance(one.answer, Future):
            by_loop.setdefault(one.answer.get_loop(), []).append((one.answer, answer, error))
        elif error is not None:
            one.answer.set_exception(error)
        else:
            one.answer.set_result(answer)
    for loop, told in by_loop.items():
        with suppress(RuntimeError):  # it was closed, and nobody waits any more
            loop.call_soon_threadsafe(_tell_here, told)


def _tell_here(told: Sequence[Told]) -> None:
    for future, answer, error in told:
        if future.done():  # taken back meanwhile
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(answer)
