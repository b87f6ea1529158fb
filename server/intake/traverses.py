"""Traverses as they come in: each exactly once, its observations, cases, history and outbox in one transaction.

Conservation: every observation received is attached, opened (and so attached to the case it opened), suppressed or
rejected; nothing else can happen to it.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.phones import PHONES
from pipeline.seal import Seal
from pipeline.types import Observation, Reason, Traverse
from pipeline.wire import TraverseWire, from_wire
from server.association.engine import associate
from server.association.outcome import Attach, Open, Reject, Suppress
from server.association.priors import default_priors
from server.cases.advertisers import keep_numbers
from server.cases.candidates import box_of, load_candidates
from server.cases.caseload import keep_beliefs, open_case, see_again
from server.cases.casework import announce
from server.cases.family import root_of
from server.cases.healing import heal_cases
from server.cases.holding import hold_traverse
from server.cases.outcomes import Outcome
from server.cases.recalling import keep_memory
from server.context import Context
from server.duty.dispatch import M_PER_DEG_LAT, zone_of
from server.errors import Conflict, Invalid
from server.intake.inputs import TraverseInput
from server.intake.seals import keep_seal
from server.intake.voices import MACHINE, Voice
from server.records.retries import retried
from server.records.tables import (
    CaseRow,
    DeclaredEvidence,
    Device,
    FrameTally,
    ObservationRow,
    StoredPicture,
    TraverseRow,
)
from server.replay.journal import entering

WIDEST_M = 5_000.0
FUTURE_NS = 24 * 3600 * 1_000_000_000


class IntakeReason(StrEnum):
    """Why the server rejects an observation; those that the pipeline shares carry the pipeline's word."""

    UNKNOWN_CATEGORY = "unknown_category"
    UNLOCATED = Reason.UNLOCATED.value
    OUTSIDE_ZONE = Reason.OUTSIDE_ZONE.value
    BAD_TIME = Reason.BAD_TIME.value


@dataclass(frozen=True, slots=True)
class ObservationLink:
    """What became of one observation."""

    observation_id: str
    outcome: Outcome
    case_id: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a traverse; first is False where the same body had come before."""

    traverse_id: str
    first: bool
    links: tuple[ObservationLink, ...]
    missing_evidence: tuple[str, ...]


def receive(context: Context, device_id: str, wire: TraverseWire, sealed: Seal | None = None) -> Receipt:
    """Take in a traverse, and the seal that came with it; answered after commit. Raises Conflict for an id that came
    with another body."""
    body = wire.model_dump_json().encode()
    traverse = _traverse_of(wire)
    return retried(lambda: _take_in(context, device_id, traverse, body, sealed))


def _take_in(context: Context, device_id: str, traverse: Traverse, body: bytes, sealed: Seal | None) -> Receipt:
    body_sha256 = hashlib.sha256(body).hexdigest()
    with context.store.write() as session:
        hold_traverse(session, traverse)
        before = session.get(TraverseRow, str(traverse.id))
        if before is not None:
            if before.body_sha256 != body_sha256 or before.device_id != device_id:
                raise Conflict("other_body", f"traverse {traverse.id} was received before with another body", "body.id")
            keep_seal(session, sealed, context.now_ns())
            return receipt_of(session, before.id, first=False)
        _refuse_known_observations(session, traverse)
        entry = TraverseInput(str(traverse.id), device_id)
        with entering(session, context, entry, box_of(traverse)) as context:
            fold_traverse(session, context, device_id, traverse, body)
        keep_seal(session, sealed, context.now_ns())
        return receipt_of(session, str(traverse.id), first=True)


def fold_traverse(
    session: Session, context: Context, device_id: str, traverse: Traverse, body: bytes, voice: Voice = MACHINE
) -> None:
    """Write a traverse that is new, and all that follows from it. voice: how its source is believed."""
    now_ns = context.now_ns()
    row = TraverseRow(
        id=str(traverse.id),
        device_id=device_id,
        body_sha256=hashlib.sha256(body).hexdigest(),
        body=body,
        received_ns=now_ns,
        observations=len(traverse.observations),
        first_ns=min((pose.utc_ns for pose in traverse.poses), default=None),
        last_ns=max((pose.utc_ns for pose in traverse.poses), default=None),
        offset_east_m=0.0,
        offset_north_m=0.0,
    )
    session.add(row)
    session.flush()
    session.add_all(_tallies(traverse))
    _link_all(session, context, row, traverse, voice, now_ns)
    session.get_one(Device, device_id).last_traverse_ns = now_ns
    announce(session, "traverse", row.id, now_ns)
    session.flush()


def receipt_of(session: Session, traverse_id: str, first: bool) -> Receipt:
    """The answer to a stored traverse, read back from the records."""
    rows = session.execute(
        select(ObservationRow.id, ObservationRow.outcome, ObservationRow.case_id, ObservationRow.reason)
        .where(ObservationRow.traverse_id == traverse_id)
        .order_by(ObservationRow.position)
    )
    links = tuple(ObservationLink(ident, Outcome(outcome), case_id, why) for ident, outcome, case_id, why in rows)
    missing = session.scalars(
        select(DeclaredEvidence.sha256)
        .join(ObservationRow, ObservationRow.id == DeclaredEvidence.observation_id)
        .outerjoin(StoredPicture, StoredPicture.sha256 == DeclaredEvidence.sha256)
        .where(ObservationRow.traverse_id == traverse_id, StoredPicture.sha256.is_(None))
        .order_by(ObservationRow.position, DeclaredEvidence.position)
    )
    return Receipt(traverse_id, first, links, tuple(dict.fromkeys(missing)))


def screen(context: Context, seen: Observation, now_ns: int) -> IntakeReason | None:
    """Why an observation cannot become part of a case, None where it can."""
    if seen.category not in context.city.taxonomy.categories:
        return IntakeReason.UNKNOWN_CATEGORY
    if seen.lat is None or seen.lon is None or seen.covariance is None:
        return IntakeReason.UNLOCATED
    if seen.utc_ns > now_ns + FUTURE_NS:
        return IntakeReason.BAD_TIME
    stay = context.city.stays.get(seen.category)
    if stay is None or not stay.zone_kinds or "zone_id" in dict(seen.attributes):
        return None
    slack_m = 2.0 * max(seen.covariance.ee, seen.covariance.nn) ** 0.5
    inside = zone_of(seen.lat, seen.lon, context.city.zones, stay.zone_kinds, slack_m)
    return None if inside is not None else IntakeReason.OUTSIDE_ZONE


def _traverse_of(wire: TraverseWire) -> Traverse:
    try:
        traverse = from_wire(wire)
    except ValueError as error:
        raise Invalid("bad_traverse", str(error), "body") from error
    width_m = _width_m(traverse)
    if width_m > WIDEST_M:
        raise Invalid("too_wide", f"a traverse is a street block; this one spans {width_m:.0f} m", "body")
    for number, seen in enumerate(traverse.observations):
        length = math.hypot(*seen.appearance)
        if seen.appearance and not 0.95 <= length <= 1.05:
            where = f"body.observations.{number}.appearance"
            raise Invalid("not_a_unit_vector", f"an appearance has the length 1, not {length:.3g}", where)
    if len({len(seen.appearance) for seen in traverse.observations if seen.appearance}) > 1:
        raise Invalid(
            "mixed_appearance", "the appearances of a traverse have one length, of one model", "body.observations"
        )
    ids = [seen.id for seen in traverse.observations]
    twice = {one for one in ids if ids.count(one) > 1} if len(set(ids)) < len(ids) else set()
    if twice:
        raise Invalid("id_twice", f"observation {min(twice)} stands twice in the traverse", "body.observations")
    return traverse


def _width_m(traverse: Traverse) -> float:
    """The diagonal of all that has a place; a bound on how much of the map one traverse can touch."""
    lats = [pose.lat for pose in traverse.poses] + [one.lat for one in traverse.observations if one.lat is not None]
    lons = [pose.lon for pose in traverse.poses] + [one.lon for one in traverse.observations if one.lon is not None]
    if not lats or not lons:
        return 0.0
    east = (max(lons) - min(lons)) * math.cos(math.radians(min(map(abs, lats))))
    return M_PER_DEG_LAT * math.hypot(max(lats) - min(lats), east)


def _refuse_known_observations(session: Session, traverse: Traverse) -> None:
    ids = [str(seen.id) for seen in traverse.observations]
    for start in range(0, len(ids), 500):
        known = session.scalar(
            select(ObservationRow.id).where(ObservationRow.id.in_(ids[start : start + 500])).limit(1)
        )
        if known is not None:
            raise Conflict("known_observation", f"observation {known} came with another traverse", "body.observations")


def _link_all(
    session: Session, context: Context, row: TraverseRow, traverse: Traverse, voice: Voice, now_ns: int
) -> None:
    """Screen, associate, and write every observation with what became of it."""
    reasons = [screen(context, seen, now_ns) for seen in traverse.observations]
    fit = tuple(seen for seen, reason in zip(traverse.observations, reasons, strict=True) if reason is None)
    looked = replace(traverse, observations=fit)
    first_ns = min([pose.utc_ns for pose in traverse.poses] + [seen.utc_ns for seen in fit], default=now_ns)
    near = load_candidates(session, looked, first_ns)
    cases = near.cases
    priors = default_priors()
    memory = context.recall(session).memory
    known = near.as_known(first_ns, dismissed=voice.silenced)
    found = associate(looked, known, priors, memory, heal=True, parted=near.parted)
    row.offset_east_m, row.offset_north_m = found.shift.east_m, found.shift.north_m
    links = {link.observation_id: link.outcome for link in found.links}
    opened: dict[int, CaseRow] = {}
    numbered: set[str] = set()
    rows: list[ObservationRow] = []
    for position, (seen, screened) in enumerate(zip(traverse.observations, reasons, strict=True)):
        case, outcome, why = None, Outcome.REJECTED, screened.value if screened is not None else None
        match links.get(seen.id):
            case Attach(case_id):
                case, outcome = cases[case_id], Outcome.ATTACHED
                see_again(session, context, case, near.body(case_id), seen, voice, now_ns)
            case Suppress(case_id):
                case, outcome = cases[case_id], Outcome.SUPPRESSED
            case Open(index) if index in opened:
                case, outcome = opened[index], Outcome.ATTACHED
                see_again(session, context, case, [case], seen, voice, now_ns)
            case Open(index, recurs_of):
                recurs_of = None if recurs_of is None else near.root(recurs_of).id
                case = open_case(session, context, seen, found.opened[index], recurs_of, voice, now_ns)
                opened[index], outcome = case, Outcome.OPENED
            case Reject(engine_reason):
                why = engine_reason.value
            case None:
                pass
        rows.append(_observation_row(row.id, position, seen, outcome, why, case))
        if case is not None and PHONES in dict(seen.attributes):
            numbered.add(root_of(session, case).id)
    # All at once, after the cases that they name and before the pictures that name them.
    session.flush()
    session.add_all(rows)
    session.flush()
    session.add_all(declared for seen in traverse.observations for declared in _declared(seen))
    keep_numbers(session, context, numbered)
    keep_beliefs(session, context, near, found.updated, priors.retire_gone, now_ns)
    heal_cases(session, context, cases, found.merges, now_ns)
    keep_memory(session, memory, found.memory)


def _observation_row(
    traverse_id: str, position: int, seen: Observation, outcome: Outcome, why: str | None, case: CaseRow | None
) -> ObservationRow:
    sigma = None if seen.covariance is None else max(seen.covariance.ee, seen.covariance.nn) ** 0.5
    return ObservationRow(
        id=str(seen.id),
        traverse_id=traverse_id,
        position=position,
        category=seen.category,
        utc_ns=seen.utc_ns,
        lat=seen.lat,
        lon=seen.lon,
        sigma_m=sigma,
        camera_lat=seen.camera_lat,
        camera_lon=seen.camera_lon,
        camera_heading_deg=seen.camera_heading_deg,
        range_m=seen.range_m,
        score=seen.score,
        model_digest=seen.model_digest,
        attributes=dict(seen.attributes),
        outcome=outcome,
        reason=why,
        case_id=None if case is None else case.id,
    )


def _declared(seen: Observation) -> list[DeclaredEvidence]:
    return [
        DeclaredEvidence(
            observation_id=str(seen.id),
            position=position,
            sha256=item.sha256,
            role=item.role,
            media_type=item.media_type,
            size_bytes=item.size_bytes,
            redaction=item.redaction,
            box=None if item.box is None else list(item.box),
        )
        for position, item in enumerate(seen.evidence)
    ]


def _tallies(traverse: Traverse) -> list[FrameTally]:
    counts = [("analysed", "", traverse.frames.analysed)]
    counts += [("skipped", reason.value, n) for reason, n in traverse.frames.skipped]
    counts += [("quarantined", reason.value, n) for reason, n in traverse.frames.quarantined]
    return [FrameTally(traverse_id=str(traverse.id), stage=stage, reason=why, frames=n) for stage, why, n in counts]
