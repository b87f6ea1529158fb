"""Who waits while others are served is served with those who wait too; each is given its own answer or error."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from server.records.company import MOST, Company
from tests.looping import finished
from tests.waiting import PATIENCE_S

MOST_IDS = 200


@dataclass(frozen=True)
class Guest:
    number: int
    apart: bool = False

    @property
    def ids(self) -> frozenset[str]:
        """One that stands apart has as many as a group may have."""
        return frozenset(f"{self.number}.{part}" for part in range(MOST_IDS if self.apart else 1))


@dataclass
class Desk:
    """Serves the first when it may begin; those who come meanwhile wait."""

    company: Company = field(default_factory=lambda: Company(1, MOST_IDS))
    groups: list[list[int]] = field(default_factory=list)
    may_begin: threading.Event = field(default_factory=threading.Event)
    bad: int | None = None

    def serve(self, guests: Sequence[Guest]) -> list[int]:
        if not self.groups:
            self.groups.append([])
            assert self.may_begin.wait(PATIENCE_S)
        self.groups.append([one.number for one in guests])
        if any(one.number == self.bad for one in guests):
            raise ValueError(self.bad)
        return [10 * one.number for one in guests]

    def all_served(self, guests: Sequence[Guest]) -> list[Callable[[], int]]:
        """The first is being served when the second comes; what each is given."""
        told = [self.company.ask(guest, self.serve) for guest in guests]
        self.may_begin.set()
        return [partial(one.result, PATIENCE_S) for one in told]


def test_who_comes_alone_is_served_alone() -> None:
    desk = Desk()
    desk.may_begin.set()
    assert [desk.company.ask(Guest(number), desk.serve).result(PATIENCE_S) for number in (1, 2)] == [10, 20]
    assert desk.groups == [[], [1], [2]]


def test_those_who_wait_are_served_together_in_their_order() -> None:
    desk = Desk()
    told = desk.all_served([Guest(number) for number in range(6)])
    assert [answer() for answer in told] == [0, 10, 20, 30, 40, 50]
    assert desk.groups == [[], [0], [1, 2, 3, 4, 5]]


def test_one_that_fails_fails_alone_and_the_others_are_served() -> None:
    desk = Desk(bad=2)
    told = desk.all_served([Guest(number) for number in range(4)])
    with pytest.raises(ValueError, match="2"):
        told[2]()
    assert [told[number]() for number in (0, 1, 3)] == [0, 10, 30]
    assert desk.groups == [[], [0], [1, 2, 3], [1], [2], [3]]


def test_what_does_not_go_together_is_served_one_after_the_other() -> None:
    desk = Desk()
    told = desk.all_served([Guest(0), Guest(1), Guest(2, apart=True), Guest(3), Guest(4)])
    assert [answer() for answer in told] == [0, 10, 20, 30, 40]
    assert desk.groups == [[], [0], [1], [2], [3, 4]]


def test_a_group_has_a_largest_size() -> None:
    desk = Desk()
    for answer in desk.all_served([Guest(number) for number in range(MOST + 3)]):
        answer()
    assert [len(group) for group in desk.groups] == [0, 1, MOST, 2]


def test_after_a_failure_others_are_served() -> None:
    desk = Desk(bad=0)
    desk.may_begin.set()
    with pytest.raises(ValueError, match="0"):
        desk.company.ask(Guest(0), desk.serve).result(PATIENCE_S)
    assert desk.company.ask(Guest(1), desk.serve).result(PATIENCE_S) == 10


def test_who_would_go_with_those_being_served_waits_for_them_though_there_is_a_turn() -> None:
    desk = Desk(company=Company(2, MOST_IDS))
    told = desk.all_served([Guest(number) for number in range(4)])
    assert [answer() for answer in told] == [0, 10, 20, 30]
    assert desk.groups == [[], [0], [1, 2, 3]]


def test_who_would_not_go_with_them_is_served_beside_them() -> None:
    company, both = Company(2, MOST_IDS), threading.Barrier(2)

    def serve(guests: Sequence[Guest]) -> list[int]:
        both.wait(PATIENCE_S)
        return [one.number for one in guests]

    told = [company.ask(Guest(number, apart=True), serve) for number in (1, 2)]
    assert [one.result(PATIENCE_S) for one in told] == [1, 2]


def test_one_that_is_taken_back_while_it_waits_is_not_served() -> None:
    desk = Desk()
    told = [desk.company.ask(Guest(number), desk.serve) for number in range(3)]
    assert told[1].cancel()
    desk.may_begin.set()
    assert [told[number].result(PATIENCE_S) for number in (0, 2)] == [0, 20]
    assert desk.groups == [[], [0], [2]]


def test_the_same_once_more_waits_until_the_first_was_served() -> None:
    desk = Desk()
    told = desk.all_served([Guest(0), Guest(1), Guest(1), Guest(2)])
    assert [answer() for answer in told] == [0, 10, 10, 20]
    assert desk.groups == [[], [0], [1], [1, 2]]


class Loop(asyncio.SelectorEventLoop):
    """Counts how often it is woken from another thread."""

    woken = 0

    def call_soon_threadsafe(self, *told: Any, **more: Any) -> asyncio.Handle:
        self.woken += 1
        return super().call_soon_threadsafe(*told, **more)


async def all_soon(desk: Desk, count: int, given_up: Sequence[int] = ()) -> list[int | BaseException]:
    """What those are given who wait in a loop; those who are given up leave while they wait."""
    asked = [asyncio.create_task(desk.company.ask_soon(Guest(number), desk.serve)) for number in range(count)]
    await asyncio.sleep(0)
    for number in given_up:
        asked[number].cancel()
    await asyncio.sleep(0)
    desk.may_begin.set()
    return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), PATIENCE_S)


def test_a_loop_is_woken_once_for_all_that_were_served_together() -> None:
    loop, desk = Loop(), Desk()
    assert finished(all_soon(desk, 9), loop.run_until_complete) == [10 * number for number in range(9)]
    loop.close()
    assert desk.groups == [[], [0], [1, 2, 3, 4, 5, 6, 7, 8]]
    assert loop.woken == 2


def test_in_a_loop_one_that_fails_fails_alone() -> None:
    desk = Desk(bad=2)
    first, second, third, fourth = finished(all_soon(desk, 4))
    assert (first, second, fourth) == (0, 10, 30)
    assert isinstance(third, ValueError)


def test_in_a_loop_one_that_is_taken_back_while_it_waits_is_not_served() -> None:
    desk = Desk()
    first, second, third = finished(all_soon(desk, 3, given_up=[1]))
    assert (first, third) == (0, 20)
    assert isinstance(second, asyncio.CancelledError)
    assert desk.groups == [[], [0], [2]]


def test_a_loop_that_was_closed_meanwhile_keeps_nobody_from_being_served() -> None:
    desk, loop = Desk(), asyncio.new_event_loop()
    left = loop.create_task(desk.company.ask_soon(Guest(0), desk.serve))
    finished(asyncio.sleep(0), loop.run_until_complete)
    loop.close()
    waits = desk.company.ask(Guest(1), desk.serve)
    desk.may_begin.set()
    assert waits.result(PATIENCE_S) == 10
    assert not left.done()
