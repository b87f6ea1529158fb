"""Taking traverses in with all that follows, and writing the same bodies and observations with `sqlite3` alone.

CPU time of one core, in this process, with Python's collector set as the server sets it: what a server process does
beside it is told by `request` and `rates`.
"""

from __future__ import annotations

import sqlite3
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from pipeline.wire import TraverseWire
from server.association.method import Method
from server.intake.traverses import receive
from server.records.tables import ObservationRow
from server.running import spare_what_stays
from tests.bench.server.figures import Figure, cpu_of
from tests.bench.server.towns import Driven, a_town
from tests.server.town import Town

WANTED = {
    (Method.JOINT, 100): "3,000",
    (Method.JOINT, 1): "3,000",
    (Method.SIMPLE, 100): "20,000",
    (Method.SIMPLE, 1): "3,000",
}


def intake(rounds: int, methods: Sequence[Method]) -> Iterator[Figure]:
    """Observations a second of a core by how many a traverse has, the product's by each method in turns, and bare."""
    for things in (100, 10, 1):
        with ExitStack() as stack:
            towns = [stack.enter_context(a_town(method=method)) for method in methods]
            taken_s, bare_s = _taken_and_bare(towns, things, rounds)
        for method, took_s in zip(methods, taken_s, strict=True):
            yield Figure(
                f"intake, {things} a traverse, {method} (SQLite)",
                f"{things / statistics.median(took_s):,.0f} observations a second of a core",
                f"{things / statistics.median(bare_s):,.0f} bare rows",
                WANTED.get((method, things), ""),
            )


def _taken_and_bare(towns: Sequence[Driven], things: int, rounds: int) -> tuple[list[list[float]], list[float]]:
    """CPU seconds of each traverse, by each town's server and bare."""

    def receive_in(driven: Driven, wire: TraverseWire) -> None:
        receive(driven.town.context, driven.device_id, wire)

    for driven in towns:
        for _ in range(2):
            receive_in(driven, driven.passes(things))
    spare_what_stays()
    waiting = [[driven.passes(things) for _ in range(rounds)] for driven in towns]
    taken_s: list[list[float]] = [[] for _ in towns]
    for turn in zip(*waiting, strict=True):
        for took_s, driven, wire in zip(taken_s, towns, turn, strict=True):
            took_s.append(cpu_of(lambda driven=driven, wire=wire: receive_in(driven, wire)))
    return taken_s, bare_rows(towns[0].town, waiting[0])


def bare_rows(town: Town, waiting: list[TraverseWire]) -> list[float]:
    """CPU time of writing each traverse's body and observations into the same tables of an empty copy, and no more."""
    columns = [column.name for column in ObservationRow.__table__.columns]
    with sqlite3.connect(town.home / "steward.db") as source:
        rows = {
            str(wire.id): source.execute(
                f"SELECT {','.join(columns)} FROM observation WHERE traverse_id = ?",
                [str(wire.id)],
            ).fetchall()
            for wire in waiting
        }
    bare = sqlite3.connect(town.home / "bare.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        bare.execute(f"PRAGMA {pragma}")
    bare.execute("CREATE TABLE body (id TEXT PRIMARY KEY, body BLOB)")
    bare.execute(f"CREATE TABLE observation ({','.join(columns)}, PRIMARY KEY (id))")
    bare.execute("CREATE INDEX ix ON observation (case_id, utc_ns)")
    asked = ",".join("?" * len(columns))

    def write(wire: TraverseWire) -> None:
        bare.execute("BEGIN IMMEDIATE")
        bare.execute("INSERT INTO body VALUES (?, ?)", [str(wire.id), wire.model_dump_json()])
        bare.executemany(f"INSERT INTO observation VALUES ({asked})", rows[str(wire.id)])
        bare.execute("COMMIT")

    took_s = [cpu_of(lambda wire=wire: write(wire)) for wire in waiting]
    bare.close()
    return took_s
