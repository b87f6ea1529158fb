"""The proof of a crew's work: an after-photo is taken near the case and after dispatch, was not used before, and passes
the privacy step before any of it is stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from shapely import Point
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.evidence import Picture as EncodedPicture
from pipeline.evidence import encode
from pipeline.observation import EvidenceRole
from pipeline.redact import DidNotRun, redact
from server.cases.family import members_of
from server.cases.lifecycle import State
from server.cases.workorders import moment, nanoseconds
from server.context import Context
from server.duty.dispatch import distance_m
from server.errors import Conflict, Invalid, TooLarge, Unavailable
from server.pictures.objects import digest_of
from server.pictures.reading import WORDS, Fault, nearly_same, perceptual_hash, read_picture, shrunk
from server.records.locks import Lock, hold
from server.records.pictures import AfterPhoto, DeclaredEvidence, StoredPicture
from server.records.tables import CaseRow, ObservationRow, WorkOrder

PHOTO_LIMIT = 20_000_000
NEAR_M = 150.0
LONGEST_PX = 2048
CLOCK_SLACK_NS = 120 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Claim:
    """What the phone says about a photo beside its EXIF. ident: made on the phone, to know by what it sends again."""

    taken_at: datetime | None = None
    place: tuple[float, float] | None = None
    ident: UUID | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture that passed the privacy step, not yet stored."""

    picture: EncodedPicture
    phash: str | None
    original_sha256: str
    taken_ns: int | None
    place: tuple[float, float] | None
    ident: UUID | None


def accept_photo(
    context: Context,
    content: bytes,
    claim: Claim,
    role: EvidenceRole = EvidenceRole.AFTER,
    limit: int = PHOTO_LIMIT,
) -> Photo:
    """Decode, read what it says of time and place, and redact. Raises ApiError; touches neither disk nor records."""
    if len(content) > limit:
        raise TooLarge("too_large", f"a photo has at most {limit} bytes", "body.file")
    with context.turns.taken():
        picture = read_picture(content, context.city.zone)
        if isinstance(picture, Fault):
            raise Invalid(picture, WORDS[picture], "body.file")
        taken_at = picture.taken_at or claim.taken_at
        if taken_at is not None and not 2000 <= taken_at.year <= 2200:
            raise Invalid("bad_time", f"the photo says that it was taken in the year {taken_at.year}", "body.taken_at")
        phash = perceptual_hash(picture.image)
        # The unpacked picture is let go of before another one has its turn.
        picture = replace(picture, image=shrunk(picture.image, LONGEST_PX))
        regions = context.privacy.find(picture.image)
    if isinstance(regions, DidNotRun):
        why = f"faces and plates could not be searched for ({regions.why}); nothing was stored"
        raise Unavailable("privacy_step_failed", why)
    return Photo(
        picture=encode(redact(picture.image, regions), role),
        phash=phash,
        original_sha256=digest_of(content),
        taken_ns=nanoseconds(taken_at) if taken_at is not None else None,
        place=picture.place or claim.place,
        ident=claim.ident,
    )


def is_new_proof(session: Session, context: Context, order: WorkOrder, case: CaseRow, photo: Photo) -> bool:
    """Whether a photo is proof for an order; False where it was received before: by its id whatever came after,
    and by its bytes while it is looked at or approved. Raises ApiError where it is none."""
    known = None if photo.ident is None else session.get(AfterPhoto, str(photo.ident))
    if known is not None:
        if (known.work_order_id, known.original_sha256) == (order.id, photo.original_sha256):
            return False
        raise Conflict("other_body", f"photo {photo.ident} was received before with another body", "body.photo_id")
    used = session.scalar(select(AfterPhoto).where(AfterPhoto.original_sha256 == photo.original_sha256))
    if used is not None and used.work_order_id == order.id and case.state in (State.FED_BACK, State.CLOSED):
        return False
    if used is not None or _looks_used(session, case, photo):
        raise Conflict("picture_used", "this picture was used before; take a new one", "body.file")
    if case.state != State.HANDLING:
        raise Conflict(
            "wrong_state", f"the case is {case.state}; an after-photo is for work that was accepted", "path.id"
        )
    _check_time(order, photo, context.now_ns())
    away_m = _away_m(case, photo)
    if away_m is not None and away_m > NEAR_M:
        raise Invalid(
            "too_far", f"the photo was taken {away_m:.0f} m from the case; at most {NEAR_M:.0f} m", "body.file"
        )
    return True


def keep_photo(
    session: Session, context: Context, order: WorkOrder, case: CaseRow, person_id: str, photo: Photo
) -> bool:
    """Record a photo whose bytes are stored as the order's proof; see `is_new_proof` for the answer."""
    hold(session, [Lock.PHOTOS])
    if not is_new_proof(session, context, order, case, photo):
        return False
    now_ns, away_m = context.now_ns(), _away_m(case, photo)
    sha256 = photo.picture.evidence.sha256
    note_stored(session, photo, now_ns)
    session.add(
        AfterPhoto(
            id=str(photo.ident or context.new_id()),
            work_order_id=order.id,
            sha256=sha256,
            original_sha256=photo.original_sha256,
            person_id=person_id,
            uploaded_ns=now_ns,
            taken_ns=photo.taken_ns,
            distance_m=None if away_m is None else round(away_m, 1),
        )
    )
    session.flush()
    return True


def note_stored(session: Session, photo: Photo, now_ns: int) -> None:
    """Record that a photo's bytes are stored, where that is not recorded yet."""
    kept = photo.picture.evidence
    if session.get(StoredPicture, kept.sha256) is not None:
        return
    session.add(
        StoredPicture(
            sha256=kept.sha256,
            media_type=kept.media_type,
            size_bytes=kept.size_bytes,
            redaction=kept.redaction,
            phash=photo.phash,
            stored_ns=now_ns,
        )
    )
    session.flush()


def _away_m(case: CaseRow, photo: Photo) -> float | None:
    return None if photo.place is None else distance_m(*photo.place, Point(case.lon, case.lat))


def _check_time(order: WorkOrder, photo: Photo, now_ns: int) -> None:
    if photo.taken_ns is None:
        return
    if photo.taken_ns < order.dispatched_ns - CLOCK_SLACK_NS:
        taken, sent = moment(photo.taken_ns), moment(order.dispatched_ns)
        raise Invalid("taken_before", f"the photo was taken {taken:%F %T}Z, before dispatch {sent:%F %T}Z", "body.file")
    if photo.taken_ns > now_ns + CLOCK_SLACK_NS:
        raise Invalid("bad_time", "the photo says that it was taken in the future; set the phone's clock", "body.file")


def _looks_used(session: Session, case: CaseRow, photo: Photo) -> bool:
    """Whether it is, re-encoded or scaled, any after-photo so far or a before-photo of this case."""
    if photo.phash is None:
        return False
    after = select(StoredPicture.phash).join(AfterPhoto, AfterPhoto.sha256 == StoredPicture.sha256)
    before = (
        select(StoredPicture.phash)
        .join(DeclaredEvidence, DeclaredEvidence.sha256 == StoredPicture.sha256)
        .join(ObservationRow, ObservationRow.id == DeclaredEvidence.observation_id)
        .where(ObservationRow.case_id.in_(members_of(session, [case.id])))
    )
    hashes = session.scalars(after.union(before))
    return any(known is not None and nearly_same(photo.phash, known) for known in hashes)
