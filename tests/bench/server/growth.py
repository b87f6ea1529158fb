"""Whether what people and vehicles ask for stays as quick in a city that has millions of cases.

The same requests in a small and in a large town, by CPU time (of this process, and of PostgreSQL's where that keeps the
records) and by the clock. `alone`: where no other case lies, so only the size of the tables counts; `among others`: in
the middle of them, where a hundred times as many cases also means a hundred times as many beside a street.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from pipeline.wire import from_wire
from server.cases.candidates import Surroundings, box_of
from server.intake.traverses import receive
from server.records.tables import CaseRow
from tests.bench.server.figures import Figure, tree_cpu_s
from tests.bench.server.filling import Size, fill
from tests.bench.server.towns import Driven, a_cluster, a_town
from tests.server.cluster import Cluster
from tests.server.town import application

SMALL = Size(10_000, 0)
MOST = 1.3
AMONG, ALONE = range(-50, 50), range(120, 4000)
"""Blocks: those where the cases lie, and from 48 km east of their middle, twice as far as they reach. In a town that is
kept other ones are driven in every run: where one problem was seen a thousand times, its page is longer."""
NEW_CASES = 500


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians, in milliseconds."""

    cpu_ms: float
    clock_ms: float


def growth(rounds: int, size: Size, postgresql: bool, kept: Path | None) -> Iterator[Figure]:
    """What each request costs in the large town beside the small one, in turns, so that whatever else the machine does
    meets both. kept: where the large town is, or is to be."""
    where = "PostgreSQL" if postgresql else "SQLite"
    with ExitStack() as stack:
        cluster = stack.enter_context(a_cluster()) if postgresql else None
        among, alone = random.choice(AMONG), random.sample(ALONE, NEW_CASES + 1)
        small = _works(_filled(stack, SMALL, cluster, None), among, alone)
        large = _works(_filled(stack, size, cluster, kept), among, alone)
        yield Figure(f"the towns ({where})", f"{size} cases", f"{SMALL} cases")
        for name, work in large.items():
            little, much = _in_turns(small[name], work, rounds, None if cluster is None else cluster.pid)
            cpu, clock = much.cpu_ms / little.cpu_ms, much.clock_ms / little.clock_ms
            print(f"  {name}: {little.cpu_ms:.2f} and {much.cpu_ms:.2f} ms of CPU, {cpu:.2f} times", flush=True)
            yield Figure(
                f"{name} ({where})",
                f"{cpu:.2f} times the CPU, {clock:.2f} by the clock",
                f"{much.cpu_ms:.2f} ms of CPU; {little.cpu_ms:.2f} in the small town",
                f"at most {MOST}",
            )


def _filled(stack: ExitStack, size: Size, cluster: Cluster | None, kept: Path | None) -> Driven:
    """A town of this size, until the stack is left."""
    address = None if cluster is None else cluster.address(cluster.create())
    made_before = kept is not None and (kept / "home").is_dir()
    driven = stack.enter_context(a_town(address, kept))
    receive(driven.town.context, driven.device_id, driven.passes(1))
    if not made_before:
        fill(driven.town, size, lambda line: print(f"  {size}: {line}", flush=True))
    return driven


def _in_turns(
    small: Callable[[], object], large: Callable[[], object], rounds: int, database: int | None
) -> tuple[Cost, Cost]:
    small()
    large()
    costs = [(_cost(small, database), _cost(large, database)) for _ in range(rounds)]
    little, much = zip(*costs, strict=True)
    return _medians(little), _medians(much)


def _medians(costs: Sequence[tuple[float, float]]) -> Cost:
    return Cost(*(statistics.median(column) * 1e3 for column in zip(*costs, strict=True)))


def _works(driven: Driven, among: int, alone: Sequence[int]) -> dict[str, Callable[[], object]]:
    """What is asked for, by name. among: a block; alone: one that is driven again and again, and others, once each."""
    town = driven.town
    again, *untouched = alone
    once = iter(untouched)
    seen_once = select(CaseRow.id).where(CaseRow.closed_ns.is_(None), CaseRow.sightings == 1)
    with town.context.store.read() as session:
        case_id = session.scalars(seen_once.limit(1)).one()

    def take(things: int, block: int) -> Callable[[], object]:
        return lambda: receive(town.context, driven.device_id, driven.passes(things, block))

    def ask(path: str) -> Callable[[], object]:
        def asked() -> object:
            application().state.context = town.context  # the towns share the application
            return town.client.get(path, headers=town.as_("supervisor")).raise_for_status()

        return asked

    return {
        "a traverse of ten, alone": take(10, again),
        "a traverse of ten, among others": take(10, among),
        "a single, alone": take(1, again),
        "a single, among others": take(1, among),
        "a new case": lambda: take(1, next(once))(),
        "candidates, among others": lambda: _candidates(driven, among),
        "the queue": ask("/api/cases"),
        "the queue of one state": ask("/api/cases?state=dispatched"),
        "the queue of two states": ask("/api/cases?state=filed&state=dispatched"),
        "the queue of a category without a case": ask("/api/cases?category=overflowing_bin"),
        "closed cases of one": ask("/api/cases?category=overflowing_bin&state=closed"),
        "the queue of a grid": ask("/api/cases?grid=grid-a"),
        "the map": ask("/api/map?limit=1000"),
        "a case": ask(f"/api/cases/{case_id}"),
        "cases near it": ask(f"/api/cases/{case_id}/near"),
        "work orders": ask("/api/work-orders"),
        "closed work orders": ask("/api/work-orders?state=closed"),
        "work orders that wait for a review": ask("/api/work-orders?state=fed_back"),
        "work orders of who left": ask("/api/work-orders?left=true"),
        "who gets them": ask("/api/work-orders/hand-over"),
    }


def _candidates(driven: Driven, block: int) -> None:
    box = box_of(from_wire(driven.passes(10, block)))
    assert box is not None
    with driven.town.context.store.write() as session:  # they are locked as they are read
        Surroundings(session, [box], driven.town.clock.ns).near(box, driven.town.clock.ns)


def _cost(work: Callable[[], object], database: int | None) -> tuple[float, float]:
    """CPU and clock seconds; PostgreSQL's processes count with this one."""

    def cpu_s() -> float:
        return time.process_time() + (0.0 if database is None else tree_cpu_s(database))

    began_cpu_s, began_s = cpu_s(), time.perf_counter()
    work()
    took_s = time.perf_counter() - began_s
    return cpu_s() - began_cpu_s, took_s
