"""What the commands of `steward train` share: their options, the workshop these open, and how errors are said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from training.errors import TrainingError
from training.recipe import read_recipe
from training.workshop import Workshop, open_workshop

HERE = Path(__file__).resolve().parent.parent

RecipeFile = Annotated[Path, typer.Argument(help="Recipe, such as datasets/street.toml.")]
RecipeOption = Annotated[Path, typer.Option("--recipe", help="Recipe whose held-out exams and sources are used.")]
DataFolder = Annotated[Path, typer.Option("--data", help="Folder that the sources' folders are relative to.")]
WorkFolder = Annotated[Path, typer.Option("--work", help="Where mixes, weights and what teachers said are kept.")]
RendersFolder = Annotated[Path | None, typer.Option("--renders", help="Rendered frames: images/ and labels/.")]
SourcesFile = Annotated[Path, typer.Option("--sources", help="Descriptions of the sources.")]
CardOption = Annotated[Path, typer.Option("--model", help="The model's card.")]
Share = Annotated[
    float | None,
    typer.Option("--share", min=0.01, max=1.0, help="Train on this share of the photos, each listed more often."),
]
Cores = Annotated[int, typer.Option("--threads", help="Cores to use; 0: all.")]

DATA = Path("../shared/data")
WORK = Path("runs/training")
SOURCES = HERE / "datasets" / "sources.toml"
RECIPE = HERE / "datasets" / "street.toml"
CARD = HERE / "models" / "cards" / "street.toml"


@contextmanager
def said_plainly() -> Iterator[None]:
    """Ends the command with exit code 2 and a sentence where the input is bad or a disk refuses."""
    try:
        yield
    except TrainingError as error:
        typer.echo(f"steward: {error}", err=True)
        raise typer.Exit(2) from error
    except OSError as error:
        why = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        typer.echo(f"steward: {why}. What was finished before is kept.", err=True)
        raise typer.Exit(2) from error


def shop_of(
    recipe: Path,
    data: Path,
    work: Path,
    renders: Path | None,
    sources: Path,
    threads: int = 0,
    share: float | None = None,
) -> Workshop:
    """The workshop that the options name. threads: cores for training and inference, 0 for all. share: instead of the
    recipe's own, in a folder of its own.
    """
    described, folder = read_recipe(recipe), ""
    if share is not None:
        described, folder = described.model_copy(update={"share": share}), f"-{share:g}"
    shop = open_workshop(
        described, sources, data, work / f"{described.name}{folder}", renders, lambda line: typer.echo(line)
    )
    return replace(shop, threads=threads or shop.threads)
