"""`steward train data ...`: data sets with an address. Bad input ends with exit code 2."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.errors import TrainingError
from training.options import DATA, HERE, SOURCES, DataFolder, SourcesFile, said_plainly
from training.workshop import BUILT_SETS

app = typer.Typer(
    help="Build, list and verify data sets. 构建、列出与核对数据集。\n\n"
    "Example: steward train data build street_waste --data ../shared/data",
    no_args_is_help=True,
)

SetName = Annotated[str, typer.Argument(help="A set's name in the file of descriptions, such as street_waste.")]
Address = Annotated[str, typer.Argument(help="NAME, NAME@VERSION or NAME@VERSION-DIGEST.")]
OutFolder = Annotated[Path, typer.Option("--out", help="Where built sets are kept.")]
SetsFile = Annotated[Path, typer.Option("--sets", help="Descriptions of the sets.")]

OUT = BUILT_SETS
SETS = HERE / "datasets" / "sets.toml"


@app.command()
def build(
    name: SetName,
    data: DataFolder = DATA,
    out: OutFolder = OUT,
    sets: SetsFile = SETS,
    sources: SourcesFile = SOURCES,
    copy: Annotated[bool, typer.Option("--copy", help="Copy the pictures; without this they are linked.")] = False,
) -> None:
    """Read the sources, split, look for copies across the split, and write the set with manifest and card.

    读取数据源，划分，查找跨划分的重复，写出数据集、清单与数据卡。

    Example: steward train data build street_waste --data ../shared/data --out runs/datasets
    """
    from training.dataset.build import build as build_set
    from training.dataset.description import find
    from training.dataset.gather import Side
    from training.dataset.plan import make_plan
    from training.dataset.progress import bars
    from training.sources import read_sources

    with said_plainly():
        plan = make_plan(find(sets, name), read_sources(sources), data, bars)
        built = build_set(plan, out, copy, bars)
    counts = ", ".join(f"{side.value} {len(plan.on(side))}" for side in Side)
    stood = f"{built.copied} links replaced by copies" if built.copied else "nothing changed since it was built"
    state = "built" if built.fresh else stood
    typer.echo(f"{built.manifest.address}: {state}; {counts}; {sum(plan.faults.values())} faults, see the card")
    typer.echo(f"{built.folder / 'card.md'}")


@app.command()
def pairs(
    name: SetName,
    data: DataFolder = DATA,
    sets: SetsFile = SETS,
    sources: SourcesFile = SOURCES,
    distance: Annotated[int | None, typer.Option(min=0, max=96, help="Other than the set's copy_distance.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="PNG to draw the surest 24 pairs into.")] = None,
) -> None:
    """List the pictures that show one thing on both sides of the split. Writes nothing but the sheet.

    列出在划分两侧显示同一事物的图片。只写出对照图。

    Example: steward train data pairs street_waste --distance 80 --sheet runs/pairs.png
    """
    from training.dataset.description import find
    from training.dataset.gather import gather
    from training.dataset.plan import find_pairs
    from training.dataset.progress import bars
    from training.dataset.sheets import COLUMNS, MOST_PAIRS, draw, pair_tiles
    from training.sources import read_sources

    with said_plainly():
        if sheet is not None and sheet.suffix.lower() != ".png":
            raise TrainingError(f"{sheet}: the sheet is drawn as a PNG; give it a name that ends in .png.")
        described = find(sets, name)
        if distance is not None:
            described = described.model_copy(update={"copy_distance": distance})
        found = find_pairs(gather(described, read_sources(sources), data, bars), described, bars)
        for pair in found:
            typer.echo(str(pair))
        if sheet is not None and found:
            sheet.parent.mkdir(parents=True, exist_ok=True)
            draw(pair_tiles(found[:MOST_PAIRS]), COLUMNS).save(sheet)
    pictures = len({pair.held_out.picture for pair in found})
    typer.echo(f"{name}: {len(found)} pairs, {pictures} held-out pictures in them")


@app.command("list")
def list_sets(out: OutFolder = OUT, sets: SetsFile = SETS) -> None:
    """List the sets that are described, and what is built of each.

    列出已描述的数据集及各自已构建的版本。

    Example: steward train data list
    """
    from training.dataset.check import built
    from training.dataset.description import read_descriptions
    from training.dataset.gather import Side
    from training.dataset.manifest import read_manifest

    with said_plainly():
        described = read_descriptions(sets)
        for name, description in described.items():
            typer.echo(f"{name} {description.version}: {', '.join(description.labels)}")
        for folder in built(out):
            manifest = read_manifest(folder)
            counts = [sum(entry.side is side for entry in manifest.pictures) for side in Side]
            typer.echo(f"built {manifest.address}: train {counts[0]}, val {counts[1]}; {folder}")


@app.command()
def check(address: Address, out: OutFolder = OUT) -> None:
    """Verify a built set, file by file, against its manifest. Exit code 2 if a file is absent, changed or unknown.

    按清单逐个核对已构建的数据集。文件缺失、改动或多出时退出码为 2。

    Example: steward train data check street_waste@1
    """
    from training.dataset.check import check as check_set
    from training.dataset.check import find_built
    from training.dataset.progress import bars

    with said_plainly():
        wrong = 0
        for folder in find_built(out, address):
            faults = check_set(folder, bars)
            wrong += len(faults)
            for fault in faults:
                typer.echo(f"{folder}: {fault}", err=True)
            if not faults:
                typer.echo(f"{folder}: every file is what the manifest says")
        if wrong:
            raise TrainingError(f"{address}: {wrong} faults. Remove the folder and build the set again.")
