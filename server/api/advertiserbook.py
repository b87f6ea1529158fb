"""Advertisers made from the records, as people see them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pipeline.numbering import PhoneKind, kind_of
from server.api.casemodels import AdvertiserOut, CaseNumberOut
from server.api.shapes import at
from server.cases.advertisers import Standing, shown_by


def advertiser(standing: Standing) -> AdvertiserOut:
    return AdvertiserOut(
        id=standing.id,
        number=standing.number,
        kind=_kind(standing.number),
        cases_open=standing.open,
        cases_closed=standing.closed,
        first_seen_at=at(standing.first_seen_ns),
        last_seen_at=at(standing.last_seen_ns),
    )


def numbers_of(session: Session, case_id: str) -> list[CaseNumberOut]:
    """The numbers of a case, for viewers who may see them."""
    return [
        CaseNumberOut(
            advertiser_id=one.advertiser_id,
            number=one.number,
            kind=_kind(one.number),
            support=one.support,
            sightings=one.sightings,
            other_cases=one.other_cases,
            alike=[advertiser(standing) for standing in one.alike],
        )
        for one in shown_by(session, case_id)
    ]


def _kind(number: str) -> PhoneKind:
    return kind_of(number) or PhoneKind.DIGITS
