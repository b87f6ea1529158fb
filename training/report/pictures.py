"""Mistakes as pictures. They show streets with people in them, so each goes through the privacy step first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from models.privacy import PrivacyStep
from pipeline.evidence import context_box, encode
from pipeline.observation import EvidenceRole
from pipeline.redact import DidNotRun, redact
from training.evaluate import Sitting
from training.pictures import read_picture
from training.report.mistakes import Kind, Mistake

LONGEST_PX: Final = 300
QUALITY: Final = 76
CONTEXT: Final = 0.9
TRUE_BGR, FALSE_BGR = (60, 160, 40), (30, 60, 230)


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A mistake and its JPEG; without one where the privacy step did not run, and then `why` says so."""

    mistake: Mistake
    jpeg: bytes | None
    why: str = ""


def show(sitting: Sitting, mistakes: Iterable[Mistake], privacy: PrivacyStep) -> list[Shown]:
    """Each mistake cut out with what stands around it: the box in question thick, the label's true boxes green."""
    return [_show(sitting, mistake, privacy) for mistake in mistakes]


def _show(sitting: Sitting, mistake: Mistake, privacy: PrivacyStep) -> Shown:
    picture = read_picture(sitting.exam.items[mistake.place].picture)
    regions = privacy.find(picture)
    if isinstance(regions, DidNotRun):
        return Shown(mistake, None, regions.why)
    of = sitting.answers[mistake.label]
    true = [tuple(map(float, box)) for box in of.true_xyxy[of.true_picture == mistake.place]]
    boxes = [*true, mistake.xyxy] if mistake.kind is Kind.FALSE_ALARM else true
    colours = [TRUE_BGR] * len(true) + [FALSE_BGR] * (len(boxes) - len(true))
    around = context_box(mistake.xyxy, CONTEXT)
    cut = redact(picture, regions).crop(around).shrink(LONGEST_PX)
    # Drawn after the cut, so that lines are as thick in a corner of a photo as over all of it.
    scale = cut.width_px / (min(around[2], picture.shape[1]) - max(around[0], 0.0))
    left, top = max(around[0], 0.0), max(around[1], 0.0)
    moved = [
        ((x1 - left) * scale, (y1 - top) * scale, (x2 - left) * scale, (y2 - top) * scale) for x1, y1, x2, y2 in boxes
    ]
    return Shown(mistake, encode(cut.outline(moved, colours), EvidenceRole.CLOSE, QUALITY).content)
