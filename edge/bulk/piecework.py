"""One piece of a bulk run from footage to its result folder, wherever the process that does it runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from edge.assemble import Job, assemble, spacing_of
from edge.bulk.tree import Piece
from edge.detectors import Models, open_models
from edge.errors import ConfigError, DiskFull, EdgeError, OutputError
from edge.inspection.footage import inspect_into, read_pass
from edge.sources.open import fingerprint, open_source
from edge.sources.video import Video
from edge.telemetry.open import sidecar
from models.errors import ModelError
from pipeline.events import Looked

THREADS: Final = 1
"""Cores for one piece, however many pieces run at a time: sums come out the same, and no core has two masters."""
STEPS: Final = 20
"""Frames between two words about how far a piece is."""

Tell = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Task:
    """A piece, what is asked of it, and where its result goes. job: its footage is the piece's."""

    number: int
    piece: Piece
    job: Job
    place: Path
    models: Path | None
    annotate: bool


@dataclass(frozen=True, slots=True)
class Done:
    """Its result folder is there. before: from an earlier run."""

    number: int
    before: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """It has no result folder, and why."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class NoModels:
    """Nothing can be inspected at all."""

    why: str


@dataclass(frozen=True, slots=True)
class NoRoom:
    """The disk that results go to is full, for every other piece too."""

    why: str


Outcome = Done | Failed | NoModels | NoRoom


@dataclass(slots=True)
class Inspector:
    """Does tasks one after the other with one set of models, opened for the first."""

    _models: Models | None = field(default=None, repr=False)

    def do(self, task: Task, tell: Tell) -> Outcome:
        """Inspect a piece, unless that was done before; tell: the share of it that is through, now and then."""
        if self._models is None:
            try:
                self._models = open_models(task.models, threads=THREADS)
            except ModelError as error:
                return NoModels(str(error))
        try:
            return self._inspect(task, self._models, tell)
        except DiskFull as error:
            return NoRoom(str(error))
        except (EdgeError, ModelError) as error:
            return Failed(task.number, str(error))

    def _inspect(self, task: Task, models: Models, tell: Tell) -> Done:
        job = replace(task.job, footage=task.piece.footage, threads=THREADS)
        asked = _asked(job, models, task.annotate)
        if (before := read_pass(task.place)) is not None:
            if before.asked != asked:
                raise OutputError(
                    f"{task.place}: holds the result of other footage, settings or models. Remove it, or name another "
                    "--out."
                )
            return Done(task.number, before=True)
        assembled = assemble(job, models)
        seen, of = 0, max(1, assembled.source.n_frames)

        def step(_: Looked) -> None:
            nonlocal seen
            seen += 1
            if seen % STEPS == 0:
                tell(min(1.0, seen / of))

        inspect_into(assembled, task.place, task.annotate, step, asked)
        return Done(task.number)


def _asked(job: Job, models: Models, annotate: bool) -> str:
    """A name for all that a result depends on: footage, positions, settings and models. 64 hexadecimal digits."""
    assert job.footage is not None  # noqa: S101  (a task has a piece)
    source = open_source(job.footage)
    beside = sidecar(source.path) if isinstance(source, Video) else None
    files = {
        "positions": beside,
        "camera": job.camera,
        "zones": job.zones,
        "bins": job.bins,
        "key": job.enforcement_key,
    }
    told = {
        "footage": fingerprint(source),
        "kind": job.kind,
        "spacing_m": spacing_of(job, source),
        "clock_offset_s": job.clock_offset_s,
        "annotate": annotate,
        "models": models.digests,
        "reads": models.reader is not None,
        **{name: None if path is None else _digest(path) for name, path in files.items()},
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
