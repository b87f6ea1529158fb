"""Bin sensors: what they read, each reading taken once, and what the readings mean for cases.

A full bin is an observation at the bin's place in the register. One that was emptied is a look that saw nothing: the
chance that the case is gone rises, and no order of a crew is ever closed by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, String, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipeline.observation import ClockQuality, Covariance, Observation, SourceKind
from pipeline.register import REGISTER_SIGMA_M, Part
from pipeline.traverse import Traverse
from server.access.fleet import no_device
from server.association.priors import default_priors
from server.association.report import was_emptied
from server.association.state import Standing
from server.cases.candidates import box_of
from server.cases.caseload import Caseload
from server.cases.holding import hold_traverses
from server.cases.inputs import EmptiedInput
from server.cases.journal import entering
from server.cases.unit import Unit
from server.cases.voices import MACHINE
from server.context import Context
from server.errors import Forbidden, Invalid
from server.intake.receipts import ObservationLink
from server.intake.reports import report_of, take_in_report
from server.measures import OBSERVATIONS
from server.records.adding import table_of
from server.records.outbox import tell
from server.records.prepared import Prepared
from server.records.retries import retried
from server.records.tables import Base, Device
from server.setup.fill import Meaning

CATEGORY: Final = "overflowing_bin"
SCORE: Final = 0.95
NOBODY: Final = UUID(int=0)
AHEAD_NS: Final = 3600 * 1_000_000_000
"""A reading from further in the future than this would keep all later ones from being heard."""


class SensorRow(Base):
    """Where a sensor sits and what it read last. told_full_ns: when it was last told that its bin is full, null while
    it is not."""

    __tablename__ = "sensor"
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), primary_key=True)
    bin_id: Mapped[str] = mapped_column(String(64), index=True)
    read_ns: Mapped[int | None]
    fill_percent: Mapped[float | None]
    battery_percent: Mapped[float | None]
    told_full_ns: Mapped[int | None]


_ROW: Final = table_of(SensorRow)
_DEVICE: Final = table_of(Device)
_SENSOR: Final = Prepared(
    select(_ROW.c.bin_id, _ROW.c.read_ns, _ROW.c.told_full_ns, _DEVICE.c.revoked_ns)
    .join(_DEVICE, _DEVICE.c.id == _ROW.c.device_id)
    .where(_ROW.c.device_id == bindparam("device"))
    .with_for_update(of=_ROW)
)
"""Locked before any place: nobody who holds a place waits for a sensor."""
_READ: Final = Prepared(
    update(_ROW)
    .where(_ROW.c.device_id == bindparam("device"))
    .values(
        read_ns=bindparam("at_ns"),
        fill_percent=bindparam("fill"),
        battery_percent=bindparam("battery"),
        told_full_ns=bindparam("full_ns"),
    )
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How full a bin was at a time; battery_percent is None where the sensor does not tell."""

    utc_ns: int
    fill_percent: float
    battery_percent: float | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """readings sent = new + known; links: what became of those that said that the bin is full; emptied: how many said
    that it no longer is."""

    new: int
    known: int
    emptied: int
    links: tuple[ObservationLink, ...]


def receive_readings(context: Context, device_id: str, readings: Sequence[Reading]) -> Heard:
    """Take in a batch in one transaction. A reading that is not later than all before it was received before, or comes
    too late to say anything. Raises Forbidden where the device is no sensor, Unauthenticated where it no longer is the
    city's, Invalid for a time far ahead."""
    if any(one.utc_ns > context.now_ns() + AHEAD_NS for one in readings):
        raise Invalid("bad_time", "a reading lies more than an hour ahead; set the sensor's clock", "body.readings")
    return retried(lambda: _take_in(context, device_id, readings))


def _take_in(context: Context, device_id: str, readings: Sequence[Reading]) -> Heard:
    with context.store.write() as session:
        found = _SENSOR.one(session, {"device": device_id})
        if found is None:
            raise Forbidden("no_sensor", "this device is no bin sensor; enrol it with its bin", "header.Authorization")
        bin_id, read_ns, told_full_ns, revoked_ns = found
        if revoked_ns is not None:
            raise no_device()
        place = context.city.bins.part(bin_id)
        if place is None:
            raise Invalid("no_bin", f"bin {bin_id} is no longer in the register of bins", "body.readings")
        later = _later(readings, read_ns)
        emptied, links = 0, list[ObservationLink]()
        for reading in later:
            match context.city.fill.meaning(reading.fill_percent, reading.utc_ns, told_full_ns):
                case Meaning.FULL:
                    report = _told(context.new_id(), context.new_id(), device_id, place, reading)
                    hold_traverses(session, [report])
                    links.append(take_in_report(session, context, report))
                    told_full_ns = reading.utc_ns
                case Meaning.EMPTIED:
                    hold_traverses(session, [_told(NOBODY, NOBODY, device_id, place, reading)])
                    _empty(session, context, device_id, place, reading)
                    told_full_ns = None
                    emptied += 1
                case Meaning.NOTHING_NEW:
                    pass
        if later:
            _READ.write(session, [{"device": device_id, "full_ns": told_full_ns} | _last(later[-1])])
    OBSERVATIONS.labels(SourceKind.SENSOR).inc(len(links))
    return Heard(len(later), len(readings) - len(later), emptied, tuple(links))


def _later(readings: Sequence[Reading], than_ns: int | None) -> list[Reading]:
    """Those that are later than what was read before, in the order of their times, the first of each time."""
    later = list[Reading]()
    for one in sorted(readings, key=lambda one: one.utc_ns):
        if than_ns is None or one.utc_ns > than_ns:
            later.append(one)
            than_ns = one.utc_ns
    return later


def _last(reading: Reading) -> dict[str, float | None]:
    return {"at_ns": reading.utc_ns, "fill": reading.fill_percent, "battery": reading.battery_percent}


def _told(ident: UUID, observation_id: UUID, device_id: str, place: Part, reading: Reading) -> Traverse:
    """A reading as a report at the place of its bin."""
    seen = Observation(
        id=observation_id,
        category=CATEGORY,
        utc_ns=reading.utc_ns,
        clock=ClockQuality.DEVICE,
        lat=place.lat,
        lon=place.lon,
        covariance=Covariance(REGISTER_SIGMA_M**2, 0.0, REGISTER_SIGMA_M**2),
        camera_lat=None,
        camera_lon=None,
        camera_heading_deg=None,
        range_m=None,
        bearing_deg=None,
        score=SCORE,
        source_kind=SourceKind.SENSOR,
        model_digest="",
        attributes=(("bin_id", place.id), ("fill_percent", reading.fill_percent)),
    )
    return report_of(ident, device_id, seen)


def _empty(session: Session, context: Context, device_id: str, place: Part, reading: Reading) -> None:
    entry = EmptiedInput(device_id, place.id, reading.utc_ns, place.lat, place.lon)
    # No box: rows with one are traverses, whose bodies a split folds again.
    with entering(session, context, entry) as inside:
        fold_emptied(session, inside, entry)


def _place_of(entry: EmptiedInput) -> Traverse:
    reading = Reading(entry.utc_ns, 0.0)
    return _told(NOBODY, NOBODY, entry.device_id, Part(entry.bin_id, entry.lat, entry.lon), reading)


def fold_emptied(session: Session, context: Context, entry: EmptiedInput) -> None:
    """Let the cases of a bin know that it was found empty."""
    box = box_of(_place_of(entry))
    unit = Unit(session, [box], entry.utc_ns)
    near = unit.near(box, entry.utc_ns)
    priors = default_priors()
    updated = [
        was_emptied(case, entry.utc_ns, priors)
        for case in near.as_known(entry.utc_ns)
        if case.part == entry.bin_id and case.standing is Standing.OPEN and case.as_of_ns <= entry.utc_ns
    ]
    caseload = Caseload(unit, context, near, MACHINE)
    caseload.keep_beliefs(updated)
    caseload.end_lapsed(priors.retire_gone)
    unit.close()
    for case in updated:
        tell(session, "case", near.root(case.case_id).id, context.now_ns())
    session.flush()
