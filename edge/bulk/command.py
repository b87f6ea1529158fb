"""`steward edge inspect` of a tree, as a person sees it: one bar, a line for each piece that failed, a table."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import NoReturn

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from edge.bulk.engine import Engine
from edge.bulk.options import EngineName
from edge.bulk.processes import Processes
from edge.bulk.ray_engine import RayEngine
from edge.bulk.run import Ended, Order, Watcher, inspect_pieces
from edge.bulk.tree import Piece, find_pieces
from edge.errors import ConfigError
from edge.inspection.screen import plain
from models.shipped import read_taxonomy


def inspect_trees(footage: Sequence[Path], order: Order, engine: EngineName, jobs: int, as_json: bool) -> bool:
    """Inspect all footage below these paths and tell what came of it; False where a piece failed.

    Raises EdgeError or ModelError where the run cannot go on.
    """
    if order.job.telemetry is not None:
        raise ConfigError(
            "--telemetry belongs to one piece of footage; of a tree, each piece's is found beside or inside it"
        )
    pieces = find_pieces(footage, order.out)
    with _ended_by_a_signal(), _Bar(pieces, hidden=as_json or not sys.stderr.isatty()) as bar:
        ended = inspect_pieces(pieces, order, _engine(engine, min(jobs, len(pieces))), bar)
    if as_json:
        told = {"before": ended.before, "by_category": ended.index.by_category}
        print(json.dumps({**told, "pieces": [asdict(row) for row in ended.index.rows]}, ensure_ascii=False))
    else:
        _tell(plain(), ended, order.out)
    return not ended.index.failed


def _engine(name: EngineName, jobs: int) -> Engine:
    return RayEngine(jobs) if name is EngineName.RAY else Processes(jobs)


class _Bar(Watcher):
    """One bar over all footage, by bytes; what failed is said above it at once."""

    def __init__(self, pieces: Sequence[Piece], hidden: bool) -> None:
        columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[told]}"), TimeRemainingColumn())
        self._progress = Progress(*columns, console=plain(stderr=True), disable=hidden, transient=True)
        self._shares = {piece.name: 0.0 for piece in pieces}
        self._bytes = {piece.name: piece.size_bytes for piece in pieces}
        self._task: TaskID = self._progress.add_task("", total=sum(self._bytes.values()) or None, told="")
        self._refresh()

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def share(self, piece: Piece, share: float) -> None:
        self._shares[piece.name] = share
        self._refresh()

    def failed(self, piece: Piece, why: str) -> None:
        self._progress.console.print(f"steward: {piece.name}: {why}", highlight=False, soft_wrap=True)

    def _refresh(self) -> None:
        through = sum(share >= 1.0 for share in self._shares.values())
        done = sum(share * self._bytes[name] for name, share in self._shares.items())
        self._progress.update(self._task, completed=done, told=f"{through} of {len(self._shares)}")


@contextmanager
def _ended_by_a_signal() -> Iterator[None]:
    """SIGTERM ends the run as Ctrl-C does: what is half written goes, and what is through stays."""

    def leave(_signal: int, _frame: FrameType | None) -> NoReturn:
        sys.exit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(screen: Console, ended: Ended, out: Path) -> None:
    index, categories = ended.index, read_taxonomy().categories
    table = Table("problem", "中文", "found", title=str(out), title_justify="left")
    for key, count in sorted(index.by_category.items(), key=lambda pair: -pair[1]):
        table.add_row(categories[key].en, categories[key].zh, str(count))
    screen.print(table if index.by_category else f"{out}: no problem was found")
    before = f", {ended.before} of them before" if ended.before else ""
    inspected = len(index.rows) - index.failed
    screen.print(f"pieces: {len(index.rows)} = {inspected} inspected{before} + {index.failed} failed")
    seen, analysed = (sum(getattr(row, name) for row in index.rows) for name in ("seen", "analysed"))
    screen.print(f"frames: {seen} seen, {analysed} analysed; what failed and why stands in summary.csv")
