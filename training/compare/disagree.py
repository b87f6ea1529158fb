"""The pictures on which two models disagree most, drawn side by side after the privacy step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.privacy import PrivacyStep
from pipeline.boxes import Box as Corners
from pipeline.boxes import iou_matrix
from pipeline.detections import Detections
from pipeline.evidence import encode
from pipeline.observation import EvidenceRole
from pipeline.redact import Colour, DidNotRun, Redacted, redact
from training.compare.sight import Contender, Pair, Sight
from training.evaluate import Exam, Seen, pixels
from training.mix import Item
from training.pictures import read_picture

SHOWN: Final = 12
SHOWN_PX: Final = 560
SAME: Final = 0.5
TRUE: Final[Colour] = (80, 160, 40)
FALSE: Final[Colour] = (40, 40, 220)
MISSED: Final[Colour] = (0, 160, 255)
UNKNOWN: Final[Colour] = (110, 110, 110)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A picture of an exam, and by how much the models disagree there: the scores of the boxes that only one found."""

    exam: Exam
    item: Item
    disagreement: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """The picture as each model sees it, JPEG; or why it may not be shown."""

    dataset: str
    name: str
    disagreement: float
    champion: bytes = b""
    challenger: bytes = b""
    hidden: str = ""


def most_disputed(pair: Pair, exams: Iterable[Exam], seen: Mapping[Path, Sight], most: int = SHOWN) -> list[Case]:
    """The most disputed pictures first, each once, in the first exam that asks about it."""
    cases: dict[Path, Case] = {}
    for exam in exams:
        for item in exam.items:
            if item.picture not in cases:
                amount = _disagreement(pair, seen[item.picture])
                cases[item.picture] = Case(exam, item, amount)
    disputed = [case for case in cases.values() if case.disagreement > 0]
    return sorted(disputed, key=lambda case: (-case.disagreement, case.item.name))[:most]


def draw(pair: Pair, case: Case, sight: Sight, privacy: PrivacyStep) -> Drawn:
    """The case as two pictures; without them where the privacy step could not search the picture."""
    image = read_picture(case.item.picture)
    regions = privacy.find(image)
    if isinstance(regions, DidNotRun):
        return Drawn(case.exam.dataset, case.item.name, case.disagreement, hidden=regions.why)
    clean = redact(image, regions)
    one = _jpeg(_outlined(clean, pair.champion, sight.champion, case))
    two = _jpeg(_outlined(clean, pair.challenger, sight.challenger, case))
    return Drawn(case.exam.dataset, case.item.name, case.disagreement, one, two)


def _disagreement(pair: Pair, sight: Sight) -> float:
    one, two = _used(pair.champion, sight.champion), _used(pair.challenger, sight.challenger)
    one_labels = np.array([pair.champion.card.labels[label] for label in one.label], dtype=object)
    two_labels = np.array([pair.challenger.card.labels[label] for label in two.label], dtype=object)
    shared = (iou_matrix(one.xyxy, two.xyxy) >= SAME) & (one_labels[:, None] == two_labels[None, :])
    return float(one.score[~shared.any(axis=1)].sum() + two.score[~shared.any(axis=0)].sum())


def _used(by: Contender, seen: Seen) -> Detections:
    """What counts at the model's operating scores."""
    found = seen.found
    return found[found.score >= by.detector.thresholds[found.label]]


def _outlined(clean: Redacted, by: Contender, seen: Seen, case: Case) -> Redacted:
    """Green: a true box is there. Red: none is. Orange: a true box was missed. Grey: nobody looked."""
    used = _used(by, seen)
    boxes: list[Corners] = []
    colours: list[Colour] = []
    captions: list[str] = []
    for number, label in enumerate(by.card.labels):
        mine = used[used.label == number]
        true = pixels([box for box in case.item.boxes if box.label == label], seen.width_px, seen.height_px)
        right = _hit(mine.xyxy, true, case.exam.least_iou)
        asked = label in case.exam.labels
        for corners, score, hit in zip(mine.xyxy.tolist(), mine.score.tolist(), right, strict=True):
            boxes.append((corners[0], corners[1], corners[2], corners[3]))
            colours.append(UNKNOWN if not asked else TRUE if hit else FALSE)
            captions.append(f"{label} {score:.2f}")
        for corners, there in zip(true.tolist(), _hit(true, mine.xyxy, case.exam.least_iou), strict=True):
            if asked and not there:
                boxes.append((corners[0], corners[1], corners[2], corners[3]))
                colours.append(MISSED)
                captions.append(f"{label} missed")
    scale = SHOWN_PX / max(clean.width_px, clean.height_px)
    small = clean.shrink(SHOWN_PX)
    fitted = [tuple(side * min(scale, 1.0) for side in box) for box in boxes]
    return small.outline(fitted, colours, captions)  # type: ignore[arg-type]  # four sides each


def _hit(boxes: NDArray[np.float32], others: NDArray[np.float32], least_iou: float) -> list[bool]:
    if not len(boxes) or not len(others):
        return [False] * len(boxes)
    met: list[bool] = (iou_matrix(boxes, others).max(axis=1) >= least_iou).tolist()
    return met


def _jpeg(picture: Redacted) -> bytes:
    return encode(picture, EvidenceRole.WIDE).content
