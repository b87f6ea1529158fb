"""What the gates rule on, gathered from cards, files and a comparison."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from models.card import ModelCard
from models.feeding import input_sizes
from training.compare.comparison import Row
from training.compare.report import Run
from training.errors import TrainingError
from training.evaluate import Exam
from training.promotion.gates import Accuracy, Facts, ParityFound, TwinFound
from training.workshop import Workshop

PARITY_PICTURES = 12


def gather(
    run: Run, trained_and_shared: tuple[int, int], torch_weights: Path | None, reigning_digest: str | None
) -> Facts:
    """All facts of one promotion; runs torch where its weights are given. trained_and_shared: of `seen_in_training`."""
    card, (n_trained, n_shared) = run.pair.challenger.card, trained_and_shared
    latency = run.comparison.latency
    return Facts(
        model=card.name,
        accuracy=tuple(_accuracy(row) for row in run.comparison.rows),
        twin=None if card.int8 is None else tuple(_twin(run.comparison.rows)),
        parity=_parity(run, torch_weights),
        size_mb=run.pair.challenger.size_mb,
        ratio=latency.ratio.value,
        n_timed=latency.n_pictures,
        lacking=lacking(card),
        n_trained=n_trained,
        n_shared=n_shared,
        rival_digest=run.pair.champion.card.digest,
        reigning_digest=reigning_digest,
    )


def lacking(card: ModelCard) -> tuple[str, ...]:
    """What a card ought to say and does not."""
    wanted = (
        ("a licence", card.licence.strip()),
        ("its sources", card.sources),
        ("the licence of every source", all(source.licence.strip() for source in card.sources)),
        ("pictures in its sources", sum(source.n_images for source in card.sources)),
        ("its weaknesses", any(weakness.strip() for weakness in card.weaknesses)),
        ("figures", card.metrics),
        ("a threshold for every label", set(card.thresholds) == set(card.labels)),
    )
    return tuple(name for name, there in wanted if not there)


def seen_in_training(shop: Workshop, model: str, exams: Iterable[Exam]) -> tuple[int, int]:
    """How many training photos the recipe has here, and how many exam pictures are byte for byte among them.

    Training photos are those of every source that the recipe uses, less what its split holds out, and what the mixes
    list that were laid out. Raises TrainingError where the recipe is another model's, or a source or set is not here.
    """
    if shop.recipe.name != model:
        raise TrainingError(f"the recipe is {shop.recipe.name!r}'s and the model a {model!r}: pass its own --recipe.")
    trained = {photo.picture.resolve() for use in shop.recipe.uses for photo in shop.split(use.source).train}
    for listed in sorted((shop.work / "stages").glob("*/mix/train.txt")):
        trained |= {Path(line).resolve() for line in listed.read_text("utf-8").splitlines() if line}
    digests = {_digest(path) for path in trained if path.is_file()}
    asked = {item.picture.resolve() for exam in exams for item in exam.items}
    return len(digests), sum(_digest(path) in digests for path in asked)


def _accuracy(row: Row) -> Accuracy:
    return Accuracy(
        row.label, row.dataset, row.truth, row.n_boxes,
        row.champion.average_precision, row.challenger.average_precision, row.difference.low, row.difference.high,
    )  # fmt: skip


def _twin(rows: Iterable[Row]) -> Iterator[TwinFound]:
    for row in rows:
        if row.twin is not None:
            reached = row.challenger.average_precision, row.twin.average_precision
            yield TwinFound(row.label, row.dataset, row.truth, row.n_boxes, *reached)


def _parity(run: Run, torch_weights: Path | None) -> ParityFound | None:
    challenger = run.pair.challenger
    recorded = challenger.card.parity
    if torch_weights is None:
        if recorded is None:
            return None
        return ParityFound(
            recorded.least_iou, recorded.largest_score_difference, recorded.anchors, "as the card has it from export"
        )
    try:
        from training.export import compare
    except ModuleNotFoundError as missing:
        raise TrainingError(f"--torch needs the module {missing.name}; install citysteward[train].") from missing
    pictures = [item.picture for exam in run.exams for item in exam.items]
    sample = pictures[:: max(1, len(pictures) // PARITY_PICTURES)][:PARITY_PICTURES]
    found = compare(torch_weights, challenger.weights, sample, input_sizes(challenger.card.preprocessing))
    return ParityFound(
        found.least_iou, found.largest_score_difference, found.anchors, f"measured now with {torch_weights.name}"
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
