"""Advertisers: cases whose ads show the same telephone number.

One number is one advertiser, and nothing chains: two numbers on one wall stay two, numbers that differ in one digit are
suggested as alike and never merged. Dismissed cases were no problem and merged ones are counted where they went, so
neither counts. The numbers are personal data: they are given to `SEES_NUMBERS` only, and written into no log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Row, Select, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from pipeline.phones import PHONES, Phone, from_attribute
from server.access.roles import Role
from server.cases.family import members_of
from server.cases.lifecycle import CloseReason
from server.cases.numbers import slips_of, supported
from server.context import Context
from server.log import log_of
from server.records.locks import Lock, hold
from server.records.tables import Advertiser, CaseNumber, CaseRow, ObservationRow

_log = log_of(__name__)

SEES_NUMBERS: Final = (Role.OPERATOR, Role.REVIEWER, Role.SUPERVISOR)
"""Who decides about cases. A crew needs the place and the picture, an administrator neither."""
NOT_COUNTED: Final = (CloseReason.DISMISSED, CloseReason.MERGED)


@dataclass(frozen=True, slots=True)
class Standing:
    """An advertiser and what its cases come to."""

    id: str
    number: str
    open: int
    closed: int
    first_seen_ns: int
    last_seen_ns: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A number that a case shows. other_cases: further ones with this number; alike: advertisers one digit apart."""

    advertiser_id: str
    number: str
    support: float
    sightings: int
    other_cases: int
    alike: tuple[Standing, ...]


def keep_numbers(session: Session, context: Context, case_ids: Iterable[str]) -> None:
    """Write down anew which numbers cases show, by all their sightings and those of the cases merged into them."""
    wanted = sorted(set(case_ids))
    if not wanted:
        return
    hold(session, [Lock.FILING])
    for case_id in wanted:
        rows = _rows_of(session, case_id)
        numbers = supported([_phones(row) for row in rows])
        session.execute(delete(CaseNumber).where(CaseNumber.case_id.in_(members_of(session, [case_id]))))
        for one in numbers:
            advertiser = _advertiser(session, context, one.number)
            session.add(
                CaseNumber(case_id=case_id, advertiser_id=advertiser.id, support=one.support, sightings=one.sightings)
            )
        session.flush()
    session.execute(delete(Advertiser).where(~exists().where(CaseNumber.advertiser_id == Advertiser.id)))


def _rows_of(session: Session, case_id: str) -> Sequence[ObservationRow]:
    query = select(ObservationRow).where(ObservationRow.case_id.in_(members_of(session, [case_id])))
    return session.scalars(query.order_by(ObservationRow.id)).all()


def _phones(row: ObservationRow) -> tuple[Phone, ...]:
    """What a sighting read; nothing where a vehicle wrote it in a way that this program does not know."""
    text = row.attributes.get(PHONES)
    if text is None:
        return ()
    try:
        return from_attribute(str(text))
    except ValueError:
        _log.warning("the phones of an observation are not readable", observation=row.id)
        return ()


def _advertiser(session: Session, context: Context, number: str) -> Advertiser:
    found = session.scalar(select(Advertiser).where(Advertiser.number == number))
    if found is None:
        found = Advertiser(id=str(context.new_id()), number=number, noted_ns=context.now_ns())
        session.add(found)
        session.flush()
    return found


def _counted() -> ColumnElement[bool]:
    return or_(CaseRow.close_reason.is_(None), CaseRow.close_reason.not_in(NOT_COUNTED))


def _standings() -> Select[str, str, int, int, int, int]:
    """One row an advertiser: id, number, open, closed, first and last seen."""
    closed = func.count(CaseRow.closed_ns)
    return (
        select(
            Advertiser.id,
            Advertiser.number,
            (func.count() - closed).label("open"),
            closed.label("closed"),
            func.min(CaseRow.first_seen_ns),
            func.max(CaseRow.last_seen_ns),
        )
        .join(CaseNumber, CaseNumber.advertiser_id == Advertiser.id)
        .join(CaseRow, CaseRow.id == CaseNumber.case_id)
        .where(_counted())
        .group_by(Advertiser.id, Advertiser.number)
        .order_by((func.count() - closed).desc(), func.count().desc(), Advertiser.number)
    )


def _standing(row: Row[str, str, int, int, int, int]) -> Standing:
    return Standing(*row)


def standings(session: Session, first: int, limit: int) -> list[Standing]:
    """Advertisers, those with the most open cases first."""
    return [_standing(row) for row in session.execute(_standings().offset(first).limit(limit))]


def standing_of(session: Session, advertiser_id: str) -> Standing | None:
    """One advertiser; None where there is none or no case of it counts."""
    row = session.execute(_standings().where(Advertiser.id == advertiser_id)).one_or_none()
    return None if row is None else _standing(row)


def alike(session: Session, number: str) -> tuple[Standing, ...]:
    """Advertisers whose number differs in one digit: perhaps the same one, read or printed wrongly."""
    rows = session.execute(_standings().where(Advertiser.number.in_(slips_of(number))))
    return tuple(_standing(row) for row in rows)


def cases_of(session: Session, advertiser_id: str, limit: int) -> list[CaseRow]:
    """The cases that show an advertiser's number, the last seen first."""
    query = select(CaseRow).join(CaseNumber, CaseNumber.case_id == CaseRow.id)
    query = query.where(CaseNumber.advertiser_id == advertiser_id, _counted())
    return list(session.scalars(query.order_by(CaseRow.last_seen_ns.desc(), CaseRow.id).limit(limit)))


def shown_by(session: Session, case_id: str) -> list[Shown]:
    """The numbers of a case, the best supported first."""
    rows = session.execute(
        select(Advertiser, CaseNumber)
        .join(CaseNumber, CaseNumber.advertiser_id == Advertiser.id)
        .where(CaseNumber.case_id == case_id)
        .order_by(CaseNumber.support.desc(), Advertiser.number)
    ).all()
    return [
        Shown(
            advertiser.id,
            advertiser.number,
            link.support,
            link.sightings,
            _others(session, advertiser.id, case_id),
            alike(session, advertiser.number),
        )
        for advertiser, link in rows
    ]


def _others(session: Session, advertiser_id: str, case_id: str) -> int:
    query = select(func.count()).select_from(CaseNumber).join(CaseRow, CaseRow.id == CaseNumber.case_id)
    query = query.where(CaseNumber.advertiser_id == advertiser_id, CaseNumber.case_id != case_id, _counted())
    return session.scalar(query) or 0
