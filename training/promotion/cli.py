"""`steward train promote`: through the gates, and signed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.compare.cli import Classes, Limit, Photos, Threads
from training.errors import TrainingError
from training.options import (
    DATA,
    HERE,
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

if TYPE_CHECKING:
    from training.promotion.gates import Ruling

GATES = HERE / "datasets" / "gates.toml"


def promote(
    challenger: Annotated[Path, typer.Argument(help="Card of the model that wants to become the champion.")],
    champion: Annotated[Path, typer.Option(help="Card of the model that runs now: STORE/cards/NAME.toml.")],
    repository: Annotated[Path, typer.Option(help="The model repository (steward train repository init).")],
    keys: Annotated[Path, typer.Option(help="Folder with the targets, snapshot and timestamp keys.")],
    channel: Annotated[str, typer.Option(help="Which vehicles get it: those that follow this channel.")] = "stable",
    torch: Annotated[Path | None, typer.Option(help="Torch weights to compare the ONNX file with, now.")] = None,
    gates: Annotated[Path, typer.Option(help="The limits.")] = GATES,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Measure and rule, publish nothing; opens no key.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the comparison's page.")] = None,
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
    """Measure a challenger against the champion, rule on every gate, and publish it signed if all are passed.

    将挑战模型与现役模型对比测量，逐关裁定；全部通过则签名发布，否则不作任何改动，退出码为 2。

    Exit code 2, and nothing changed, if any gate is not.
    Example: steward train promote new/cards/street.toml --champion models/cards/street.toml --repository repository
    --keys keys
    """
    from models.tomlfile import read_toml
    from training.compare.report import exams_of, measured, write_report
    from training.compare.sight import open_pair
    from training.operating import said_untried
    from training.promotion.facts import gather, seen_in_training
    from training.promotion.gates import Limits, decide, not_ruled_on
    from training.promotion.promote import check_before, publish
    from training.repository.keys import Keyring
    from training.repository.repository import Repository

    with said_plainly():
        limits, store, ring = read_toml(gates, Limits, TrainingError), Repository(repository), Keyring(keys)
        pair = open_pair(champion, challenger, threads)
        check_before(store, None if dry_run else ring, pair.champion.card, pair.challenger.card)
        reigning = store.channel(store.state(), pair.challenger.card.name, channel)
        shop = shop_of(recipe, data, work, renders, sources)
        asked = exams_of(None if photos else shop, photos or [], classes, limit, sources, data)
        held_out = seen_in_training(shop, pair.challenger.card.name, asked)
        run = measured(pair, asked, typer.echo)
        facts = gather(run, held_out, torch, reigning.current.digest if reigning else None)
        rulings = decide(facts, limits)
        now = datetime.now(UTC)
        if out is not None:
            write_report(out, run, now, rulings)
        _tell(rulings, [*not_ruled_on(facts, limits), said_untried(pair.challenger.card)])
        if dry_run:
            typer.echo(f"all {len(rulings)} gates passed; --dry-run, so nothing was published")
            return
        serial = reigning.serial if reigning else 0
        done = publish(store, ring, run, rulings, channel, serial, now)
        was = f", before it {done.channel.previous.version}" if done.channel.previous else ""
        typer.echo(f"{done.card.name} {done.card.version} is the champion of {channel}{was}")


def _tell(rulings: Sequence[Ruling], unknown: Sequence[str]) -> None:
    """Print the rulings, and what nothing is known of; exit code 2 where a gate is closed."""
    typer.echo("\n".join([listed(rulings), *filter(None, unknown)]))
    closed = sum(not one.passed for one in rulings)
    if closed:
        typer.echo(f"steward: not promoted: {closed} of {len(rulings)} gates failed. Nothing was changed.", err=True)
        raise typer.Exit(2)


def listed(rulings: Sequence[Ruling]) -> str:
    """The rulings as a Markdown table."""
    rows = ["| gate | measured | bar | ruling | why |", "|---|---|---|---|---|"]
    rows += [
        f"| {one.gate} | {one.measured_text} | {one.bar_text} | {'passed' if one.passed else 'FAILED'} | {one.why} |"
        for one in rulings
    ]
    return "\n".join(rows)
