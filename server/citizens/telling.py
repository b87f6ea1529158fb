"""People tell of a problem: a photo, a place and a category become a report, and a token says what became of it.

The photo passes the privacy step before any of it is stored. All that is known of a citizen is the report: no name, no
address, the token only as its digest, and a telephone number only for the one message that was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.observation import (
    AttributeValue,
    ClockQuality,
    Covariance,
    Evidence,
    EvidenceRole,
    Observation,
    SourceKind,
)
from server.access.people import SignedIn, new_token, token_digest
from server.access.roles import Role
from server.cases.family import root_of
from server.cases.holding import hold_traverses
from server.cases.review import Claim, Photo, accept_photo, note_stored
from server.citizens.following import Followed, ReportRow, follow, may_say_not_fixed, newest_of, reports_under
from server.citizens.notices import Language, keep_contact
from server.citizens.whereabouts import Whereabouts, by_photo
from server.context import Context
from server.errors import Conflict, Invalid, NotFound, TooMany
from server.intake.channels import channel_of
from server.intake.reports import report_of, take_in_report
from server.measures import OBSERVATIONS
from server.pictures.objects import digest_of
from server.records.locks import hold, key_of
from server.records.retries import retried
from server.records.tables import CaseRow, ObservationRow, Person

PHOTO_LIMIT: Final = 10_000_000
"""Bytes of a report's photo."""
HOUR_NS: Final = 3600 * 1_000_000_000
AN_HOUR: Final = 600
"""Reports of citizens that are taken in an hour in all: more are no city's word but somebody's program."""
PHOTO_AGE_NS: Final = 24 * HOUR_NS
"""A photo that says it is older than this was not taken of what is there now; the report counts for the present."""
SCORES: Final = {SourceKind.CITIZEN: 0.7, SourceKind.INSPECTOR: 0.95}


@dataclass(frozen=True, slots=True)
class Told:
    """token: under which the reporter asks; it is shown once and kept as its digest."""

    token: str
    followed: Followed


@dataclass(frozen=True, slots=True)
class Claimed:
    """What somebody says: which category, where (None: the photo tells), with which photo, and whom to tell when it is
    fixed. token: made where the report was made, to know by what is sent again; None where nobody made one."""

    category: str
    whereabouts: Whereabouts | None
    content: bytes
    phone: str | None = None
    language: Language = "zh-CN"
    token: str | None = None


def tell(context: Context, claimed: Claimed, inspector: SignedIn | None = None) -> Told:
    """Take in what a citizen, or an inspector who is signed in, tells. Raises Invalid where the city has no such
    category or no grid there, TooMany where citizens have told too much within an hour, Conflict where another
    report came under its token, and what `accept_photo` raises.

    What can be refused without the photo is, before it is unpacked and before anything is stored; and what was received
    before is answered so.
    """
    if claimed.token is not None:
        with context.store.read() as session:
            before = _received(session, context, claimed, claimed.token, digest_of(claimed.content), inspector)
        if before is not None:
            return before
    if claimed.category not in context.city.taxonomy.categories:
        raise Invalid("unknown_category", "the city has no such category", "body.category")
    if claimed.whereabouts is not None:
        _refuse_outside(context, claimed.whereabouts)
    if inspector is None:
        with context.store.read() as session:
            _refuse_a_flood(session, context.now_ns())
    photo = accept_photo(context, claimed.content, Claim(), EvidenceRole.WIDE, PHOTO_LIMIT)
    spot = claimed.whereabouts or _shown_by(context, photo)
    context.objects.put(photo.picture.evidence.sha256, photo.picture.content)
    return retried(lambda: _take_in(context, claimed, spot, photo, inspector))


def followed(context: Context, token: str) -> Followed:
    """What became of the report that this token is of. Raises NotFound."""
    with context.store.read() as session:
        found = newest_of(session, token_digest(token))
        if found is None:
            raise _unknown()
        return follow(session, *found, context.now_ns())


def say_not_fixed(context: Context, token: str) -> Followed:
    """The reporter saw that the problem is still there, though it was said to be done: one more report, at the place of
    its case, an inspector's only while that person is active. Raises NotFound, and Conflict where nothing was said to
    be done since the last report, or too long ago."""
    return retried(lambda: _say_not_fixed(context, token))


def _take_in(context: Context, claimed: Claimed, spot: Whereabouts, photo: Photo, inspector: SignedIn | None) -> Told:
    now_ns, token, taken_ns = context.now_ns(), claimed.token or new_token(), photo.taken_ns
    recent = taken_ns is not None and now_ns - PHOTO_AGE_NS <= taken_ns <= now_ns
    seen = _observation(
        context.new_id(),
        claimed.category,
        taken_ns if recent and taken_ns is not None else now_ns,
        (spot.lat, spot.lon, spot.covariance),
        SourceKind.CITIZEN if inspector is None else SourceKind.INSPECTOR,
        (photo.picture.evidence,),
    )
    with context.store.write() as session:
        if claimed.token is not None:
            hold(session, [key_of(token_digest(token))])
            before = _received(session, context, claimed, token, photo.original_sha256, inspector)
            if before is not None:
                return before
        if inspector is None:
            _refuse_a_flood(session, now_ns)
        note_stored(session, photo, now_ns)
        person_id = None if inspector is None else inspector.id
        device_id = channel_of(session, inspector, now_ns)
        report = _report(session, context, seen, device_id, token_digest(token), person_id, photo.original_sha256)
        if claimed.phone is not None:
            keep_contact(session, token_digest(token), claimed.phone, claimed.language, now_ns)
        told = Told(token, follow(session, *report, now_ns))
    OBSERVATIONS.labels(seen.source_kind).inc()
    return told


def _received(
    session: Session, context: Context, claimed: Claimed, token: str, photo_sha256: str, inspector: SignedIn | None
) -> Told | None:
    """What is told of a report that was received before under its token; None where none was. Raises Conflict where
    that was another one."""
    under = reports_under(session, token_digest(token))
    if not under:
        return None
    first, seen = under[-1]
    person_id = None if inspector is None else inspector.id
    if (first.photo_sha256, seen.category, first.person_id) != (photo_sha256, claimed.category, person_id):
        raise Conflict("other_body", "another report was received before under this token", "body.token")
    return Told(token, follow(session, *under[0], context.now_ns()))


def _say_not_fixed(context: Context, token: str) -> Followed:
    now_ns, digest = context.now_ns(), token_digest(token)
    with context.store.write() as session:
        found = newest_of(session, digest)
        if found is None:
            raise _unknown()
        report, before = found
        case = None if before.case_id is None else root_of(session, session.get_one(CaseRow, before.case_id))
        if case is None or not may_say_not_fixed(session, report, case, now_ns):
            raise Conflict("nothing_done", "nothing was said to be done since your last report", "path.token")
        inspector = _active(session, report.person_id)
        seen = _observation(
            context.new_id(),
            case.category,
            now_ns,
            (case.lat, case.lon, Covariance(case.ee, case.en, case.nn)),
            SourceKind.CITIZEN if inspector is None else SourceKind.INSPECTOR,
            attributes=(("not_fixed", True),),
        )
        person_id = None if inspector is None else inspector.id
        again = _report(session, context, seen, channel_of(session, inspector, now_ns), digest, person_id)
        became = follow(session, *again, now_ns)
    OBSERVATIONS.labels(seen.source_kind).inc()
    return became


def _active(session: Session, person_id: str | None) -> SignedIn | None:
    """The inspector who made a report; None where a citizen did, or somebody who has left."""
    found = None if person_id is None else session.get_one(Person, person_id)
    if found is None or not found.active:
        return None
    return SignedIn(found.id, found.name, found.display, Role(found.role))


def _report(
    session: Session,
    context: Context,
    seen: Observation,
    device_id: str,
    digest: str,
    person_id: str | None,
    photo_sha256: str | None = None,
) -> tuple[ReportRow, ObservationRow]:
    """Take in an observation as a report under a token."""
    traverse = report_of(context.new_id(), device_id, seen)
    hold_traverses(session, [traverse])
    take_in_report(session, context, traverse)
    made_ns, ident = context.now_ns(), str(traverse.id)
    row = ReportRow(
        traverse_id=ident, token_sha256=digest, made_ns=made_ns, person_id=person_id, photo_sha256=photo_sha256
    )
    session.add(row)
    session.flush()
    return row, session.get_one(ObservationRow, str(seen.id))


def _observation(
    ident: UUID,
    category: str,
    utc_ns: int,
    place: tuple[float, float, Covariance],
    source: SourceKind,
    evidence: tuple[Evidence, ...] = (),
    attributes: tuple[tuple[str, AttributeValue], ...] = (),
) -> Observation:
    lat, lon, covariance = place
    return Observation(
        id=ident,
        category=category,
        utc_ns=utc_ns,
        clock=ClockQuality.DEVICE,
        lat=lat,
        lon=lon,
        covariance=covariance,
        camera_lat=None,
        camera_lon=None,
        camera_heading_deg=None,
        range_m=None,
        bearing_deg=None,
        score=SCORES[source],
        source_kind=source,
        model_digest="",
        attributes=attributes,
        evidence=evidence,
    )


def _shown_by(context: Context, photo: Photo) -> Whereabouts:
    """Where a photo says that it was taken."""
    if photo.place is None:
        raise Invalid("no_place", "neither phone nor photo tells where it is; set a pin", "body.lat")
    spot = by_photo(*photo.place)
    _refuse_outside(context, spot)
    return spot


def _refuse_outside(context: Context, spot: Whereabouts) -> None:
    if context.city.home_of(spot.lat, spot.lon) is None:
        raise Invalid(
            "outside_city", "this place lies outside the city's grids; nobody here looks after it", "body.lat"
        )


def _refuse_a_flood(session: Session, now_ns: int) -> None:
    made = select(func.count()).where(ReportRow.made_ns > now_ns - HOUR_NS, ReportRow.person_id.is_(None))
    if (session.scalar(made) or 0) >= AN_HOUR:
        raise TooMany("too_many_reports", "more reports came than can be taken in; try again later", None, 600)


def _unknown() -> NotFound:
    return NotFound("no_report", "there is no report under this token", "path.token")
