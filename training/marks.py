"""The few figures of each exam that a model's card and the table in its pages carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.evaluate import Sitting
from training.operating import OperatingPoint


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


def marks(sitting: Sitting, points: Mapping[str, OperatingPoint]) -> list[Mark]:
    """The exam's figures at the operating points; labels without a true box are left out.

    Precision and recall on the exam that chose a label's score are those of the photos that did not choose.
    """
    exam, rows = sitting.exam, []
    for label in exam.labels:
        of, point = sitting.curve(label), points[label]
        if of.n_boxes:
            precision, recall = (point.at.precision, point.at.recall) if point.by == exam.key else of.at(point.at.score)
            figures = (round(figure, 4) for figure in (of.average_precision, point.at.score, precision, recall))
            rows.append(Mark(exam.dataset, exam.truth, label, len(exam.items), of.n_boxes, exam.least_iou, *figures))
    return rows


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
