"""What a model reaches, measured through the file that ships: its own letterbox, decoding and suppression, no torch.

Every figure says who drew the true boxes: people, a teacher model, a renderer, or our synthesis.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.detector import Detector
from training.mix import Item, Tally, fill_in
from training.pictures import read_picture
from training.said import read_said
from training.scoring import Curve, curve, match
from training.sources import Box, boxes_of, photos
from training.workshop import Workshop, render_items, synthetic_held_out

FLOOR: Final = 0.001
"""Average precision needs the weak detections too."""
PEOPLE: Final = "people"


@dataclass(frozen=True, slots=True)
class Exam:
    """A set of pictures with the labels whose true boxes are complete in it, and who drew them."""

    dataset: str
    truth: str
    labels: tuple[str, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a model reached on one label of one exam."""

    dataset: str
    truth: str
    label: str
    n_pictures: int
    n_boxes: int
    ap50: float
    threshold: float
    precision: float
    recall: float


def exams(shop: Workshop) -> Iterator[Exam]:
    """Everything that the recipe's model is measured on. No picture here was trained on."""
    labels = shop.recipe.labels
    waste = photos(shop.sources["street_waste_val"], shop.data)
    own = {photo.name: boxes_of(photo, shop.sources["street_waste_val"]) for photo in waste}
    yield Exam("street_waste_val", PEOPLE, ("litter", "overflowing_bin", "bin"), _items(waste, own))
    said = read_said(shop.said_path(shop.recipe.teacher.name, "street_waste_val"))
    taught = {
        photo.name: fill_in(own[photo.name], said.get(photo.name, []), shop.recipe.teacher.thresholds, (), Tally())
        for photo in waste
    }
    truth = f"teacher {shop.recipe.teacher.name}"
    yield Exam("street_waste_val", truth, tuple(shop.recipe.teacher.thresholds), _items(waste, taught))
    for name, own_labels in (("graffiti", ("illegal_ad",)), ("coco", tuple(shop.recipe.teacher.thresholds))):
        held = shop.split(name).held_out
        yield Exam(
            f"{name}_held_out",
            PEOPLE,
            own_labels,
            _items(held, {p.name: boxes_of(p, shop.sources[name]) for p in held}),
        )
    yield Exam("synthetic_ads_held_out", "synthesis", ("illegal_ad",), tuple(synthetic_held_out(shop)))
    if shop.renders is not None:
        yield Exam("renders_held_out", "renderer", labels, tuple(render_items(shop, held_out=True)))


def _items(shown: Iterable[object], boxes: Mapping[str, Sequence[Box]]) -> tuple[Item, ...]:
    return tuple(Item(p.name, p.picture, tuple(boxes[p.name])) for p in shown)  # type: ignore[attr-defined]


def sit(detector: Detector, exam: Exam) -> dict[str, Curve]:
    """The precision-recall curve of each of the exam's labels."""
    scores: dict[str, list[object]] = {label: [] for label in exam.labels}
    for item in exam.items:
        picture = read_picture(item.picture)
        found = detector.detect(picture, FLOOR)
        height, width = picture.shape[:2]
        for label in exam.labels:
            mine = found.label == detector.label_index(label)
            true = _pixels([box for box in item.boxes if box.label == label], width, height)
            scores[label].append(match(found.xyxy[mine], found.score[mine], true))
    return {label: curve(pictures) for label, pictures in scores.items()}  # type: ignore[arg-type]


def _pixels(boxes: Sequence[Box], width: int, height: int) -> NDArray[np.float32]:
    corners = [(box.x1 * width, box.y1 * height, box.x2 * width, box.y2 * height) for box in boxes]
    return np.array(corners, np.float32).reshape(-1, 4)


def marks(exam: Exam, curves: Mapping[str, Curve], thresholds: Mapping[str, float]) -> list[Mark]:
    """The exam's figures at the operating thresholds; labels without a true box are left out."""
    return [
        Mark(
            exam.dataset, exam.truth, label, len(exam.items), of.n_boxes, round(of.average_precision, 4),
            round(thresholds[label], 3), *(round(figure, 4) for figure in of.at(thresholds[label])),
        )
        for label, of in curves.items() if of.n_boxes
    ]  # fmt: skip


def table(rows: Sequence[Mark]) -> str:
    """The marks as a Markdown table."""
    head = (
        "| data set | truth by | label | pictures | boxes | AP50 | score from | precision | recall |\n"
        + "|---" * 9
        + "|\n"
    )
    return head + "".join(
        f"| {m.dataset} | {m.truth} | {m.label} | {m.n_pictures} | {m.n_boxes} | {m.ap50:.3f} | {m.threshold:.2f} "
        f"| {m.precision:.2f} | {m.recall:.2f} |\n"
        for m in rows
    )
