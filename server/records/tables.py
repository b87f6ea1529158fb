"""The records. Times are UTC nanoseconds, ids are hyphenated UUID text, coordinates WGS-84 degrees.

The rows that only grow (case_event, audit_row, frame_tally) are guarded by triggers, see the migrations.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, LargeBinary, MetaData, String, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Whole = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in a column typed INTEGER


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {int: Whole, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012


Id = String(36)
Digest = String(64)


class Setting(Base):
    """What the server keeps of itself: one JSON value a key (where pictures are kept, what the engine learned)."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]]


class Person(Base):
    __tablename__ = "person"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    display: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(256))
    active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (
        # As each database is asked for those who are not: in other words SQLite would read everybody.
        Index("ix_person_left", "id", sqlite_where=text("active = 0"), postgresql_where=text("NOT active")),
    )


class Login(Base):
    """A session of a person. The token itself is never stored."""

    __tablename__ = "login"
    token_sha256: Mapped[str] = mapped_column(Digest, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    made_ns: Mapped[int]
    expires_ns: Mapped[int] = mapped_column(index=True)


class Device(Base):
    __tablename__ = "device"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    token_sha256: Mapped[str] = mapped_column(Digest, unique=True)
    public_key: Mapped[str | None] = mapped_column(String(64))
    enrolled_ns: Mapped[int]
    last_traverse_ns: Mapped[int | None]
    revoked_ns: Mapped[int | None]


class EnrolmentCode(Base):
    """A one-time code, stored hashed. Used once: `device_id` then says by whom."""

    __tablename__ = "enrolment_code"
    code_sha256: Mapped[str] = mapped_column(Digest, primary_key=True)
    made_ns: Mapped[int]
    expires_ns: Mapped[int]
    used_ns: Mapped[int | None]
    device_id: Mapped[str | None] = mapped_column(ForeignKey("device.id"))


class Grid(Base):
    """Every responsibility grid that the city has or had, since cases name it; what it is stands in the editions."""

    __tablename__ = "grid"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)


class TraverseRow(Base):
    """One received traverse: its body as received, and what was answered."""

    __tablename__ = "traverse"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    body_sha256: Mapped[str] = mapped_column(Digest)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_ns: Mapped[int]
    observations: Mapped[int]
    first_ns: Mapped[int | None]
    last_ns: Mapped[int | None]
    offset_east_m: Mapped[float]
    offset_north_m: Mapped[float]


class FrameTally(Base):
    """Frames of a traverse by what became of them; stage 'analysed' has the reason ''."""

    __tablename__ = "frame_tally"
    traverse_id: Mapped[str] = mapped_column(ForeignKey("traverse.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)
    reason: Mapped[str] = mapped_column(String(32), primary_key=True)
    frames: Mapped[int]


class CaseRow(Base):
    """One real-world problem. `state` is cases.State; `memory` and `gone` (the chance that it is no
    longer there) are the association engine's."""

    __tablename__ = "case"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    category: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    lat: Mapped[float]
    lon: Mapped[float]
    ee: Mapped[float]
    en: Mapped[float]
    nn: Mapped[float]
    grid_id: Mapped[str | None] = mapped_column(ForeignKey("grid.id"))
    worth: Mapped[float]
    score: Mapped[float]
    sightings: Mapped[int]
    passes: Mapped[int]
    opened_ns: Mapped[int]
    first_seen_ns: Mapped[int]
    last_seen_ns: Mapped[int]
    closed_ns: Mapped[int | None]
    close_reason: Mapped[str | None] = mapped_column(String(32))
    recurs_of: Mapped[str | None] = mapped_column(ForeignKey("case.id"))
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("case.id"), index=True)
    gone: Mapped[float]
    memory: Mapped[dict[str, Any]]

    __table_args__ = (
        # The words of nearby.inside, and what tells whether a case there may still be seen; PostgreSQL has ix_case_spot
        # instead, see the migrations.
        Index("ix_case_row", text("CAST(lat * 1000 AS INTEGER)"), "lon", "lat", "closed_ns", "close_reason").ddl_if(
            dialect="sqlite"
        ),
        # The queue: all that are open; of a state, of a category or a grid in it. The second has sightings for whoever
        # counts all of them.
        Index(
            "ix_case_open",
            text("worth DESC"),
            "id",
            sqlite_where=text("closed_ns IS NULL"),
            postgresql_where=text("closed_ns IS NULL"),
        ),
        Index("ix_case_queue", "state", text("worth DESC"), "id", "sightings"),
        # Whoever counts how cases were closed reads ix_case_row on SQLite.
        Index("ix_case_closed", "close_reason", postgresql_where=text("closed_ns IS NOT NULL")).ddl_if(
            dialect="postgresql"
        ),
        Index("ix_case_category", "category", "state", text("worth DESC"), "id"),
        Index("ix_case_grid", "grid_id", "state", text("worth DESC"), "id"),
    )


class CaseEvent(Base):
    """One line of a case's history. Never changed, never deleted. finding: cases.Finding, of a dismissal only."""

    __tablename__ = "case_event"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    at_ns: Mapped[int]
    event: Mapped[str] = mapped_column(String(32))
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[str | None] = mapped_column(String(500))
    finding: Mapped[str | None] = mapped_column(String(32))


class WorkOrder(Base):
    """A crew's job for a case. Open while `closed_ns` is null; its state is then the case's."""

    __tablename__ = "work_order"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    grid_id: Mapped[str] = mapped_column(ForeignKey("grid.id"))
    crew_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    dispatched_ns: Mapped[int]
    due_ns: Mapped[int]
    due_estimated: Mapped[bool]
    accepted_ns: Mapped[int | None]
    fed_back_ns: Mapped[int | None]
    closed_ns: Mapped[int | None]
    outcome: Mapped[str | None] = mapped_column(String(32))
    send_backs: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index(
            "uq_work_order_one_open",
            "case_id",
            unique=True,
            sqlite_where=text("closed_ns IS NULL"),
            postgresql_where=text("closed_ns IS NULL"),
        ),
        Index(
            "ix_work_order_due",
            "due_ns",
            "number",
            sqlite_where=text("closed_ns IS NULL"),
            postgresql_where=text("closed_ns IS NULL"),
        ),
        Index("ix_work_order_crew", "crew_id", "closed_ns", "number"),
        Index(
            "ix_work_order_closed",
            "closed_ns",
            "number",
            "outcome",
            sqlite_where=text("closed_ns IS NOT NULL"),
            postgresql_where=text("closed_ns IS NOT NULL"),
        ),
        Index(
            "ix_work_order_grid_due",
            "grid_id",
            "due_ns",
            "number",
            sqlite_where=text("closed_ns IS NULL"),
            postgresql_where=text("closed_ns IS NULL"),
        ),
        Index(
            "ix_work_order_grid_closed",
            "grid_id",
            "closed_ns",
            "number",
            sqlite_where=text("closed_ns IS NOT NULL"),
            postgresql_where=text("closed_ns IS NOT NULL"),
        ),
    )


EARLY_SQLITE: Final = "{id} < printf('%08x-%04x', {utc_ns} / 65536000000, {utc_ns} / 1000000 & 65535)"
EARLY_POSTGRES: Final = (
    "{id} < lpad(to_hex({utc_ns} / 65536000000), 8, '0') || '-' || lpad(to_hex({utc_ns} / 1000000 & 65535), 4, '0')"
)
"""An id that tells an earlier time than its observation was seen at: no UUIDv7 made of that time, or after it."""


class ObservationRow(Base):
    """One sighting as received, and what became of it: outcome is intake.Outcome."""

    __tablename__ = "observation"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    traverse_id: Mapped[str] = mapped_column(ForeignKey("traverse.id"), index=True)
    position: Mapped[int]
    category: Mapped[str] = mapped_column(String(64))
    utc_ns: Mapped[int]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    sigma_m: Mapped[float | None]
    camera_lat: Mapped[float | None]
    camera_lon: Mapped[float | None]
    camera_heading_deg: Mapped[float | None]
    range_m: Mapped[float | None]
    score: Mapped[float]
    model_digest: Mapped[str] = mapped_column(String(80), server_default="")
    attributes: Mapped[dict[str, Any]]
    outcome: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    case_id: Mapped[str | None] = mapped_column(ForeignKey("case.id"))

    __table_args__ = (
        Index("ix_observation_case", "case_id", "utc_ns"),
        Index("ix_observation_outcome", "outcome", "reason"),
        Index(
            "ix_observation_early",
            "id",
            sqlite_where=text(EARLY_SQLITE.format(id="id", utc_ns="utc_ns")),
            postgresql_where=text(EARLY_POSTGRES.format(id="id", utc_ns="utc_ns")),
        ),
    )


class Advertiser(Base):
    """A telephone number that ads show, under an id that tells nothing of it (ids stand in addresses and logs)."""

    __tablename__ = "advertiser"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    noted_ns: Mapped[int]


class CaseNumber(Base):
    """A number that the sightings of a case show; support and sightings as server/cases/numbers.py counts them."""

    __tablename__ = "case_number"
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    advertiser_id: Mapped[str] = mapped_column(ForeignKey("advertiser.id"), primary_key=True, index=True)
    support: Mapped[float]
    sightings: Mapped[int]


class AuditRow(Base):
    """Who looked at what."""

    __tablename__ = "audit_row"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at_ns: Mapped[int]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    action: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))
