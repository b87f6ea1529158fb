"""`steward server associate`: the association engine on files, as the bench and a replay use it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from server.association.bench_files import Arrived, FileError, associate_files
from server.association.method import MATCHERS, Method
from server.association.priors import Priors, default_priors
from server.progress import watched


def associate(
    frames: Annotated[Path, typer.Option(help="key frames, one JSON object a line, also those without a detection")],
    detections: Annotated[Path, typer.Option(help="detections, one JSON object a line")],
    out: Annotated[Path, typer.Option(help="folder for assignments.jsonl and cases.jsonl")],
    priors: Annotated[Path | None, typer.Option(help="another priors.toml")] = None,
    method: Annotated[
        Method, typer.Option(help="joint: the engine; simple: the nearest case within the error of both, a yardstick")
    ] = Method.JOINT,
) -> None:
    """Make cases of a file of detections.

    Example: steward server associate --frames frames.jsonl --detections detections.jsonl --out answer
    """
    try:
        believed = default_priors() if priors is None else Priors.parse(priors.read_text(encoding="utf-8"))
        tally = associate_files(frames, detections, out, believed, MATCHERS[method], _shown)
    except (FileError, OSError, ValueError) as error:
        typer.echo(f"steward: {error}. Nothing was written.", err=True)
        raise typer.Exit(2) from error
    typer.echo(
        f"{tally.traverses} traverses, {tally.detections} detections → {tally.cases} cases, {tally.issued} of them "
        f"worth an order; written to {out}"
    )


def _shown(arrived: list[Arrived]) -> Iterable[Arrived]:
    return watched(arrived, len(arrived), "traverses")
