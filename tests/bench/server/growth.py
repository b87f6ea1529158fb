"""Whether what people and vehicles ask for stays as quick in a city that has millions of cases.

The same requests in a small and in a large town, by CPU time (of this process, and of PostgreSQL's where that keeps the
records) and by the clock. `alone`: where no other case lies, so only the size of the tables counts; `among others`: in
the middle of them, where a hundred times as many cases also means a hundred times as many beside a street.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
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

SMALL = Size(10_000, 0)
MOST = 1.3
AMONG, ALONE = 0, 120
"""Blocks: in the middle of all cases, and 48 km east of it, twice as far as they reach."""
UNTOUCHED = range(ALONE + 10, 4000)
"""Blocks further east, each driven once: in a town that is kept other ones in every run."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians, in milliseconds."""

    cpu_ms: float
    clock_ms: float


def growth(rounds: int, size: Size, postgresql: bool, kept: Path | None) -> Iterator[Figure]:
    """What each request costs in the large town beside the small one. kept: where the large town is, or is to be."""
    if postgresql:
        with a_cluster() as cluster:
            small = _in_a_town(SMALL, rounds, cluster, None)
            large = _in_a_town(size, rounds, cluster, kept)
    else:
        small, large = _in_a_town(SMALL, rounds, None, None), _in_a_town(size, rounds, None, kept)
    where = "PostgreSQL" if postgresql else "SQLite"
    yield Figure(f"the towns ({where})", f"{size} cases", f"{SMALL} cases")
    for name, one in large.items():
        cpu, clock = one.cpu_ms / small[name].cpu_ms, one.clock_ms / small[name].clock_ms
        yield Figure(
            f"{name} ({where})",
            f"{cpu:.2f} times the CPU, {clock:.2f} by the clock",
            f"{one.cpu_ms:.2f} ms of CPU; {small[name].cpu_ms:.2f} in the small town",
            f"at most {MOST}",
        )


def _in_a_town(size: Size, rounds: int, cluster: Cluster | None, kept: Path | None) -> dict[str, Cost]:
    address = None if cluster is None else cluster.address(cluster.create())
    made_before = kept is not None and (kept / "home").is_dir()
    with a_town(address, kept) as driven:
        receive(driven.town.context, driven.device_id, driven.passes(1))
        if not made_before:
            fill(driven.town, size, lambda line: print(f"  {size}: {line}", flush=True))
        works = _works(driven)
        told = dict[str, Cost]()
        for name, work in works.items():
            work()
            costs = [_cost(work, None if cluster is None else cluster.pid) for _ in range(rounds)]
            told[name] = Cost(*(statistics.median(column) * 1e3 for column in zip(*costs, strict=True)))
            print(f"  {size}: {name}: {told[name].cpu_ms:.2f} ms of CPU, {told[name].clock_ms:.2f} ms", flush=True)
        return told


def _works(driven: Driven) -> dict[str, Callable[[], object]]:
    town = driven.town
    untouched = iter(random.sample(UNTOUCHED, 500))
    with town.context.store.read() as session:
        case_id = session.scalars(select(CaseRow.id).where(CaseRow.closed_ns.is_(None)).limit(1)).one()

    def take(things: int, block: int) -> Callable[[], object]:
        return lambda: receive(town.context, driven.device_id, driven.passes(things, block))

    def ask(path: str) -> Callable[[], object]:
        return lambda: town.client.get(path, headers=town.as_("supervisor")).raise_for_status()

    return {
        "a traverse of ten, alone": take(10, ALONE),
        "a traverse of ten, among others": take(10, AMONG),
        "a single, alone": take(1, ALONE),
        "a single, among others": take(1, AMONG),
        "a new case": lambda: take(1, next(untouched))(),
        "candidates, among others": lambda: _candidates(driven, AMONG),
        "the queue": ask("/api/cases"),
        "the queue of one state": ask("/api/cases?state=dispatched"),
        "the queue of two states": ask("/api/cases?state=filed&state=dispatched"),
        "the map": ask("/api/map?limit=1000"),
        "a case": ask(f"/api/cases/{case_id}"),
        "work orders": ask("/api/work-orders"),
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
