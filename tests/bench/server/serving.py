"""Real `steward server run` processes on a town, and what they and their database cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import psycopg
from sqlalchemy import URL

from demo.play import free_port
from tests.bench.server.figures import tree_cpu_s
from tests.bench.server.sending import Sent, put, send
from tests.bench.server.towns import Driven
from tests.server.cluster import Cluster

START_S = 120.0
HEARD = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()"
"""Every process that answers has one connection that listens."""


@dataclass(frozen=True, slots=True)
class Served:
    """What was sent, and the CPU seconds that answering it cost; database_s is 0 where the server has it in itself."""

    sent: Sent
    server_s: float
    database_s: float


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that answers, and the device of its town."""

    port: int
    pid: int
    driven: Driven
    cluster: Cluster | None

    def requests(self, count: int, things: int, blocks: range) -> list[bytes]:
        """New passes, over the blocks in turns; the number of these is no multiple of 7. Neighbours in time lie far
        apart in the town."""
        _, headers = self.driven.town.device
        made = []
        for number in range(count):
            wire = self.driven.passes(things, blocks[number * 7 % len(blocks)])
            made.append(put(f"/api/traverses/{wire.id}", headers, wire.model_dump_json().encode()))
        return made

    def serve(self, requests: list[bytes], connections: int, a_second: float | None = None) -> Served:
        """Have them sent; every answer that came must be that a new traverse was taken in."""
        server_s, database_s = self._cpu_s()
        sent = send(self.port, requests, connections, a_second)
        server_after_s, database_after_s = self._cpu_s()
        assert set(sent.statuses) <= {201}, sent.statuses
        return Served(sent, server_after_s - server_s, database_after_s - database_s)

    def _cpu_s(self) -> tuple[float, float]:
        return tree_cpu_s(self.pid), 0.0 if self.cluster is None else tree_cpu_s(self.cluster.pid)


@contextmanager
def serving(driven: Driven, workers: int, cluster: Cluster | None) -> Iterator[Serving]:
    """Processes that serve a town, all of them ready; they have ended when the block has."""
    port, home = free_port(), driven.town.home
    command = [sys.executable, "-m", "steward", "server", "run", "--home", home, "--port", str(port)]
    with (home.parent / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--workers", str(workers), "--models", home / "no-models"],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=log,
            stderr=log,
        )
    try:
        _wait(lambda: _ready(port, driven.town.context.store.address, workers), process)
        yield Serving(port, process.pid, driven, cluster)
    finally:
        process.terminate()
        process.wait(30)


def _ready(port: int, address: object, workers: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/healthz").raise_for_status()
    except httpx.HTTPError:
        return False
    if not isinstance(address, URL):
        return True
    with psycopg.connect(address.set(drivername="postgresql").render_as_string(hide_password=False)) as asked:
        [heard] = asked.execute(HEARD).fetchone() or (0,)
        return int(heard) == workers


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    until_s = time.monotonic() + START_S
    while not ready():
        if process.poll() is not None or time.monotonic() > until_s:
            raise SystemExit("bench-server: the server did not start")
        time.sleep(0.2)
