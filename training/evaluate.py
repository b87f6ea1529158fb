"""The exams that a model sits: every held-out set of its recipe, through the file that ships, without torch.

Every figure says who drew the true boxes: people, a teacher model, a renderer, or our synthesis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.detector import Detector
from pipeline.detections import Detections
from training.drawing import drawn_held_out
from training.mix import Item, Tally, fill_in
from training.pictures import Image, read_picture
from training.scoring import COCO_IOUS, Answers, Curve, answers, curve
from training.sources import Box, Photo
from training.stages import render_items
from training.workshop import WASTE, Workshop

FLOOR: Final = 0.001
"""Average precision needs the weak detections too."""
RENDERS: Final = "renders_held_out"
PEOPLE, TEACHER, FIELD = "people", "teacher", "field"
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

    @property
    def key(self) -> tuple[str, str]:
        """Data set and who drew its true boxes: what tells exams apart."""
        return self.dataset, self.truth


class Gap(StrEnum):
    """Why something was not measured."""

    NO_RENDERS = "no_renders"
    NOT_TAUGHT = "not_taught"
    NO_CLIP = "no_clip"
    NOT_A_STREET_MODEL = "not_a_street_model"
    NOT_TO_BE_SHOWN = "not_to_be_shown"
    NO_PRIVACY = "no_privacy"
    NOT_DESCRIBED = "not_described"
    NOTHING_HELD_OUT = "nothing_held_out"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that should have been measured and could not be. why: what is wrong and what to do, in English."""

    name: str
    gap: Gap
    why: str


def exams(shop: Workshop) -> Iterator[Exam | LeftOut]:
    """Everything that the recipe's model is measured on. No picture here was trained on."""
    yield from privacy_exams(shop) if "plate" in shop.recipe.labels else street_exams(shop)


def street_exams(shop: Workshop) -> Iterator[Exam | LeftOut]:
    labels, taught_labels = shop.recipe.labels, shop.recipe.taught_labels
    if WASTE in shop.sources:
        waste = shop.split(WASTE).held_out
        yield Exam(WASTE, PEOPLE, ("litter", "overflowing_bin", "bin"), _own_items(shop, waste))
        taught = _taught_items(shop, waste)
        yield taught if isinstance(taught, LeftOut) else Exam(WASTE, TEACHER, taught_labels, taught)
    else:
        yield _not_described(WASTE)
    for name, own_labels in (("graffiti", ("illegal_ad",)), ("coco", taught_labels)):
        if name in shop.sources:
            yield Exam(f"{name}_held_out", PEOPLE, own_labels, _own_items(shop, shop.split(name).held_out))
        else:
            yield _not_described(name)
    drawn = tuple(drawn_held_out(shop, "graffiti"))
    if drawn:
        yield Exam("drawn_ads_held_out", "synthesis", ("illegal_ad",), drawn)
    rendered = _rendered_items(shop)
    yield rendered if isinstance(rendered, LeftOut) else Exam(RENDERS, "renderer", labels, rendered)
    yield from field_exams(shop)


def field_exams(shop: Workshop) -> Iterator[Exam | LeftOut]:
    """The held-out pictures of the field's verdicts that the recipe uses, an exam a label: people spoke of one label in
    each picture, so that nothing else in it can be told right from wrong."""
    for name in (use.source for use in shop.recipe.uses if shop.source(use.source).format == "verdicts"):
        held = shop.split(name).held_out
        if not held:
            why = f'source {name} holds nothing out; give it split = "place" in its description.'
            yield LeftOut(f"{name} ({FIELD})", Gap.NOTHING_HELD_OUT, why)
        for label in shop.recipe.labels:
            asked = [photo for photo in held if label not in shop.unspoken(photo)]
            if asked:
                yield Exam(f"{name}_held_out, {label}", FIELD, (label,), _own_items(shop, asked))


def privacy_exams(shop: Workshop) -> Iterator[Exam | LeftOut]:
    """Recall is asked for by the size of a face or plate, for the small are hard, and the least legible."""
    taught = _taught_items(shop, shop.split(WASTE).held_out) if WASTE in shop.sources else _not_described(WASTE)
    for dataset, truth, items in ((WASTE, TEACHER, taught), (RENDERS, "renderer", _rendered_items(shop))):
        if isinstance(items, LeftOut):
            yield items
            continue
        yield Exam(dataset, truth, shop.recipe.labels, items, least_iou=COVERING)
        for least, most in SIZES_PX:
            name = f"{dataset}, {least} to {most} px high" if most < HUGE_PX else f"{dataset}, from {least} px high"
            yield Exam(name, truth, shop.recipe.labels, items, (least, most), COVERING)


def _taught_items(shop: Workshop, shown: Sequence[Photo]) -> tuple[Item, ...] | LeftOut:
    """The photos with their own boxes and what others' models add, if every such teacher looked at every photo."""
    others = [one for one in shop.recipe.teachers if one.kind != "card"]
    for teacher in others:
        waiting = {photo.name for photo in shown} - shop.said(teacher.name, WASTE).keys()
        if waiting:
            return LeftOut(
                f"{WASTE} ({TEACHER})",
                Gap.NOT_TAUGHT,
                f"teacher {teacher.name} has not looked at {len(waiting)} of {len(shown)} photos; "
                f"`steward train mix` with this recipe and --work {shop.work.parent} lets it.",
            )
    said = shop.taught(WASTE, others)
    bars = {label: shop.recipe.bars[label] for label in shop.recipe.taught_labels}
    filled = {
        photo.name: fill_in(shop.own_boxes(photo), said.get(photo.name, []), bars, (), Tally()).boxes for photo in shown
    }
    return _items(shown, filled)


def _rendered_items(shop: Workshop) -> tuple[Item, ...] | LeftOut:
    if shop.renders is None:
        why = "no rendered frames were given; pass --renders with their folder."
        return LeftOut(f"{RENDERS} (renderer)", Gap.NO_RENDERS, why)
    return tuple(render_items(shop, held_out=True))


def _not_described(name: str) -> LeftOut:
    return LeftOut(name, Gap.NOT_DESCRIBED, f"the file of sources describes no {name}; its exam is not sat.")


def _own_items(shop: Workshop, shown: Sequence[Photo]) -> tuple[Item, ...]:
    return _items(shown, {photo.name: shop.own_boxes(photo) for photo in shown})


def _items(shown: Sequence[Photo], boxes: Mapping[str, Sequence[Box]]) -> tuple[Item, ...]:
    return tuple(Item(photo.name, photo.picture, tuple(boxes[photo.name])) for photo in shown)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a detector found in a picture, the picture's size, and its light: mean and spread of grey, 0..255."""

    found: Detections
    width_px: int
    height_px: int
    grey_mean: float
    grey_spread: float


Looked = dict[Path, Seen]
"""Pictures that were looked at already: exams share them."""


@dataclass(frozen=True, slots=True, eq=False)
class Sitting:
    """An exam that was sat: what was seen in each of its pictures, and each label's answers."""

    exam: Exam
    seen: tuple[Seen, ...]
    answers: Mapping[str, Answers]

    def curve(self, label: str) -> Curve:
        """A label's precision-recall curve at the exam's own overlap."""
        return curve(self.answers[label], self.exam.least_iou)


def sit_all(shop: Workshop, detector: Detector) -> tuple[list[Sitting], list[LeftOut]]:
    """Sit every exam that can be sat, each picture fed in the shape that the model's card names for it."""
    looked, sat, left_out = Looked(), list[Sitting](), list[LeftOut]()
    for exam in exams(shop):
        if isinstance(exam, LeftOut):
            left_out.append(exam)
            shop.say(f"left out {exam.name}: {exam.why}")
        else:
            sat.append(sit(detector, exam, looked))
            shop.say(f"sat {exam.dataset} ({exam.truth}, {len(exam.items)} pictures)")
    return sat, left_out


def sit(detector: Detector, exam: Exam, looked: Looked) -> Sitting:
    """Every answer of a detector to an exam; adds to `looked` what it had to look at."""
    for item in exam.items:
        if item.picture not in looked:
            looked[item.picture] = look(detector, read_picture(item.picture))
    seen = tuple(looked[item.picture] for item in exam.items)
    return Sitting(
        exam, seen, {label: answers_to(exam, label, detector.label_index(label), seen) for label in exam.labels}
    )


def look(detector: Detector, picture: Image) -> Seen:
    """What a detector finds in a picture, weak boxes included."""
    mean, spread = cv2.meanStdDev(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
    height, width = picture.shape[:2]
    return Seen(detector.detect(picture, FLOOR), width, height, float(mean[0, 0]), float(spread[0, 0]))


def answers_to(
    exam: Exam, label: str, number: int, seen: Sequence[Seen], overlaps: Sequence[float] = COCO_IOUS
) -> Answers:
    """A label's answers to an exam, matched at the exam's own overlap and at these; number: the label's in `seen`."""
    found = [(one.found.xyxy[mine], one.found.score[mine]) for one in seen for mine in [one.found.label == number]]
    true = [
        pixels([box for box in item.boxes if box.label == label], one.width_px, one.height_px)
        for item, one in zip(exam.items, seen, strict=True)
    ]
    low, high = exam.height_px
    asked = [(boxes[:, 3] - boxes[:, 1] >= low) & (boxes[:, 3] - boxes[:, 1] < high) for boxes in true]
    return answers(found, true, tuple(dict.fromkeys((exam.least_iou, *overlaps))), asked)


def pixels(boxes: Sequence[Box], width: int, height: int) -> NDArray[np.float32]:
    """True boxes as float32 [N, 4] px of a picture of that size."""
    corners = [(box.x1 * width, box.y1 * height, box.x2 * width, box.y2 * height) for box in boxes]
    return np.array(corners, np.float32).reshape(-1, 4)
