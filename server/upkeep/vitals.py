"""How that is on which the server leans, as it is when somebody asks: its database, its object store, its disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import select

from server.context import Context
from server.measures import PREFIX
from server.records.outbox import Outbox, forgotten_to, highest

NOBODYS: Final = "0" * 64
"""A picture that there is not: to ask for it tells whether the store answers."""


@dataclass(frozen=True, slots=True)
class RecordsState:
    """The outbox of changes: how many rows at most, and how old the first is, None where there is none."""

    rows: int
    oldest_s: float | None


def look_at_records(context: Context) -> RecordsState:
    """Raises what a database does that is away or damaged."""
    with context.store.read() as session:
        gone, last = forgotten_to(session), highest(session)
        first = select(Outbox.at_ns).where(Outbox.id > gone).order_by(Outbox.id).limit(1)
        at_ns = session.scalar(first)
    return RecordsState(last - gone, None if at_ns is None else (context.now_ns() - at_ns) / 1e9)


def look_at_objects(context: Context) -> bool:
    """True; raises OSError where the store is away."""
    context.objects.stat(NOBODYS)
    return True


def free_bytes(context: Context) -> int | None:
    """Room where the home lies; None for a server without one."""
    return None if context.home is None else shutil.disk_usage(context.home).free


@dataclass(frozen=True, slots=True)
class Vitals(Collector):
    """records, free_bytes: None where that did not answer, or there is none."""

    version: str
    records: RecordsState | None
    objects_up: bool
    free_bytes: int | None

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily(f"{PREFIX}_build_info", "1; which program this is.", labels=("version",))
        build.add_metric((self.version,), 1.0)
        yield build
        yield _gauge("database_up", "1 where the database answered just now.", float(self.records is not None))
        yield _gauge("object_store_up", "1 where what keeps the pictures answered just now.", float(self.objects_up))
        if self.free_bytes is not None:
            yield _gauge("home_free_bytes", "Free on the disk of the home.", float(self.free_bytes))
        if self.records is not None:
            yield _gauge("outbox_rows", "Changes that are kept, at most.", float(self.records.rows))
            if self.records.oldest_s is not None:
                yield _gauge("outbox_oldest_seconds", "Since the first change that is kept.", self.records.oldest_s)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", words, value=value)
