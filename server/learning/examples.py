"""Judged observations as what a detector learns from: a close picture, what it was taken for, and where in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import h3
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.judge import VEHICLES
from pipeline.observation import EvidenceRole, Shares
from server.cases.workorders import moment
from server.learning.judged import Judged, judged_by_picture
from server.learning.verdicts import Unjudged, Verdict
from server.records.pictures import DeclaredEvidence, StoredPicture
from server.setup.city import City

PLACE_RESOLUTION: Final = 10
"""H3 cells of about 130 m across: coarse enough to name no door, fine enough to keep places apart in a split."""
MEDIA_TYPE: Final = "image/jpeg"


class LeftOut(StrEnum):
    """Why a judged observation is no example. Every member has a line in docs/server.md."""

    NO_LABEL = "no_label"
    NO_PICTURE = "no_picture"
    NOT_STORED = "not_stored"
    NOT_A_JPEG = "not_a_jpeg"
    NO_BOX = "no_box"
    THING_NOT_DENIED = "thing_not_denied"
    SAME_PICTURE = "same_picture"
    DISAGREEING = "disagreeing"


@dataclass(frozen=True, slots=True)
class Example:
    """A picture with a verdict. place: H3 cell of the case; day: in the city's time; box: None if nobody told it."""

    observation_id: str
    sha256: str
    size_bytes: int
    redaction: str
    verdict: Verdict
    label: str
    box: Shares | None
    case_id: str
    place: str
    day: date
    model_digest: str


@dataclass(frozen=True, slots=True)
class Sifted:
    """Observations = examples + left out (by reason) + unjudged (by reason)."""

    examples: list[Example]
    left_out: Counter[LeftOut]
    unjudged: Counter[Unjudged]


def taught_by_picture(session: Session, city: City, sha256: str) -> list[Example]:
    """What a picture teaches, by each observation that has it as its close view; empty where it teaches nothing."""
    sifted = sift(session, city, judged_by_picture(session, sha256))
    return [one for one in sifted.examples if one.sha256 == sha256]


def sift(session: Session, city: City, page: Sequence[Judged]) -> Sifted:
    """What these observations teach, in their order, and why the others teach nothing."""
    pictures = _close_views(session, [one.observation_id for one in page])
    sifted = Sifted([], Counter(), Counter())
    for one in page:
        if isinstance(one.verdict, Unjudged):
            sifted.unjudged[one.verdict] += 1
            continue
        match _example(city, one, one.verdict, pictures.get(one.observation_id)):
            case Example() as example:
                sifted.examples.append(example)
            case LeftOut() as why:
                sifted.left_out[why] += 1
    return sifted


@dataclass(frozen=True, slots=True)
class _CloseView:
    declared: DeclaredEvidence
    stored: StoredPicture | None


def _close_views(session: Session, ids: Sequence[str]) -> dict[str, _CloseView]:
    rows = session.execute(
        select(DeclaredEvidence, StoredPicture)
        .outerjoin(StoredPicture, StoredPicture.sha256 == DeclaredEvidence.sha256)
        .where(DeclaredEvidence.observation_id.in_(ids), DeclaredEvidence.role == EvidenceRole.CLOSE)
        .order_by(DeclaredEvidence.position.desc())
    )
    return {declared.observation_id: _CloseView(declared, stored) for declared, stored in rows}


def _example(city: City, one: Judged, verdict: Verdict, view: _CloseView | None) -> Example | LeftOut:
    if one.label is None or one.label not in city.taxonomy.labels:
        return LeftOut.NO_LABEL
    # Who dismisses a parked car says that it may stand there, not that it is no car.
    if verdict is Verdict.DISMISSED and one.label in VEHICLES:
        return LeftOut.THING_NOT_DENIED
    if view is None:
        return LeftOut.NO_PICTURE
    if (view.stored or view.declared).media_type != MEDIA_TYPE:
        return LeftOut.NOT_A_JPEG
    if verdict is Verdict.CONFIRMED and view.declared.box is None:
        return LeftOut.NO_BOX
    if view.stored is None:
        return LeftOut.NOT_STORED
    if not view.stored.redaction:
        raise AssertionError(f"picture {view.stored.sha256} is stored and names no privacy step")
    if one.case_id is None or one.lat is None or one.lon is None:
        raise AssertionError(f"observation {one.observation_id} has a verdict and no case")
    box = view.declared.box
    return Example(
        observation_id=one.observation_id,
        sha256=view.stored.sha256,
        size_bytes=view.stored.size_bytes,
        redaction=view.stored.redaction,
        verdict=verdict,
        label=one.label,
        box=None if box is None else (box[0], box[1], box[2], box[3]),
        case_id=one.case_id,
        place=h3.latlng_to_cell(one.lat, one.lon, PLACE_RESOLUTION),
        day=moment(one.utc_ns).astimezone(city.zone).date(),
        model_digest=one.model_digest,
    )
