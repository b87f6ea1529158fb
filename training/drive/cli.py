"""`steward train drive`: render the demo drive, its training pictures, or write its records again."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from training.drive import drive
from training.drive.layout import lay_out
from training.drive.mirror import mirrored
from training.drive.passes import plans
from training.drive.samples import render_samples
from training.drive.scene import PASSES

app = typer.Typer(
    help="The demo drive: a street block made from a seed, filmed by two cars and a drone.\n\n"
    "演示行驶：由种子生成的街区，由两辆车和一架无人机拍摄。",
    no_args_is_help=True,
)

Seed = Annotated[int, typer.Option(help="The block's seed.")]
Out = Annotated[Path, typer.Option(help="Folder for the product.", file_okay=False)]
Work = Annotated[Path, typer.Option(help="Folder for frames; a render goes on where it stopped.", file_okay=False)]
Threads = Annotated[int, typer.Option(help="Processor threads; 0 takes all.", min=0)]


@app.command()
def render(
    out: Out,
    seed: Seed = 12,
    work: Work = Path("runs/demo_drive"),
    only: Annotated[list[str] | None, typer.Option(help="Render these passes only, and write nothing yet.")] = None,
    samples: Annotated[int, typer.Option(help="Rays a pixel.", min=1)] = 4,
    crf: Annotated[int, typer.Option(help="H.264 quality; lower is better and larger.", min=1, max=51)] = 23,
    threads: Threads = 0,
) -> None:
    """Render every pass of a block, then encode and write telemetry and truth. Needs the `render` extra (bpy).

    渲染街区的每一趟行驶，再编码并写出遥测与真值。需要 `render` 附加包 (bpy)。

    Example: steward train drive render --seed 12 --out runs/demo_drive_again
    """
    _say_progress()
    for name in only or ():
        if name not in PASSES:
            _stop(f"there is no pass {name!r}; the passes are {', '.join(PASSES)}")
    block = lay_out(seed)
    try:
        for plan in plans(block):
            if not only or plan.name in only:
                made = drive.render_pass(block, plan, work / f"seed{seed}", samples, threads)
                typer.echo(f"{plan.name}: {made} frames rendered")
        if only:
            return
        sizes = drive.write_videos(block, work / f"seed{seed}", out, crf)
        drive.write_records(block, work / f"seed{seed}", out)
    except ModuleNotFoundError as missing:
        _stop(f"rendering needs the module {missing.name}. Install it with: pip install 'citysteward[render]'")
    for name, size in sizes.items():
        typer.echo(f"{out / name}.mp4: {size / 1e6:.2f} MB")


@app.command()
def records(out: Out, seed: Seed = 12, work: Work = Path("runs/demo_drive")) -> None:
    """Write telemetry, truth, zones, grids and bins of a rendered drive again, without rendering.

    不重新渲染，再次写出行驶的遥测、真值、区域、网格与垃圾箱。

    Example: steward train drive records --seed 12 --out runs/demo_drive_again
    """
    try:
        drive.write_records(lay_out(seed), work / f"seed{seed}", out)
    except drive.Incomplete as missing:
        _stop(str(missing))
    typer.echo(f"written to {out}")


@app.command()
def boxes(
    out: Out,
    seed: Seed = 41,
    across: Annotated[bool, typer.Option(help="Left and right change places.")] = False,
    work: Work = Path("runs/streets"),
    threads: Threads = 0,
) -> None:
    """What each frame of a drive shows, with its truth and telemetry but without pictures, for `make bench-location`.

    每一帧中有什么，含真值与遥测而无图片，供 `make bench-location` 使用。

    Example: steward train drive boxes --seed 42 --across --out runs/streets/42
    """
    _say_progress()
    block = mirrored(lay_out(seed)) if across else lay_out(seed)
    frames = work / (f"boxes{seed}across" if across else f"boxes{seed}")
    try:
        for plan in plans(block):
            typer.echo(f"{plan.name}: {drive.box_pass(block, plan, frames, threads)} frames looked at")
    except ModuleNotFoundError as missing:
        _stop(f"looking needs the module {missing.name}. Install it with: pip install 'citysteward[render]'")
    drive.write_records(block, frames, out)
    typer.echo(f"written to {out}")


@app.command()
def samples(
    out: Out,
    first_seed: Annotated[int, typer.Option(help="The first block.")] = 101,
    blocks: Annotated[int, typer.Option(help="How many blocks.", min=1)] = 12,
    views: Annotated[int, typer.Option(help="Pictures a block.", min=1)] = 7,
    threads: Threads = 0,
) -> None:
    """Render training pictures of other blocks, with labels for the detector and for the privacy model.

    渲染其他街区的训练图片，附检测与隐私两个模型的标签。

    Example: steward train drive samples --first-seed 101 --blocks 10 --views 7 --out runs/drive_samples
    """
    _say_progress()
    try:
        made = render_samples(range(first_seed, first_seed + blocks), views, out, threads)
    except ModuleNotFoundError as missing:
        _stop(f"rendering needs the module {missing.name}. Install it with: pip install 'citysteward[render]'")
    typer.echo(f"{out}: {made} pictures made")


def _say_progress() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")


def _stop(reason: str) -> None:
    typer.echo(f"steward: {reason}", err=True)
    raise typer.Exit(2)
