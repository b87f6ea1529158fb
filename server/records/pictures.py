"""The records of pictures: declared by observations, stored by their content, and what crews sent as proof."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Select, String, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from server.records.tables import Base, Digest, Id


class StoredPicture(Base):
    """A picture whose bytes are in the object store. phash: 64-bit perceptual hash as 16 hex digits, None for clips."""

    __tablename__ = "stored_picture"
    sha256: Mapped[str] = mapped_column(Digest, primary_key=True)
    media_type: Mapped[str] = mapped_column(String(32))
    size_bytes: Mapped[int]
    redaction: Mapped[str] = mapped_column(String(120))
    phash: Mapped[str | None] = mapped_column(String(16))
    stored_ns: Mapped[int]


class AfterPhoto(Base):
    """A picture of the result. original_sha256 is of the bytes as uploaded, of which nothing else is kept."""

    __tablename__ = "after_photo"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    work_order_id: Mapped[str] = mapped_column(ForeignKey("work_order.id"), index=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_picture.sha256"))
    original_sha256: Mapped[str] = mapped_column(Digest, unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    uploaded_ns: Mapped[int]
    taken_ns: Mapped[int | None]
    distance_m: Mapped[float | None]


class DeclaredEvidence(Base):
    """A picture that an observation says exists; its bytes follow with PUT /api/evidence. box: types.Shares."""

    __tablename__ = "declared_evidence"
    observation_id: Mapped[str] = mapped_column(ForeignKey("observation.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(Digest, index=True)
    role: Mapped[str] = mapped_column(String(16))
    media_type: Mapped[str] = mapped_column(String(32))
    size_bytes: Mapped[int]
    redaction: Mapped[str] = mapped_column(String(120))
    box: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))


def among(sha256: InstrumentedAttribute[str], part: str) -> Select[str]:
    """The names in a column that begin with these digits, found by their index."""
    return select(sha256).where(sha256 >= part, sha256 < f"{part}g")
