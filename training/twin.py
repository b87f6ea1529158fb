"""A model's twin in 8-bit integers: calibrated on training photos, and kept only if it finds what the model finds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import onnx

from models.card import Int8, Metric, ModelCard, Preprocessing
from models.detector import Detector
from models.feeding import input_sizes
from models.providers import Precision
from models.session import open_session
from training.cardfile import card_text, store_of
from training.errors import TrainingError, TwinRefused
from training.evaluate import PEOPLE, Exam, sit
from training.files import write_whole
from training.mix import Item
from training.quantise import blobs_of, blocks_of, quantised, ranges_of
from training.recipe import Int8Part
from training.sources import Photo
from training.stamp import said_of, stamped, verified
from training.workshop import Workshop

MOST_LOST: Final = 0.01
"""AP50 that the twin may lose on any label of the gate, in either input shape."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One label of one held-out set, fed in one shape: AP50 of the model and of its twin, on the same photos."""

    dataset: str
    label: str
    n_boxes: int
    float32: float
    int8: float

    @property
    def holds(self) -> bool:
        return self.float32 - self.int8 <= MOST_LOST


@dataclass(frozen=True, slots=True)
class Twin:
    """What was made, and what it was measured at; `content` is the file."""

    content: bytes
    calibrated_on: dict[str, int]
    kept_float: tuple[str, ...]
    kept: tuple[Kept, ...]

    @property
    def holds(self) -> bool:
        return bool(self.kept) and all(one.holds for one in self.kept)


def add_twin(shop: Workshop, card_path: Path) -> str:
    """Make the twin of a published model, write it beside the weights and name it in the card; returns its table.

    Raises TwinRefused, and leaves the model without a twin, where the twin loses more than MOST_LOST of a label.
    """
    part = shop.recipe.int8
    if part is None:
        raise TrainingError(f"recipe {shop.recipe.name!r} has no [int8] part, so its model has no twin.")
    card, files = verified(card_path)
    target = store_of(card_path) / "weights" / f"{Path(card.weights).stem}.int8.onnx"
    twin = make_twin(shop, part, card, files[card.weights])
    if not twin.holds:
        write_whole(card_path, card_text(card.model_copy(update={"int8": None})).encode())
        target.unlink(missing_ok=True)
        raise TwinRefused(
            f"{card.name}: the int8 twin is refused, it loses more than {MOST_LOST} of AP50 on a label. Keep more "
            "blocks in float (steward train sensitivity), or calibrate on more photos. The float32 model stays as it "
            f"is.\n{table(twin.kept)}"
        )
    write_whole(target, twin.content)
    named = Int8(
        weights=target.name,
        digest=hashlib.sha256(twin.content).hexdigest(),
        calibrated_on=twin.calibrated_on,
        kept_float=twin.kept_float,
        metrics=tuple(_metrics(twin.kept)),
    )
    write_whole(card_path, card_text(card.model_copy(update={"int8": named})).encode())
    return f"{target.name}: {len(twin.content) / 1e6:.1f} MB\n{table(twin.kept)}"


def make_twin(shop: Workshop, part: Int8Part, card: ModelCard, content: bytes) -> Twin:
    """Calibrate, quantise and measure; writes nothing."""
    graph = onnx.load_from_string(content)
    blocks = blocks_of(graph)
    unknown = set(part.kept_float) - set(blocks)
    if unknown:
        raise TrainingError(
            f"recipe {shop.recipe.name!r}, field int8.kept_float: {card.weights} has no block "
            f"{', '.join(sorted(unknown))}; it has {', '.join(blocks)}."
        )
    photos = calibration_photos(shop, part)
    shop.say(f"calibrating on {len(photos)} training photos")
    ranges = ranges_of(graph, blobs_of([photo.picture for photo in photos], input_sizes(card.preprocessing)))
    nodes = [node for block, inside in blocks.items() if block not in part.kept_float for node in inside]
    said = said_of(card)
    said["description"] += ", in 8-bit integers"
    twin = stamped(quantised(graph, ranges, nodes), said)
    kept = tuple(measure(shop, part, card, content, twin))
    return Twin(twin, {name: count for name, count in part.pictures.items() if count}, part.kept_float, kept)


def calibration_photos(shop: Workshop, part: Int8Part) -> list[Photo]:
    """Training photos of each source, evenly over it; never one that is held out."""
    chosen: list[Photo] = []
    for name, wanted in part.pictures.items():
        train = shop.split(name).train
        if len(train) < wanted:
            raise TrainingError(
                f"recipe {shop.recipe.name!r}, field int8.pictures: {wanted} photos of {name!r} are asked for, but "
                f"{len(train)} may be trained on."
            )
        chosen += [train[place * len(train) // wanted] for place in range(wanted)]
    return chosen


def measure(shop: Workshop, part: Int8Part, card: ModelCard, model: bytes, twin: bytes) -> Iterator[Kept]:
    """AP50 of a model and its twin on the held-out photos of the gate, fed in square and in 16:9."""
    first = open_session(model, card.weights, threads=shop.threads)
    second = open_session(twin, f"the twin of {card.weights}", threads=shop.threads, precision=Precision.INT8)
    for exam in gate_exams(shop, part):
        for width, height in input_sizes(card.preprocessing):
            size = Preprocessing(width_px=width, height_px=height, pad_value=card.preprocessing.pad_value)
            fed = card.model_copy(update={"preprocessing": size})
            before, after = (average_precisions(Detector(fed, session), exam) for session in (first, second))
            dataset = f"{exam.dataset} at {width}x{height}"
            shop.say(f"measured on {dataset}, by {first.provider} and {second.provider}")
            for label in exam.labels:
                boxes = sum(box.label == label for item in exam.items for box in item.boxes)
                yield Kept(dataset, label, boxes, round(before[label], 4), round(after[label], 4))


def gate_exams(shop: Workshop, part: Int8Part) -> Iterator[Exam]:
    """The held-out photos that decide, with the boxes that people drew."""
    for name, labels in part.gate.items():
        held = shop.split(name).held_out
        items = tuple(Item(photo.name, photo.picture, tuple(shop.own_boxes(photo))) for photo in held)
        yield Exam(name, PEOPLE, labels, items)


def average_precisions(detector: Detector, exam: Exam) -> dict[str, float]:
    """AP50 by label."""
    sitting = sit(detector, exam, {})
    return {label: sitting.curve(label).average_precision for label in exam.labels}


def table(kept: Sequence[Kept]) -> str:
    """The gate's figures as a Markdown table."""
    head = "| held-out photos | label | boxes | AP50 float32 | AP50 int8 | difference |\n" + "|---" * 6 + "|\n"
    return head + "".join(
        f"| {one.dataset} | {one.label} | {one.n_boxes} | {one.float32:.3f} | {one.int8:.3f} "
        f"| {one.int8 - one.float32:+.3f}{'' if one.holds else ' refused'} |\n"
        for one in kept
    )


def _metrics(kept: Sequence[Kept]) -> Iterator[Metric]:
    for one in kept:
        for name, value in (("AP50", one.int8), ("AP50 float32", one.float32)):
            yield Metric(
                label=one.label, name=name, value=value, dataset=one.dataset, truth=PEOPLE, n_boxes=one.n_boxes
            )
