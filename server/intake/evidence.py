"""Pictures from devices: only those an observation declared, only if their bytes are what was declared."""

from __future__ import annotations

import cv2
import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.sealed import LARGEST_BYTES, SEALED_MEDIA
from server.cases.family import with_survivors
from server.context import Context
from server.errors import Invalid, NotFound
from server.pictures.objects import digest_of
from server.pictures.reading import WORDS, Fault, open_picture, perceptual_hash
from server.records.outbox import tell
from server.records.pictures import AfterPhoto, DeclaredEvidence, StoredPicture
from server.records.retries import retried
from server.records.tables import ObservationRow, TraverseRow, WorkOrder

LIMIT = 20_000_000


def receive_picture(context: Context, device_id: str, sha256: str, content: bytes) -> bool:
    """Store a declared picture; False where it was stored before. Raises NotFound, or Invalid for other bytes."""
    with context.store.read() as session:
        declared = declared_by(session, device_id, sha256)
    return keep_picture(context, declared, content)


def declared_by(session: Session, device_id: str, sha256: str) -> DeclaredEvidence:
    """What a device said of a picture; raises NotFound where none of its observations declared it."""
    declared = session.scalar(
        select(DeclaredEvidence)
        .join(ObservationRow, ObservationRow.id == DeclaredEvidence.observation_id)
        .join(TraverseRow, TraverseRow.id == ObservationRow.traverse_id)
        .where(DeclaredEvidence.sha256 == sha256, TraverseRow.device_id == device_id)
        .limit(1)
    )
    if declared is None:
        raise NotFound(
            "undeclared", f"none of your observations declared {sha256}; send its traverse first", "path.sha256"
        )
    return declared


def keep_picture(context: Context, declared: DeclaredEvidence, content: bytes) -> bool:
    """Look at what came and store it, bytes first, then the record; False where it was stored before.

    Raises Invalid where the bytes are not what was declared.
    """
    sha256 = declared.sha256
    if digest_of(content) != sha256:
        raise Invalid("other_bytes", f"the body's SHA-256 is not {sha256}; send it again", "body")
    if len(content) != declared.size_bytes:
        raise Invalid("other_size", f"{declared.size_bytes} bytes were declared, {len(content)} came", "body")
    phash = _check_media(content, declared.media_type)
    context.objects.put(sha256, content)
    return retried(lambda: _record(context, declared, phash))


def _record(context: Context, declared: DeclaredEvidence, phash: str | None) -> bool:
    """Note that a picture is stored; False where that was noted before."""
    with context.store.write() as session:
        if session.get(StoredPicture, declared.sha256) is not None:
            return False
        row = StoredPicture(
            sha256=declared.sha256,
            media_type=declared.media_type,
            size_bytes=declared.size_bytes,
            redaction=declared.redaction,
            phash=phash,
            stored_ns=context.now_ns(),
        )
        session.add(row)
        for case_id in _cases_of(session, row.sha256):
            tell(session, "case", case_id, row.stored_ns)
    return True


def may_see(session: Session, sha256: str, person_id: str) -> bool:
    """Whether a picture belongs to a case that this crew member had a work order for, or to one that was merged into
    such a case."""
    after = (
        select(WorkOrder.case_id)
        .join(AfterPhoto, AfterPhoto.work_order_id == WorkOrder.id)
        .where(AfterPhoto.sha256 == sha256)
    )
    shown_by = with_survivors(session, {*_cases_of(session, sha256), *session.scalars(after)})
    mine = select(WorkOrder.id).where(WorkOrder.crew_id == person_id, WorkOrder.case_id.in_(shown_by))
    return session.scalar(mine.limit(1)) is not None


def _cases_of(session: Session, sha256: str) -> list[str]:
    rows = session.scalars(
        select(ObservationRow.case_id)
        .join(DeclaredEvidence, DeclaredEvidence.observation_id == ObservationRow.id)
        .where(DeclaredEvidence.sha256 == sha256, ObservationRow.case_id.is_not(None))
        .distinct()
    )
    return [str(row) for row in rows]


def _check_media(content: bytes, media_type: str) -> str | None:
    """The perceptual hash of a picture, None for a clip; raises Invalid where the bytes are of another kind.

    Of a sealed plate no more can be told than that everybody could not read it: the server has no key to it.
    """
    is_clip = content[4:8] == b"ftyp"
    if media_type == SEALED_MEDIA:
        if len(content) > LARGEST_BYTES or is_clip or open_picture(content) is not Fault.NOT_A_PICTURE:
            words = f"a sealed plate is encrypted and has at most {LARGEST_BYTES} bytes; this is something else"
            raise Invalid("not_sealed", words, "body")
        return None
    if media_type == "video/mp4":
        if not is_clip:
            raise Invalid("not_a_clip", "the body is no MP4 file", "body")
        return None
    wanted = {"image/jpeg": "JPEG", "image/png": "PNG"}[media_type]
    opened = open_picture(content, (wanted,))
    if isinstance(opened, Fault):
        words = f"the body is no {media_type}" if opened is Fault.NOT_A_PICTURE else WORDS[opened]
        raise Invalid(opened, words, "body")
    opened.close()
    grey = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_4)
    if grey is None:
        raise Invalid(Fault.BROKEN, WORDS[Fault.BROKEN], "body")
    return perceptual_hash(np.asarray(grey, np.uint8))
