"""One life of a vehicle's process: it records, sends and keeps its disk, until it has done everything or is killed.

Everything in it is the product's own but the clock, which does not make it wait. It may be told to die at a named
point: before a statement to the database, after a commit, or at a moment of a request.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import httpx

from edge.allowance import Limits
from edge.outbox.floors import Level, deletes
from edge.outbox.outbox import Outbox
from edge.outbox.parcels import Item
from edge.outbox.stock import Stock
from edge.upload.meter import Meter, MeteredClient
from edge.upload.transport import Answer, HttpTransport
from edge.upload.uploader import Pause, Uploader
from tests.chaos.patrol import drive, driven
from tests.edge.loopback import DEVICE, TOKEN
from tests.waiting import PATIENCE_S


@dataclass(frozen=True, slots=True)
class Orders:
    """traverses: how many there are to record in all. die_at: a named point and which time it is reached, from 1 on.

    sweeps: also delete clips and wide views as on a full disk, forget ids and shrink the file, every so many steps.
    """

    traverses: int
    die_at: tuple[str, int] | None = None
    sweeps: int = 0
    timeout_s: float = PATIENCE_S
    steps: int = 1_000_000


@dataclass(slots=True)
class Points:
    """The points that were reached, and how often; kills the process at the one it was told."""

    die_at: tuple[str, int] | None = None
    reached: Counter[str] = field(default_factory=Counter)
    doing: str = "open"

    def at(self, name: str) -> None:
        point = f"{self.doing}: {name}"
        self.reached[point] += 1
        if self.die_at == (point, self.reached[point]):
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def while_it(self, does: str) -> Iterator[None]:
        before, self.doing = self.doing, does
        try:
            yield
        finally:
            self.doing = before


class Watched(sqlite3.Connection):
    """Passes a point before every statement and after every commit."""

    points: ClassVar[Points] = Points()

    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
        name = " ".join(sql.split()[:3]).rstrip("(")
        self.points.at(f"before {name}")
        done = super().execute(sql, *rest)
        if name == "COMMIT":
            self.points.at("after COMMIT")
        return done


class WatchedBody(httpx.SyncByteStream):
    """A request's body that passes points before its first byte and when half of it has left."""

    def __init__(self, body: httpx.SyncByteStream, points: Points) -> None:
        self._body, self._points = body, points

    def __iter__(self) -> Iterator[bytes]:
        self._points.at("before the body")
        for chunk in self._body:
            yield chunk[: len(chunk) // 2]
            self._points.at("half of the body")
            yield chunk[len(chunk) // 2 :]


class WatchedClient(MeteredClient):
    points: Points

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        self.points.at(f"before {request.method}")
        request.stream = WatchedBody(request.stream, self.points)
        answer = super().send(request, **options)
        self.points.at(f"after {request.method}")
        return answer


class WatchedOutbox(Outbox):
    """Says what it is at, so that points have names."""

    def claim(self, *rest: Any) -> Item | None:
        with Watched.points.while_it("claim"):
            return super().claim(*rest)

    def acknowledge(self, *rest: Any) -> None:
        with Watched.points.while_it("acknowledge"):
            super().acknowledge(*rest)

    def defer(self, *rest: Any, **named: Any) -> int:
        with Watched.points.while_it("defer"):
            return super().defer(*rest, **named)

    def park(self, *rest: Any) -> None:
        with Watched.points.while_it("park"):
            super().park(*rest)


class WatchedTransport:
    def __init__(self, inner: HttpTransport) -> None:
        self._inner = inner

    def send(self, item: Item) -> Answer:
        with Watched.points.while_it(f"send {item.kind}"):
            return self._inner.send(item)


CLOCK_JUMPS_S = (0.0, 300.0, -1.79e9, -1024 * 7 * 86_400.0, 1024 * 7 * 86_400.0)


def live(home: str, url: str, orders: Orders, seed: int) -> None:
    """A whole life, for a process of its own. The names of the points it passed are left in `home`/points.json."""
    points, rng = Points(orders.die_at), random.Random(seed)
    Watched.points = points
    path = Path(home) / "outbox.sqlite3"
    outbox = WatchedOutbox.open(path, Watched)
    stock = Stock.open(path, Watched)
    # Nothing here speaks TLS, and reading the certificates would be half of a life.
    with WatchedClient(timeout=orders.timeout_s, verify=False) as client:
        client.points = points
        clock_s = [1.79e9]
        meter = Meter(Limits(day_bytes=10**12), outbox, lambda: client.sent_bytes, lambda: clock_s[0])
        uploader = Uploader(outbox, WatchedTransport(HttpTransport(client, url, DEVICE, TOKEN)), rng, meter)
        now_s = 0.0
        for step in range(orders.steps):
            if driven(outbox) < orders.traverses and (step % 4 == 0 or not outbox.holds_any()):
                with points.while_it("record"):
                    drive(outbox, driven(outbox) + 1)
            clock_s[0] = 1.79e9 + now_s + rng.choice(CLOCK_JUMPS_S)
            pause = uploader.step(now_s)
            now_s += 1e-3 if pause.seconds is None else pause.seconds
            if pause == Pause.until_woken() and driven(outbox) >= orders.traverses:
                break
            if orders.sweeps and step % orders.sweeps == orders.sweeps - 1:
                _sweep(stock, points)
        meter.save(now_s)
    (Path(home) / "points.json").write_text(json.dumps(points.reached), "utf-8")


def _sweep(stock: Stock, points: Points) -> None:
    with points.while_it("drop"):
        stock.drop(deletes(Level.WIDE_VIEWS), 1, "the test's disk is full")
    with points.while_it("forget"):
        stock.forget(50, remembered=4)
    with points.while_it("shrink"):
        stock.shrink(4096)
