"""From weights to the files that ship: the ONNX file, its figures, and the card that names what it was made from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from models.card import DataSource, Metric, Parity
from models.detector import Detector
from models.session import open_session
from training.cardfile import LICENCE, card_text, draft
from training.errors import TrainingError, TwinRefused
from training.evaluate import sit_all
from training.files import write_whole
from training.marks import Mark, marks, table
from training.operating import choose, said_untried
from training.stages import TOLD
from training.stamp import said_of
from training.workshop import WASTE, Workshop

PARITY_PICTURES: Final = 12


def publish(shop: Workshop, weights: Path | None, models: Path) -> str:
    """Export, compare with torch, choose operating scores, measure, write weights, card, twin; returns the tables."""
    from training.blend import blended
    from training.export import export

    recipe = shop.recipe
    trained = weights or shop.work / "stages" / recipe.stages[-1].name / "weights" / "final.pt"
    if not trained.is_file():
        raise TrainingError(f"{trained}: no trained weights; run the recipe first (steward train run).")
    weights = weights or blended(shop, trained)
    sample = _parity_sample(shop)
    target = models / "weights" / f"{recipe.name}.onnx"
    size = recipe.publish
    card = draft(recipe, target.name).model_copy(update={"sources": tuple(_sources(shop))})
    inputs = ((size.width_px, size.height_px), (size.square_px, size.square_px))
    made = export(weights, target, said_of(card), sample, inputs)
    shop.say(f"{target}: {made.size_mb:.1f} MB, {made.parity}")
    card = card.model_copy(update={"digest": made.digest, "parity": Parity(**asdict(made.parity))})
    session = open_session(target.read_bytes(), card.weights, threads=shop.threads)
    sat, _ = sit_all(shop, Detector(card, session))
    points = choose(recipe.labels, sat, size, recipe.seed)
    thresholds = {label: point.at.score for label, point in points.items()}
    rows = [mark for sitting in sat for mark in marks(sitting, points)]
    card = card.model_copy(update={"thresholds": thresholds, "metrics": tuple(_metrics(rows))})
    card_path = models / "cards" / f"{recipe.name}.toml"
    write_whole(card_path, card_text(card).encode())
    return table(rows) + said_untried(card) + twin_of(shop, card_path)


def twin_of(shop: Workshop, card_path: Path) -> str:
    """Give the published model its twin, where the recipe asks for one; it goes without one that is refused."""
    if shop.recipe.int8 is None:
        return ""
    from training.twin import add_twin

    try:
        return "\n" + add_twin(shop, card_path)
    except TwinRefused as refused:
        return f"\n{refused}"


def _parity_sample(shop: Workshop) -> list[Path]:
    """Pictures to compare torch and onnxruntime on: held-out photos, and some of the last mix."""
    reported_on = [WASTE] if WASTE in shop.sources else shop.shown()
    held = [photo.picture for name in reported_on for photo in shop.split(name).held_out]
    mixed = shop.work / "stages" / shop.recipe.stages[-1].name / "mix" / "train.txt"
    listed = [Path(line) for line in mixed.read_text("utf-8").splitlines()]
    half = PARITY_PICTURES // 2
    return [*held[:: max(1, len(held) // half)][:half], *listed[:: max(1, len(listed) // half)][:half]]


def _metrics(rows: Sequence[Mark]) -> list[Metric]:
    return [
        Metric(label=row.label, name=name, value=value, dataset=row.dataset, truth=row.truth, n_boxes=row.n_boxes)
        for row in rows
        for name, value in (
            (f"AP{100 * row.least_iou:.0f}", row.average_precision),
            ("precision", row.precision),
            ("recall", row.recall),
        )
    ]


def _sources(shop: Workshop) -> list[DataSource]:
    """What the last stage's mix held, by source."""
    stage = shop.recipe.stages[-1]
    counted = json.loads((shop.work / "stages" / stage.name / TOLD).read_text("utf-8"))["pictures"]
    own = {
        "drawn_ads": DataSource(
            name="synthetic_ads",
            licence="as the photos they are pasted on",
            n_images=0,
            note="Ads drawn by this project.",
        ),
        "renders": DataSource(
            name="renders", licence="AGPL-3.0-only", n_images=0, note="Street scenes rendered by this project."
        ),
        "drawn_plates": DataSource(
            name="drawn_plates",
            licence="as the photos they are pasted on",
            n_images=0,
            note="Plates drawn by this project.",
        ),
    }
    found = [
        own[name].model_copy(update={"n_images": count})
        if name in own
        else DataSource(
            name=shop.sources[name].title,
            licence=shop.sources[name].licence,
            n_images=count,
            note=shop.sources[name].note,
        )
        for name, count in counted.items()
    ]
    base = DataSource(name="Ultralytics YOLO11n, COCO weights (start and teacher)", licence="AGPL-3.0", n_images=0)
    return [*found, base, *_gone_on_from(shop)]


def _gone_on_from(shop: Workshop) -> list[DataSource]:
    """The shipped model that the run started from, by the digest that its torch weights were made under."""
    started = sorted((shop.work / "start").glob("*.pt"))
    note = "The run started from it; it was made from the same sources."
    return [
        DataSource(name=f"{shop.recipe.name} {path.stem} (start and teacher)", licence=LICENCE, n_images=0, note=note)
        for path in started
    ]
