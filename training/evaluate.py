"""What a model reaches, measured through the file that ships: its own letterbox, decoding and suppression, no torch.

Every figure says who drew the true boxes: people, a teacher model, a renderer, or our synthesis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.detector import Detector
from pipeline.types import Detections
from training.drawing import drawn_held_out
from training.mix import Item, Tally, fill_in
from training.pictures import read_picture
from training.scoring import Curve, PictureScore, curve, match
from training.sources import Box, Photo
from training.stages import render_items
from training.workshop import Workshop

FLOOR: Final = 0.001
"""Average precision needs the weak detections too."""
PEOPLE: Final = "people"
COVERING: Final = 0.2
"""A region that is filled, margin included, covers a face from about this overlap on."""
HUGE_PX: Final = 1_000_000
SIZES_PX: Final = ((0, 8), (8, 16), (16, HUGE_PX))


@dataclass(frozen=True, slots=True)
class Exam:
    """A set of pictures with the labels whose true boxes are complete in it, and who drew them.

    height_px: true boxes outside these heights are neither asked for nor held against the model. least_iou: the overlap
    from which a detection is one of a true box.
    """

    dataset: str
    truth: str
    labels: tuple[str, ...]
    items: tuple[Item, ...]
    height_px: tuple[int, int] = (0, 1_000_000)
    least_iou: float = 0.5


@dataclass(frozen=True, slots=True)
class Mark:
    """What a model reached on one label of one exam."""

    dataset: str
    truth: str
    label: str
    n_pictures: int
    n_boxes: int
    least_iou: float
    average_precision: float
    threshold: float
    precision: float
    recall: float


def exams(shop: Workshop) -> Iterator[Exam]:
    """Everything that the recipe's model is measured on. No picture here was trained on."""
    yield from privacy_exams(shop) if "plate" in shop.recipe.labels else street_exams(shop)


def street_exams(shop: Workshop) -> Iterator[Exam]:
    labels, taught_labels = shop.recipe.labels, shop.recipe.taught_labels
    waste = shop.split("street_waste_val").held_out
    own = {photo.name: shop.own_boxes(photo) for photo in waste}
    yield Exam("street_waste_val", PEOPLE, ("litter", "overflowing_bin", "bin"), _items(waste, own))
    yield Exam("street_waste_val", "teacher", taught_labels, _items(waste, _with_taught(shop, waste)))
    for name, own_labels in (("graffiti", ("illegal_ad",)), ("coco", taught_labels)):
        held = shop.split(name).held_out
        yield Exam(f"{name}_held_out", PEOPLE, own_labels, _items(held, {p.name: shop.own_boxes(p) for p in held}))
    yield Exam("drawn_ads_held_out", "synthesis", ("illegal_ad",), tuple(drawn_held_out(shop, "graffiti")))
    if shop.renders is not None:
        yield Exam("renders_held_out", "renderer", labels, tuple(render_items(shop, held_out=True)))


def privacy_exams(shop: Workshop) -> Iterator[Exam]:
    """Recall is asked for by the size of a face or plate, for the small are hard, and the least legible."""
    waste = shop.split("street_waste_val").held_out
    taught = _items(waste, _with_taught(shop, waste))
    renders = tuple(render_items(shop, held_out=True)) if shop.renders is not None else ()
    for dataset, truth, items in (("street_waste_val", "teacher", taught), ("renders_held_out", "renderer", renders)):
        if items:
            yield Exam(dataset, truth, shop.recipe.labels, items, least_iou=COVERING)
            for least, most in SIZES_PX:
                name = f"{dataset}, {least} to {most} px high" if most < HUGE_PX else f"{dataset}, from {least} px high"
                yield Exam(name, truth, shop.recipe.labels, items, (least, most), COVERING)


def _with_taught(shop: Workshop, shown: Sequence[Photo]) -> dict[str, tuple[Box, ...]]:
    """The photos' own boxes and what the recipe's teachers add."""
    said = shop.taught("street_waste_val")
    bars = {label: shop.recipe.bars[label] for label in shop.recipe.taught_labels}
    return {
        photo.name: fill_in(shop.own_boxes(photo), said.get(photo.name, []), bars, (), Tally()).boxes for photo in shown
    }


def _items(shown: Sequence[Photo], boxes: Mapping[str, Sequence[Box]]) -> tuple[Item, ...]:
    return tuple(Item(photo.name, photo.picture, tuple(boxes[photo.name])) for photo in shown)


Seen = dict[Path, tuple[Detections, int, int]]
"""What a detector found in a picture, and the picture's width and height: exams share pictures."""


def sit(detector: Detector, exam: Exam, seen: Seen) -> dict[str, Curve]:
    """The precision-recall curve of each of the exam's labels; adds to `seen` what it had to look at."""
    scores: dict[str, list[PictureScore]] = {label: [] for label in exam.labels}
    for item in exam.items:
        if item.picture not in seen:
            picture = read_picture(item.picture)
            seen[item.picture] = (detector.detect(picture, FLOOR), picture.shape[1], picture.shape[0])
        found, width, height = seen[item.picture]
        for label in exam.labels:
            mine = found.label == detector.label_index(label)
            true = _pixels([box for box in item.boxes if box.label == label], width, height)
            tall = true[:, 3] - true[:, 1]
            asked = (tall >= exam.height_px[0]) & (tall < exam.height_px[1])
            scores[label].append(match(found.xyxy[mine], found.score[mine], true, asked, exam.least_iou))
    return {label: curve(pictures) for label, pictures in scores.items()}


def _pixels(boxes: Sequence[Box], width: int, height: int) -> NDArray[np.float32]:
    corners = [(box.x1 * width, box.y1 * height, box.x2 * width, box.y2 * height) for box in boxes]
    return np.array(corners, np.float32).reshape(-1, 4)


def marks(exam: Exam, curves: Mapping[str, Curve], thresholds: Mapping[str, float]) -> list[Mark]:
    """The exam's figures at the operating thresholds; labels without a true box are left out."""
    return [
        Mark(
            exam.dataset, exam.truth, label, len(exam.items), of.n_boxes,
            exam.least_iou, round(of.average_precision, 4),
            round(thresholds[label], 3), *(round(figure, 4) for figure in of.at(thresholds[label])),
        )
        for label, of in curves.items() if of.n_boxes
    ]  # fmt: skip


def table(rows: Sequence[Mark]) -> str:
    """The marks as a Markdown table."""
    head = (
        "| data set | truth by | label | pictures | boxes | IoU | AP | score from | precision | recall |\n"
        + "|---" * 10
        + "|\n"
    )
    return head + "".join(
        f"| {m.dataset} | {m.truth} | {m.label} | {m.n_pictures} | {m.n_boxes} | {m.least_iou:.1f} "
        f"| {m.average_precision:.3f} | {m.threshold:.2f} | {m.precision:.2f} | {m.recall:.2f} |\n"
        for m in rows
    )
