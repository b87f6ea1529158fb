"""What takes long to count is told as it was last, and is on its way once at most."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import count
from typing import Any

import pytest
from pydantic import TypeAdapter

from server.cases.workorders import start_of
from server.counts import Counted, Counts, KeptCount
from server.errors import Unavailable
from server.figures import Figures
from server.figures import count as count_all
from server.learning.precision import Tally
from tests.server.town import HOUR_NS, Town
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


def kept_in(town: Town, of: str = "", kind: Any = int, name: str = "all") -> KeptCount[Any]:
    return KeptCount(town.context.store, name, of, TypeAdapter(kind))


@pytest.mark.both_databases
def test_after_a_restart_who_asks_is_told_the_last_long_count_while_it_is_counted_anew(town: Town, slow: Slow) -> None:
    kept, clock = kept_in(town), {"s": 100.0}
    before, after = (Counts(patience_s=0.01, clock_s=lambda: clock["s"]) for _ in range(2))
    with pytest.raises(Unavailable):
        before.ask("all", slow, 7, kept)
    clock["s"] = 105.0
    slow.let_go.release()
    until(lambda: kept.recall() is not None)
    assert after.ask("all", slow, 9, kept).at_ns == 7
    assert slow.begun == 2
    clock["s"] = 110.0
    slow.let_go.release()
    until(lambda: (last := kept.recall()) is not None and last.at_ns == 9)
    assert after.ask("all", slow, 10, kept).at_ns == 9


def test_what_is_counted_quickly_is_not_kept_and_no_longer(town: Town, slow: Slow) -> None:
    kept = kept_in(town)
    Counts().ask("all", lambda: 1, 0, kept)
    assert kept.recall() is None
    kept.keep(Counted(1, 7, 0.0, 20.0, 20.0))
    assert Counts(clock_s=lambda: 0.0).ask("all", slow, 8, kept).at_ns == 7
    slow.let_go.release()
    until(lambda: kept.recall() is None)


def test_a_count_of_something_else_or_in_another_form_is_not_told(town: Town) -> None:
    kept_in(town, "2026-11").keep(Counted(1, 7, 0.0, 20.0, 20.0))
    assert kept_in(town, "2026-12").recall() is None
    assert kept_in(town, "2026-11", list[int]).recall() is None


def test_the_figures_of_a_large_town_are_told_at_once_after_a_restart(
    town: Town, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted_ns, now = town.clock.ns, town.get("/api/figures")
    with town.context.store.read() as session:
        figures = count_all(session, counted_ns)
    since = str(start_of(date(2025, 11, 1), town.context.city))
    kept_in(town, "", Figures, "figures").keep(Counted(figures, counted_ns, 0.0, 20.0, 20.0))
    kept_in(town, since, list[Tally], "precision").keep(Counted([], counted_ns, 0.0, 20.0, 20.0))
    town.context.counts._last.clear()
    town.clock.ns += HOUR_NS
    for name in ("count", "tallies"):
        monkeypatch.setattr(f"server.api.figures.{name}", lambda *_: slow())
    assert town.get("/api/figures") == now
    assert town.get("/api/figures/precision") == {"counted_at": now["counted_at"], "items": []}
    until(lambda: slow.begun == 2)


def told(ask: Callable[[], int]) -> int | None:
    """What it says, None where it is not counted yet."""
    try:
        return ask()
    except Unavailable:
        return None
