"""`steward train ...`: from a recipe to a model with a card and figures. Bad input ends with exit code 2."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from training.compare.cli import compare
from training.dataset.cli import app as dataset
from training.drive.cli import app as drive
from training.errors import TrainingError
from training.options import (
    CARD,
    DATA,
    HERE,
    SOURCES,
    WORK,
    CardOption,
    Cores,
    DataFolder,
    RecipeFile,
    RendersFolder,
    Share,
    SourcesFile,
    WorkFolder,
    said_plainly,
    shop_of,
)
from training.promotion.cli import promote
from training.repository.cli import app as repository

app = typer.Typer(
    help="Train, export and measure the detectors. 训练、导出与测量检测模型。\n\n"
    "Example: steward train run datasets/street.toml --renders frames",
    no_args_is_help=True,
)

app.add_typer(drive, name="drive")
app.add_typer(dataset, name="data")
app.add_typer(repository, name="repository")
app.command("compare")(compare)
app.command("promote")(promote)


@app.command()
def run(
    recipe: RecipeFile,
    data: DataFolder = DATA,
    work: WorkFolder = WORK,
    renders: RendersFolder = None,
    sources: SourcesFile = SOURCES,
    threads: Annotated[int, typer.Option(help="Cores to train on without a GPU; 0: all.")] = 0,
    share: Share = None,
) -> None:
    """Teach, draw, mix and train, stage by stage. Stopped and started again it goes on where it was.

    逐阶段执行教师标注、合成、混合与训练。中断后再次运行即从原处继续。

    With --share every photo that is trained on is listed so much more often that the steps stay as many: what different
    shares reach tells whether more photos would pay.

    Example: steward train run datasets/street.toml --data ../shared/data --renders FRAMES
    """
    from training.stages import run as run_recipe

    with said_plainly():
        typer.echo(f"weights: {run_recipe(shop_of(recipe, data, work, renders, sources, threads, share))}")


@app.command()
def mix(
    recipe: RecipeFile,
    data: DataFolder = DATA,
    work: WorkFolder = WORK,
    renders: RendersFolder = None,
    sources: SourcesFile = SOURCES,
) -> None:
    """Lay out the first stage's mix without training, to be looked at.

    只排出第一阶段的训练样本供检查，不训练。

    Example: steward train mix datasets/street.toml --data ../shared/data --renders FRAMES
    """
    from training.drawing import draw_all
    from training.stages import DATA_FILE, write_stage
    from training.teaching import teach_all

    with said_plainly():
        shop = shop_of(recipe, data, work, renders, sources)
        teach_all(shop)
        write_stage(shop, 0, draw_all(shop), shop.work / "stages" / shop.recipe.stages[0].name / DATA_FILE)


@app.command()
def evaluate(
    model: Annotated[Path, typer.Option(help="The model's card, such as models/cards/street.toml.")],
    out: Annotated[Path, typer.Option(help="Folder that gets report.html and report.json.")],
    recipe: Annotated[
        Path | None, typer.Option(help="Recipe of the model; datasets/NAME.toml of the card's name without this.")
    ] = None,
    drives: Annotated[Path, typer.Option(help="Drives on which alarms are counted.")] = HERE / "datasets/drives.toml",
    date: Annotated[str, typer.Option(help="Date that the report names; today without this.")] = "",
    data: DataFolder = DATA,
    work: WorkFolder = WORK,
    renders: RendersFolder = None,
    sources: SourcesFile = SOURCES,
    threads: Cores = 0,
) -> None:
    """Measure a model on every held-out set of its recipe and on the drives, through its ONNX file, without torch.

    用 ONNX 文件在配方的全部留出集和行驶片段上测量模型，不需要 torch。

    The report says average precision with intervals, operating points, calibration, slices, false alarms a kilometre
    and the worst mistakes. What cannot be measured here (no rendered frames, a clip that is absent) is named in it.

    Example: steward train evaluate --model models/cards/street.toml --out runs/report
    """
    from models.errors import ModelError
    from training.report.measure import Asked, measure
    from training.report.write import write

    with said_plainly():
        described = recipe or HERE / "datasets" / model.name
        command = shlex.join(["steward", *sys.argv[1:]])
        asked = Asked(model, described, drives, command, date or datetime.now(UTC).date().isoformat())
        try:
            report, shown = measure(shop_of(described, data, work, renders, sources, threads), asked)
        except ModelError as error:
            raise TrainingError(str(error)) from error
        typer.echo(f"report: {write(report, shown, out)}")


@app.command()
def curve(
    recipe: RecipeFile,
    weights: Annotated[
        list[Path] | None, typer.Argument(help="Files to measure; without any, all epochs of the run.")
    ] = None,
    data: DataFolder = DATA,
    work: WorkFolder = WORK,
    renders: RendersFolder = None,
    sources: SourcesFile = SOURCES,
    threads: Cores = 0,
    share: Share = None,
) -> None:
    """The learning curve: AP50 of each epoch's weights on the held-out photos that people labelled.

    学习曲线：每轮权重在人工标注的留出照片上的 AP50。

    Example: steward train curve datasets/street.toml
    """
    from training.learning import curve as points
    from training.learning import epochs

    with said_plainly():
        shop = shop_of(recipe, data, work, renders, sources, threads, share)
        typer.echo("weights\tdata set\tlabel\tboxes\tAP50")
        for point in points(shop, weights or epochs(shop)):
            row = (point.weights, point.dataset, point.label, point.n_boxes, f"{point.average_precision:.4f}")
            typer.echo("\t".join(map(str, row)))


@app.command()
def publish(
    recipe: RecipeFile,
    data: DataFolder = DATA,
    work: WorkFolder = WORK,
    renders: RendersFolder = None,
    sources: SourcesFile = SOURCES,
    weights: Annotated[Path | None, typer.Option(help="Torch weights; the recipe's last stage without this.")] = None,
    models: Annotated[Path, typer.Option(help="The room that gets weights/NAME.onnx and cards/NAME.toml.")] = HERE
    / "models",
) -> None:
    """Export to ONNX, check it against torch, choose the operating scores, measure, and write weights and card.

    导出 ONNX，与 torch 核对，选定采用分数，测量，并写出权重与模型卡。

    Example: steward train publish datasets/street.toml --data ../shared/data --renders FRAMES
    """
    from training.publish import publish as publish_model

    with said_plainly():
        typer.echo(publish_model(shop_of(recipe, data, work, renders, sources), weights, models))


@app.command()
def stamp(card: Annotated[Path, typer.Argument(help="The model's card, such as models/cards/street.toml.")]) -> None:
    """Write into a model's weights file how it is fed, as its card says it, and the new digest into the card.

    按模型卡把输入方式写入权重文件，并把新摘要写入模型卡。

    Example: steward train stamp models/cards/street.toml
    """
    from training.stamp import stamp as stamp_model

    with said_plainly():
        typer.echo(f"{card}: {stamp_model(card).digest}")


@app.command()
def twin(
    recipe: RecipeFile,
    model: CardOption = CARD,
    data: DataFolder = DATA,
    work: WorkFolder = WORK,
    sources: SourcesFile = SOURCES,
) -> None:
    """Make the int8 twin of a published model, measure both on held-out photos, and name it in the card if it holds.

    制作已发布模型的 int8 版本，在留出照片上测量两者，合格则写入模型卡。

    Example: steward train twin datasets/street.toml --model models/cards/street.toml
    """
    from training.twin import add_twin

    with said_plainly():
        typer.echo(add_twin(shop_of(recipe, data, work, None, sources), model))


@app.command()
def sensitivity(
    recipe: RecipeFile,
    model: CardOption = CARD,
    data: DataFolder = DATA,
    work: WorkFolder = WORK,
    sources: SourcesFile = SOURCES,
) -> None:
    """Which blocks of a published model int8 hurts most: what to name in the recipe's kept_float.

    哪些模块最怕 int8：供配方的 kept_float 使用。

    Example: steward train sensitivity datasets/street.toml --model models/cards/street.toml
    """
    from training.sensitivity import sensitivity as sweep_blocks

    with said_plainly():
        typer.echo(sweep_blocks(shop_of(recipe, data, work, None, sources), model))
