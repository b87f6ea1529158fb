"""Bin sensors: what they read, each reading taken once, and what the readings mean for cases.

A full bin is an observation at the bin's place in the register. One that was emptied is a look that saw nothing: the
chance that the case is gone rises, and no order of a crew is ever closed by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipeline.observation import ClockQuality, Covariance, Observation, SourceKind
from pipeline.register import REGISTER_SIGMA_M, Part
from pipeline.traverse import Traverse
from server.association.priors import default_priors
from server.association.report import was_emptied
from server.association.state import Standing
from server.cases.candidates import load_candidates
from server.cases.caseload import Caseload
from server.cases.casework import announce
from server.cases.holding import hold_traverse
from server.cases.inputs import EmptiedInput
from server.cases.journal import entering
from server.cases.voices import MACHINE
from server.context import Context
from server.errors import Forbidden, Invalid
from server.intake.receipts import ObservationLink
from server.intake.reports import report_of, take_in_report
from server.records.retries import retried
from server.records.tables import Base
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
    too late to say anything. Raises Forbidden where the device is no sensor, Invalid for a time far ahead."""
    if any(one.utc_ns > context.now_ns() + AHEAD_NS for one in readings):
        raise Invalid("bad_time", "a reading lies more than an hour ahead; set the sensor's clock", "body.readings")
    return retried(lambda: _take_in(context, device_id, readings))


def _take_in(context: Context, device_id: str, readings: Sequence[Reading]) -> Heard:
    with context.store.write() as session:
        sensor = session.get(SensorRow, device_id)
        if sensor is None:
            raise Forbidden("no_sensor", "this device is no bin sensor; enrol it with its bin", "header.Authorization")
        place = context.city.bins.part(sensor.bin_id)
        if place is None:
            raise Invalid("no_bin", f"bin {sensor.bin_id} is no longer in the register of bins", "body.readings")
        hold_traverse(session, _told(NOBODY, NOBODY, device_id, place, Reading(0, 0.0)))
        sensor = session.get_one(SensorRow, device_id, with_for_update=True, populate_existing=True)
        new, emptied, links = 0, 0, list[ObservationLink]()
        for reading in sorted(readings, key=lambda one: one.utc_ns):
            if sensor.read_ns is not None and reading.utc_ns <= sensor.read_ns:
                continue
            new += 1
            match context.city.fill.meaning(reading.fill_percent, reading.utc_ns, sensor.told_full_ns):
                case Meaning.FULL:
                    report = _told(context.new_id(), context.new_id(), device_id, place, reading)
                    links.append(take_in_report(session, context, report))
                    sensor.told_full_ns = reading.utc_ns
                case Meaning.EMPTIED:
                    _empty(session, context, device_id, place, reading)
                    sensor.told_full_ns = None
                    emptied += 1
                case Meaning.NOTHING_NEW:
                    pass
            sensor.read_ns, sensor.fill_percent = reading.utc_ns, reading.fill_percent
            sensor.battery_percent = reading.battery_percent
        return Heard(new, len(readings) - new, emptied, tuple(links))


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
    session.flush()
    near = load_candidates(session, _place_of(entry), entry.utc_ns)
    priors = default_priors()
    updated = [
        was_emptied(case, entry.utc_ns, priors)
        for case in near.as_known(entry.utc_ns)
        if case.part == entry.bin_id and case.standing is Standing.OPEN and case.as_of_ns <= entry.utc_ns
    ]
    caseload = Caseload(session, context, near, MACHINE, context.now_ns())
    caseload.keep_beliefs(updated)
    caseload.write()
    caseload.end_lapsed(priors.retire_gone)
    for case in updated:
        announce(session, "case", near.root(case.case_id).id, context.now_ns())
    session.flush()
