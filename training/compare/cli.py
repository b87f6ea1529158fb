"""`steward train compare`: two models side by side."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from training.options import (
    DATA,
    RECIPE,
    SOURCES,
    WORK,
    DataFolder,
    RecipeOption,
    RendersFolder,
    SourcesFile,
    WorkFolder,
    said_plainly,
    shop_of,
)

Photos = Annotated[
    list[Path] | None,
    typer.Option("--photos", help="YOLO-labelled folder (images/, labels/); may be repeated. Without it: the exams."),
]
Classes = Annotated[str, typer.Option(help="What class numbers of --photos mean: 0=litter,1=bin.")]
Limit = Annotated[int, typer.Option(min=0, help="At most so many pictures of each folder, evenly spread; 0: all.")]
Threads = Annotated[int, typer.Option(min=1, help="Cores for one inference.")]


def compare(
    champion: Annotated[Path, typer.Argument(help="Card of the model to beat: STORE/cards/NAME.toml.")],
    challenger: Annotated[Path, typer.Argument(help="Card of the model that wants to replace it.")],
    out: Annotated[Path, typer.Option(help="Folder for index.html and comparison.json.")],
    photos: Photos = None,
    classes: Classes = "",
    limit: Limit = 0,
    recipe: RecipeOption = RECIPE,
    data: DataFolder = DATA,
    work: WorkFolder = WORK,
    renders: RendersFolder = None,
    sources: SourcesFile = SOURCES,
    threads: Threads = 1,
) -> None:
    """Measure two models on the same pictures in one run, and draw those on which they disagree most.

    在同一次运行、同一批图片上测量两个模型，并画出分歧最大的图片。

    Example: steward train compare models/cards/street.toml new/cards/street.toml --photos photos --out compared
    """
    from training.compare.report import exams_of, measured, write_report
    from training.compare.sight import open_pair

    with said_plainly():
        pair = open_pair(champion, challenger, threads)
        folders = [] if photos is None else photos
        shop = None if folders else shop_of(recipe, data, work, renders, sources)
        asked = exams_of(shop, folders, classes, limit, sources, data)
        run = measured(pair, asked, typer.echo)
        write_report(out, run, datetime.now(UTC))
        typer.echo(json.dumps(asdict(run.comparison.latency.ratio)))
        typer.echo(run.table())
        typer.echo(f"{out / 'index.html'}: the figures, and the pictures on which they disagree most")
