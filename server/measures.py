"""What the server's processes count and time, for Prometheus. As the log, it belongs to the process.

No value comes from outside: of a request its template, of a refusal its word, of an observation the kind of its source.
Where many processes answer on one port, each keeps its numbers in a folder that all of them read (`shared_by_many`).
Whichever is asked tells those of all, with what those counted that are gone.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""By this variable prometheus_client knows the folder, from the moment it is imported."""
IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a new folder of our own in it, which a full disk cannot harm
PREFIX: Final = "steward_server"
SECONDS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

disable_created_metrics()  # type: ignore[no-untyped-call]
_KEPT: Final = CollectorRegistry(auto_describe=False)


def _counter(name: str, words: str, *labels: str) -> Counter:
    return Counter(f"{PREFIX}_{name}", words, labels, registry=_KEPT)


def _gauge(name: str, words: str, mode: str = "livesum") -> Gauge:
    return Gauge(f"{PREFIX}_{name}", words, registry=_KEPT, multiprocess_mode=mode)  # type: ignore[arg-type]


def _histogram(name: str, words: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    return Histogram(f"{PREFIX}_{name}", words, labels, registry=_KEPT, buckets=buckets)


REQUESTS: Final = _counter("requests", "Requests by template and class of status.", "method", "route", "status")
REFUSALS: Final = _counter("refusals", "Requests that were refused, by the word they were told.", "route", "reason")
REQUEST_S: Final = _histogram(
    "request_duration_seconds", "Until an answer began; of live pages too.", SECONDS, "method", "route"
)
OBSERVATIONS: Final = _counter("observations", "Observations taken in, by the kind of their source.", "source")
INTAKE_WAITING: Final = _gauge("intake_waiting", "Traverses that came and are not answered yet.")
GROUP: Final = _histogram(
    "intake_group_traverses", "Traverses taken in together.", (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
)
COMMIT_S: Final = _histogram("commit_duration_seconds", "A commit, until it is on disk.", SECONDS)
LIVE_PAGES: Final = _gauge("live_pages", "Live pages that are connected.")
PIECES: Final = _gauge(
    "evidence_waiting_pieces", "Pieces of pictures on their way in, as counted every hour.", "livemostrecent"
)
NOTICES: Final = _counter("notices", "Messages to reporters: told, or failed and tried again.", "result")
SWEEPS: Final = _counter("sweeps", "Sweeps by what became of them: done or failed.", "sweep", "result")


@contextmanager
def shared_by_many() -> Iterator[None]:
    """Have the processes that are started in this block keep their numbers where each of them reads those of all."""
    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    folder = tempfile.mkdtemp(prefix="steward-measures-", dir=place)
    os.environ[SHARED] = folder
    try:
        yield
    finally:
        del os.environ[SHARED]
        shutil.rmtree(folder, ignore_errors=True)


def forget_process(pid: int) -> None:
    """Have nobody tell any more what a process that ended holds. What it counted stays."""
    if SHARED in os.environ:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]


def exposition(now: Collector) -> bytes:
    """All that was counted, the figures of the processes, and what `now` collects, in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    folder = os.environ.get(SHARED)
    if folder is None:
        registry.register(_KEPT)
        ProcessCollector(registry=registry)
    else:
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
        registry.register(_Processes(Path(folder)))
    registry.register(now)
    return generate_latest(registry)


class _Processes(Collector):
    """The figures of each process that is alive, labelled by its id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for pid in sorted(path.stem.rpartition("_")[2] for path in self._folder.glob("gauge_livesum_*.db")):
            for told in ProcessCollector(pid=partial(str, pid), registry=None).collect():
                family = families.setdefault(told.name, Metric(told.name, told.documentation, told.type))
                for one in told.samples:
                    family.add_sample(one.name, {"pid": pid}, one.value)
        yield from families.values()
