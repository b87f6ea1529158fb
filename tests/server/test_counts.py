"""What takes long to count is told as it was last, and is on its way once at most."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from server.counts import Counts
from server.errors import Unavailable
from tests.waiting import until


class Slow:
    """A count that goes on until it is let go; it comes to how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.let_go = threading.Semaphore(0)

    def __call__(self) -> int:
        self.begun += 1
        mine = self.begun
        assert self.let_go.acquire(timeout=60)
        return mine


@pytest.fixture
def slow() -> Iterator[Slow]:
    slow = Slow()
    yield slow
    slow.let_go.release(100)


def test_what_is_quick_is_counted_anew_for_each_who_asks() -> None:
    counts, numbers = Counts(), count()
    found = [counts.ask("all", lambda: next(numbers), now_ns) for now_ns in range(5)]
    assert [(one.value, one.at_ns) for one in found] == [(n, n) for n in range(5)]


def test_until_the_first_count_is_there_everybody_is_told_so_and_it_is_begun_once(slow: Slow) -> None:
    counts = Counts(patience_s=0.01)
    for _ in range(3):
        with pytest.raises(Unavailable):
            counts.ask("all", slow, 0)
    assert slow.begun == 1


def test_a_long_count_is_told_with_its_moment_and_rests_for_twenty_times_as_long(slow: Slow) -> None:
    clock = {"s": 100.0}
    counts = Counts(patience_s=0.01, clock_s=lambda: clock["s"])
    with pytest.raises(Unavailable):
        counts.ask("all", slow, 7)
    clock["s"] = 105.0
    slow.let_go.release()
    until(lambda: told(lambda: counts.ask("all", slow, 8).at_ns) == 7)
    clock["s"] = 204.9
    assert [counts.ask("all", slow, now_ns).at_ns for now_ns in range(9, 20)] == [7] * 11
    assert slow.begun == 1
    clock["s"] = 205.0
    assert counts.ask("all", slow, 21).at_ns == 7, "what it came to last, while it is counted anew"
    slow.let_go.release()
    until(lambda: told(lambda: counts.ask("all", slow, 22).at_ns) == 21)


def test_who_asks_while_another_is_counted_is_told_of_what_came_since() -> None:
    counts, begun, go_on = Counts(patience_s=60), threading.Event(), threading.Event()
    seen = {"cases": 1}

    def looking() -> int:
        found = seen["cases"]
        begun.set()
        assert go_on.wait(60)
        return found

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(counts.ask, "all", looking, 1)
        assert begun.wait(60)
        seen["cases"] = 2
        other = pool.submit(counts.ask, "all", looking, 2)
        go_on.set()
        assert (one.result().value, other.result().value) in ((1, 2), (2, 2))


def test_a_count_that_fails_is_told_and_begun_anew() -> None:
    counts = Counts()

    def fails() -> int:
        raise OSError("the disk is away")

    with pytest.raises(OSError, match="the disk is away"):
        counts.ask("all", fails, 0)
    assert counts.ask("all", lambda: 3, 1).value == 3


def test_few_counts_are_remembered() -> None:
    counts = Counts()
    for month in range(100):
        counts.ask(month, lambda: 0, 0)
    assert len(counts._last) == 8


def told(ask: Callable[[], int]) -> int | None:
    """What it says, None where it is not counted yet."""
    try:
        return ask()
    except Unavailable:
        return None
