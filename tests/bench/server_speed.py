"""What the intake costs, beside the bare work that nobody can spare, in one run; and whether it stays as it is.

    make bench-server ARGS="--open 200000 --closed 1000000"

All is CPU time of one core, so other processes do not count, on SQLite with `synchronous=FULL`. First: taking traverses
in with all that follows, and writing the very same observations and bodies with `sqlite3` alone. Then a request through
the application, and through one that parses the same body and answers. Last: a traverse of ten and the queue, in a town
of 10,000 open cases and in one with as many as asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.wire import TraverseWire
from server.intake.traverses import receive
from server.records.tables import ObservationRow
from tests.server.blocks import block_pass
from tests.server.town import LAT, LON, MIN_NS, Town, found_town

HALF_DEG = 0.25
LONG_AGO_NS = 10**15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--open", type=int, default=100_000)
    parser.add_argument("--closed", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    for things in (100, 10, 1):
        intake(things, asked.rounds)
    requests(asked.rounds)
    growth(asked.open, asked.closed, asked.rounds)


def intake(things: int, rounds: int) -> None:
    """Observations a second of a core, the product's and bare."""
    with a_town() as (town, passes):
        device_id, _ = town.device
        for _ in range(2):
            receive(town.context, device_id, passes(things))
        waiting = [passes(things) for _ in range(rounds)]
        taken_s = [cpu_of(lambda wire=wire: receive(town.context, device_id, wire)) for wire in waiting]
        bare_s = bare_rows(town, waiting)
        ours, bare = things / statistics.median(taken_s), things / statistics.median(bare_s)
        told = f"{ours:9.0f} a second; bare rows {bare:9.0f}, {bare / ours:.1f} times as many"
        print(f"intake, {things:>3} a traverse {told}")


def bare_rows(town: Town, waiting: list[TraverseWire]) -> list[float]:
    """CPU time of writing each traverse's body and observations into the same tables of an empty copy, and no more."""
    columns = [column.name for column in ObservationRow.__table__.columns]
    with sqlite3.connect(town.home / "steward.db") as source:
        rows = {
            str(wire.id): source.execute(
                f"SELECT {','.join(columns)} FROM observation WHERE traverse_id = ?",  # noqa: S608
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
        bare.executemany(f"INSERT INTO observation VALUES ({asked})", rows[str(wire.id)])  # noqa: S608
        bare.execute("COMMIT")

    took_s = [cpu_of(lambda wire=wire: write(wire)) for wire in waiting]
    bare.close()
    return took_s


def requests(rounds: int) -> None:
    """CPU time of a request with one observation: new, known, and through an application that only parses it."""
    with a_town() as (town, passes):
        _, headers = town.device
        bodies = [passes(1).model_dump_json().encode() for _ in range(3 * rounds)]

        async def parse(scope: Scope, receive: Receive, send: Send) -> None:
            body = await Request(scope, receive).json()
            await JSONResponse({"traverse_id": body["id"]})(scope, receive, send)

        async def all_of(app: ASGIApp) -> float:
            return statistics.median([await request(app, body, headers) for body in bodies]) * 1e3

        async def measured() -> tuple[float, float, float]:
            return await all_of(town.client.app), await all_of(town.client.app), await all_of(parse)

        new, known, bare = asyncio.run(measured())
        print(f"a request, one observation: new {new:.2f} ms, known {known:.2f} ms, parsed and answered {bare:.3f} ms")


async def request(app: ASGIApp, body: bytes, headers: dict[str, str]) -> float:
    """CPU time of one PUT of a traverse, without a socket."""
    status = 0

    async def receive_() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    fields = {**headers, "content-type": "application/json", "content-length": str(len(body))}
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "PUT",
        "scheme": "http",
        "path": f"/api/traverses/{json.loads(body)['id']}",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    began_s = time.process_time()
    await app(scope, receive_, send)
    took_s = time.process_time() - began_s
    assert status in (200, 201), status
    return took_s


def growth(open_: int, closed: int, rounds: int) -> None:
    """CPU time in a small and in a large town."""
    small, large = (costs(*size, rounds) for size in ((10_000, 0), (open_, closed)))
    print(f"{'':<18} beside 10,000 open cases, beside {open_:,} open and {closed:,} closed ones")
    for name in small:
        print(f"{name:<18} {small[name]:7.2f} ms, {large[name]:7.2f} ms: {large[name] / small[name]:.2f} times")


def costs(open_: int, closed: int, rounds: int) -> dict[str, float]:
    """Milliseconds of CPU of a traverse of ten and of the queue, in a town of so many cases."""
    with a_town() as (town, passes):
        device_id, _ = town.device
        receive(town.context, device_id, passes(10))
        fill(town, open_, closed)
        supervisor = town.as_("supervisor")
        works: dict[str, Callable[[], object]] = {
            "a traverse of ten": lambda: receive(town.context, device_id, passes(10)),
            "the queue": lambda: town.client.get("/api/cases", headers=supervisor).raise_for_status(),
        }
        told = {}
        for name, work in works.items():
            work()
            told[name] = statistics.median([cpu_of(work) for _ in range(rounds)]) * 1e3
        return told


def fill(town: Town, open_: int, closed: int) -> None:
    """Copies of the first case, open ones and then ones long fixed, evenly over half a degree around the town."""
    records = sqlite3.connect(town.home / "steward.db")
    changed = {
        "id": "printf('01a20000-%04x-7%03x-8000-%012x', i / 65536 % 65536, i % 4096, i)",
        "number": "i",
        "lat": f"{LAT - HALF_DEG} + (i * 7919 % 1000003) / 1000003.0 * {2 * HALF_DEG}",
        "lon": f"{LON - HALF_DEG} + (i * 104729 % 1000033) / 1000033.0 * {2 * HALF_DEG}",
        "worth": "(i * 31 % 1000) / 1000.0",
        "state": f"CASE WHEN i < {1000 + open_} THEN 'dispatched' ELSE 'closed' END",
        "closed_ns": f"CASE WHEN i < {1000 + open_} THEN NULL ELSE {town.clock.ns - LONG_AGO_NS} END",
        "close_reason": f"CASE WHEN i < {1000 + open_} THEN NULL ELSE 'fixed' END",
    }
    names = [str(row[1]) for row in records.execute('PRAGMA table_info("case")')]
    values = ",".join(changed.get(name, f'one."{name}"') for name in names)
    with records:
        records.execute(
            f"WITH RECURSIVE k(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM k WHERE i < {999 + open_ + closed}) "  # noqa: S608
            f'INSERT INTO "case" ({",".join(names)}) SELECT {values} FROM k, (SELECT * FROM "case" LIMIT 1) AS one'
        )
    records.close()


@contextmanager
def a_town() -> Iterator[tuple[Town, Callable[[int], TraverseWire]]]:
    """A town, and what makes its next pass of so many things."""
    folder = Path(tempfile.mkdtemp(prefix="steward-bench-", dir=Path.cwd()))
    town, seeds = found_town(folder), count()

    def passes(things: int) -> TraverseWire:
        town.clock.ns += 10 * MIN_NS
        return TraverseWire.model_validate(block_pass(town, town.device[0], 0, things, town.clock.ns, next(seeds)))

    try:
        yield town, passes
    finally:
        town.context.store.close()
        shutil.rmtree(folder)


def cpu_of(work: Callable[[], object]) -> float:
    """The CPU seconds of this process while it works."""
    began_s = time.process_time()
    work()
    return time.process_time() - began_s


if __name__ == "__main__":
    main()
