"""Small exams for tests: boxes by hand, or by a seed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.detections import Detections
from training.evaluate import Exam, Seen, Sitting
from training.mix import Item
from training.scoring import COCO_IOUS, Answers, answers

Boxes = list[list[float]]
Picture = tuple[Boxes, list[float], Boxes]
"""One label in a picture: detections, their scores, true boxes; px."""


def answers_of(pictures: Sequence[Picture]) -> Answers:
    """The answers of pictures that are written down."""
    found = [(_boxes(boxes), np.array(score, np.float32)) for boxes, score, _ in pictures]
    return answers(found, [_boxes(true) for _, _, true in pictures], COCO_IOUS)


def random_pictures(seed: int, count: int = 12) -> list[Picture]:
    """Pictures with up to six true boxes, most of them found somewhat beside, and a few detections of nothing."""
    rng = np.random.default_rng(seed)
    return [_random_picture(rng) for _ in range(count)]


def random_answers(seed: int, shuffled: bool = False) -> Answers:
    """The answers of random pictures, in another order of pictures, boxes and detections where shuffled."""
    pictures = random_pictures(seed)
    if shuffled:
        rng = np.random.default_rng(seed + 1)
        pictures = [_shuffled(pictures[place], rng) for place in rng.permutation(len(pictures))]
    return answers_of(pictures)


def sitting(label_pictures: dict[str, Sequence[Picture]], light: Sequence[tuple[float, float]] = ()) -> Sitting:
    """An exam of 100 x 100 px pictures that was sat; light: mean and spread of grey of each picture."""
    count = len(next(iter(label_pictures.values())))
    lights = list(light) or [(120.0, 60.0)] * count
    items = tuple(Item(f"p{place}", Path(f"p{place}.png"), ()) for place in range(count))
    exam = Exam("exam", "people", tuple(label_pictures), items)
    seen = tuple(Seen(Detections.none(), 100, 100, mean, spread) for mean, spread in lights)
    return Sitting(exam, seen, {label: answers_of(pictures) for label, pictures in label_pictures.items()})


def _random_picture(rng: np.random.Generator) -> Picture:
    corners = rng.uniform(0, 500, (rng.integers(0, 7), 2))
    true = np.concatenate([corners, corners + rng.uniform(20, 120, corners.shape)], axis=1)
    beside = true[rng.random(len(true)) < 0.85]
    beside = beside + rng.normal(0, 6, beside.shape)
    stray = rng.uniform(0, 500, (rng.integers(0, 4), 2))
    found = np.concatenate([beside, np.concatenate([stray, stray + 50], axis=1)])
    return found.tolist(), rng.random(len(found)).tolist(), true.tolist()


def _shuffled(picture: Picture, rng: np.random.Generator) -> Picture:
    found, score, true = picture
    order, places = rng.permutation(len(found)), rng.permutation(len(true))
    return [found[at] for at in order], [score[at] for at in order], [true[at] for at in places]


def _boxes(boxes: Boxes) -> np.ndarray:
    return np.array(boxes, np.float32).reshape(-1, 4)
