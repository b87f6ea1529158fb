"""How much real server processes take in: traverses of 100 and single posts, with one worker and with two.

Everything shares one machine (sender, workers, database), so beside the rate by the clock stands what a second of a
server's core does, and what the database and the sender used meanwhile. The bare side writes the very same bodies and
rows into the same database on one connection: a COPY a traverse, an INSERT a single post, each with its own commit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import median

import psycopg
from psycopg.types.json import Json
from sqlalchemy import URL

from server.association.method import Method
from tests.bench.server.figures import Figure
from tests.bench.server.serving import Served, Serving, serving
from tests.bench.server.towns import a_cluster, a_town
from tests.server.cluster import Cluster

RUNS = ((100, 144, 8), (1, 1024, 64))
"""Things in a traverse, traverses, and connections that each wait for an answer."""
CROWDED, QUIET = range(0, 24, 2), range(24, 48, 2)
"""Blocks with a hundred things each, which are seen all at once, and with ten, which are seen one by one."""
WANTED = {("PostgreSQL", 1, 100): "8,000", ("SQLite", 1, 1): "3,000"}


@dataclass(frozen=True, slots=True)
class Rate:
    """Observations a second, by the clock, of a core of the server, and written bare by the clock."""

    clock: float
    of_a_core: float
    bare: float | None
    served: Served


def rates(rounds: int, methods: Sequence[Method]) -> Iterator[Figure]:
    """PostgreSQL with one worker and with two in turns, and SQLite, by each method."""
    found: dict[tuple[str, Method, int, int], list[Rate]] = {}
    with a_cluster() as cluster:
        turns = product(range(rounds), methods, (("SQLite", 1), ("PostgreSQL", 1), ("PostgreSQL", 2)))
        for _, method, (where, workers) in turns:
            for things, rate in _measure(cluster if where == "PostgreSQL" else None, method, workers):
                name = _name(things, where, method, _workers(workers))
                print(f"  {name}: {rate.clock:,.0f} a second", flush=True)
                found.setdefault((where, method, workers, things), []).append(rate)
    for (where, method, workers, things), some in found.items():
        yield _figure(_name(things, where, method, _workers(workers)), some, WANTED.get((where, workers, things), ""))
    for method, things in product(methods, (100, 1)):
        one, two = (found["PostgreSQL", method, workers, things] for workers in (1, 2))
        clock = median(b.clock / a.clock for a, b in zip(one, two, strict=True))
        core = median(b.of_a_core / a.of_a_core for a, b in zip(one, two, strict=True))
        yield Figure(
            _name(things, "PostgreSQL", method, "two workers to one"),
            f"{clock:.2f} times by the clock",
            f"a core of server does {core:.2f} times as much",
            "1.7 times",
        )


def _figure(name: str, some: list[Rate], wanted: str) -> Figure:
    used = [(one.served.server_s, one.served.database_s, one.served.sent.cpu_s) for one in some]
    server, database, sender = (median(column) for column in zip(*used, strict=True))
    clock, core = median(one.clock for one in some), median(one.of_a_core for one in some)
    bare = [one.bare for one in some if one.bare is not None]
    beside = f"{median(bare):,.0f} bare; " if bare else ""
    return Figure(
        name,
        f"{clock:,.0f} a second; {core:,.0f} a core of server",
        f"{beside}CPU {server:.1f} s server, {database:.1f} s database, {sender:.2f} s sender",
        wanted,
    )


def _name(things: int, where: str, method: Method, workers: str) -> str:
    what = "single posts" if things == 1 else f"observations, {things} a traverse"
    return f"{what}, {where}, {method}, {workers}"


def _workers(count: int) -> str:
    return "one worker" if count == 1 else f"{count} workers"


def _measure(cluster: Cluster | None, method: Method, workers: int) -> Iterator[tuple[int, Rate]]:
    """Of a town of its own, once every block has been driven once."""
    address = None if cluster is None else cluster.address(cluster.create())
    with a_town(address, method=method) as driven, serving(driven, workers, cluster) as server:
        for things, blocks in ((100, CROWDED), (10, QUIET)):
            server.serve(server.requests(len(blocks), things, blocks), 2)
        for things, count, connections in RUNS:
            requests = server.requests(count, things, CROWDED if things > 1 else QUIET)
            served = server.serve(requests, connections)
            clock = things * count / served.sent.took_s
            yield things, Rate(clock, things * count / served.server_s, _bare(server, count, things), served)


def _bare(server: Serving, count: int, things: int) -> float | None:
    """Observations a second when the last traverses are written again, and nothing else is done; `intake` has those of
    SQLite."""
    address = server.driven.town.context.store.address
    if not isinstance(address, URL):
        return None
    text = address.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(text, autocommit=True) as records:
        records.execute("DROP TABLE IF EXISTS bare, bare_body")
        records.execute("CREATE TABLE bare (LIKE observation INCLUDING ALL)")
        records.execute("CREATE TABLE bare_body (id text PRIMARY KEY, body bytea)")
        last = "SELECT id, body FROM traverse ORDER BY received_ns DESC LIMIT %s"
        bodies = records.execute(last, [count]).fetchall()
        rows = [
            records.execute("SELECT * FROM observation WHERE traverse_id = %s", [one]).fetchall() for one, _ in bodies
        ]
        began_s = time.perf_counter()
        for body, some in zip(bodies, rows, strict=True):
            with records.transaction(), records.cursor() as cursor:
                cursor.execute("INSERT INTO bare_body VALUES (%s, %s)", body)
                _write(cursor, some)
        return count * things / (time.perf_counter() - began_s)


def _write(cursor: psycopg.Cursor, rows: list[tuple[object, ...]]) -> None:
    plain = [tuple(Json(cell) if isinstance(cell, dict) else cell for cell in row) for row in rows]
    if len(plain) == 1:
        cursor.execute(f"INSERT INTO bare VALUES ({','.join(['%s'] * len(plain[0]))})", plain[0])
        return
    with cursor.copy("COPY bare FROM STDIN") as copy:
        for row in plain:
            copy.write_row(row)
