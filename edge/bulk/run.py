"""A bulk run: footage found, inspected by an engine, and told in one index. What was done before is not done again."""

from __future__ import annotations

import glob
import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from edge.assemble import Job
from edge.bulk.engine import Engine
from edge.bulk.index import Index, write_index
from edge.bulk.piecework import Done, Failed, NoModels, NoRoom, Task
from edge.bulk.tree import Piece
from edge.errors import DiskFull, OutputError
from edge.files import held
from models.errors import ModelError

LOCK = ".lock"
KEPT: Final = "The pieces that were through are kept; the same command again does the others."


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted of every piece. job: without footage and telemetry of its own; out: where results go."""

    job: Job
    out: Path
    models: Path | None
    annotate: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. before: pieces whose results were there from an earlier run."""

    index: Index
    before: int


class Watcher:
    """Told how a run goes; this one looks away."""

    def share(self, piece: Piece, share: float) -> None:
        """So much of a piece is through, 0..1."""

    def failed(self, piece: Piece, why: str) -> None:
        """A piece could not be inspected; the others go on."""


def inspect_pieces(pieces: Sequence[Piece], order: Order, engine: Engine, watcher: Watcher) -> Ended:
    """Inspect every piece into its folder below `out`, and write the index. Raises EdgeError or ModelError, and then
    the pieces that were through are kept for the next run."""
    order = _anywhere(order)
    tasks = [
        Task(number, piece, order.job, order.out / piece.name, order.models, order.annotate)
        for number, piece in enumerate(pieces)
    ]
    failed: dict[str, str] = {}
    before = 0
    with _held(order.out):
        _sweep(tasks)
        with closing(engine.outcomes(tasks, lambda number, share: watcher.share(pieces[number], share))) as outcomes:
            for told in outcomes:
                match told:
                    case NoModels(why):
                        raise ModelError(why)
                    case NoRoom(why):
                        raise DiskFull(f"{why} {KEPT}")
                    case Failed(number, why):
                        failed[pieces[number].name] = why
                        watcher.failed(pieces[number], why)
                    case Done(number, was):
                        before += was
                watcher.share(pieces[told.number], 1.0)
        return Ended(write_index(order.out, pieces, failed), before)


def _anywhere(order: Order) -> Order:
    """The same with paths that hold whatever folder a process stands in."""
    names = ("camera", "zones", "bins", "enforcement_key")
    paths = {name: path.resolve() for name in names if (path := getattr(order.job, name)) is not None}
    models = None if order.models is None else order.models.resolve()
    return replace(order, job=replace(order.job, **paths), out=order.out.resolve(), models=models)


def _held(out: Path) -> AbstractContextManager[None]:
    """Holds a place for one run; the system lets go of it however that run ends."""
    return held(out / LOCK, 0o644, OutputError(f"{out}: another `steward edge inspect` is writing into it"))


def _sweep(tasks: Sequence[Task]) -> None:
    """Remove what a run that was killed had begun to write; nobody else writes here."""
    for task in tasks:
        for draft in task.place.parent.glob(f".{glob.escape(task.place.name)}-*"):
            shutil.rmtree(draft, ignore_errors=True)
