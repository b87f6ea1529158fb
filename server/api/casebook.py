"""Cases made from the records, as people see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import NotNullable, select
from sqlalchemy.orm import Session, defer

from pipeline.observation import EvidenceRole, SourceKind
from pipeline.phones import PHONES
from pipeline.plates import PLATE_HASH
from server.access.people import SignedIn
from server.access.roles import Role
from server.api.advertiserbook import numbers_of
from server.api.casemodels import (
    CaseDetail,
    CaseSummary,
    CovarianceOut,
    HistoryLine,
    ObservationOut,
    OwnerOut,
    PictureOut,
)
from server.api.orderbook import picture, work_order
from server.api.shapes import PersonRef, at, maybe_at
from server.cases.advertisers import SEES_NUMBERS
from server.cases.family import families_of, members_of
from server.cases.lifecycle import OWNERS, CloseReason, Event, Owner, State, allowed_events
from server.cases.reporters import sources_of
from server.records.pictures import DeclaredEvidence, StoredPicture
from server.records.tables import CaseEvent, CaseRow, Device, ObservationRow, Person, TraverseRow, WorkOrder

PERSONAL: Final = frozenset({PHONES, PLATE_HASH})
"""Attributes of an observation that a case does not show."""


def summaries(session: Session, rows: Sequence[CaseRow], now_ns: int) -> list[CaseSummary]:
    """Cases as list entries, in the order given; a few queries whatever their number."""
    ids = [row.id for row in rows]
    orders = {
        order.case_id: order
        for order in session.scalars(select(WorkOrder).where(WorkOrder.case_id.in_(ids), WorkOrder.closed_ns.is_(None)))
    }
    crews = people_of(session, {order.crew_id for order in orders.values()})
    families = families_of(session, rows)
    pictures = _best_pictures(session, families)
    whole, told = _whole(session, rows, families), sources_of(session, families)
    return [
        _summary(row, whole[row.id], told[row.id], orders.get(row.id), crews, pictures.get(row.id), now_ns)
        for row in rows
    ]


def detail(session: Session, row: CaseRow, viewer: SignedIn, now_ns: int) -> CaseDetail:
    """A case with everything about it."""
    order = session.scalar(
        select(WorkOrder).where(WorkOrder.case_id == row.id).order_by(WorkOrder.number.desc()).limit(1)
    )
    lines = list(session.scalars(select(CaseEvent).where(CaseEvent.case_id == row.id).order_by(CaseEvent.id)))
    people = people_of(session, {line.actor_id for line in lines if line.actor_id})
    told = work_order(session, order, viewer, now_ns) if order is not None else None
    return CaseDetail(
        **summaries(session, [row], now_ns)[0].model_dump(),
        covariance=CovarianceOut(ee=row.ee, en=row.en, nn=row.nn),
        numbers=numbers_of(session, row.id) if viewer.role in SEES_NUMBERS else [],
        observations=_observations(session, members_of(session, [row.id])),
        history=[
            HistoryLine(
                at=at(line.at_ns),
                event=Event(line.event),
                from_state=State(line.from_state) if line.from_state else None,
                to_state=State(line.to_state),
                role=Role(line.role),
                person=people.get(line.actor_id or ""),
                reason=line.reason,
            )
            for line in lines
        ],
        work_order=told,
        allowed=list(allowed_events(State(row.state), viewer.role, told is not None and told.assignee_left)),
    )


def _summary(
    row: CaseRow,
    whole: Sequence[CaseRow],
    sources: dict[SourceKind, int],
    order: WorkOrder | None,
    crews: dict[str, PersonRef],
    picture: str | None,
    now_ns: int,
) -> CaseSummary:
    state = State(row.state)
    owner = None
    if state is not State.CLOSED:
        kind = OWNERS[state]
        owner = OwnerOut(kind=kind, person=crews.get(order.crew_id) if order and kind is Owner.CREW else None)
    return CaseSummary(
        id=row.id,
        number=row.number,
        category=row.category,
        state=state,
        lat=row.lat,
        lon=row.lon,
        sigma_m=round(max(row.ee, row.nn) ** 0.5, 2),
        grid_id=row.grid_id,
        worth=row.worth,
        score=max(one.score for one in whole),
        sightings=sum(one.sightings for one in whole),
        passes=max(one.passes for one in whole),
        sources=sources,
        opened_at=at(row.opened_ns),
        first_seen_at=at(min(one.first_seen_ns for one in whole)),
        last_seen_at=at(max(one.last_seen_ns for one in whole)),
        due_at=maybe_at(order.due_ns) if order else None,
        overdue=order is not None and now_ns > order.due_ns,
        owner=owner,
        gone=round(row.gone, 4),
        picture=picture,
        closed_at=maybe_at(row.closed_ns),
        close_reason=CloseReason(row.close_reason) if row.close_reason else None,
        recurs_of=row.recurs_of,
        merged_into=row.merged_into,
    )


def people_of(session: Session, ids: Iterable[str]) -> dict[str, PersonRef]:
    """People by their ids."""
    rows = session.scalars(select(Person).where(Person.id.in_(set(ids))))
    return {row.id: PersonRef(id=row.id, name=row.name, display=row.display) for row in rows}


def _whole(
    session: Session, rows: Sequence[CaseRow], families: Mapping[str, Sequence[str]]
) -> dict[str, list[CaseRow]]:
    """For each case its row and those of the cases that were merged into it."""
    found = {row.id: row for row in rows}
    merged = {member for family in families.values() for member in family} - found.keys()
    if merged:
        query = select(CaseRow).where(CaseRow.id.in_(merged)).options(defer(CaseRow.memory))
        found |= {row.id: row for row in session.scalars(query)}
    return {case_id: [found[member] for member in family] for case_id, family in families.items()}


def _best_pictures(session: Session, families: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """For each case that has one the picture to show first: of the surest sighting, its close view before its wide
    one."""
    rows = session.execute(
        select(
            NotNullable(ObservationRow.case_id),
            ObservationRow.score,
            DeclaredEvidence.role,
            DeclaredEvidence.position,
            StoredPicture.sha256,
        )
        .join(DeclaredEvidence, DeclaredEvidence.observation_id == ObservationRow.id)
        .join(StoredPicture, StoredPicture.sha256 == DeclaredEvidence.sha256)
        .where(
            ObservationRow.case_id.in_({member for family in families.values() for member in family}),
            StoredPicture.media_type.startswith("image/"),
        )
    )
    best: dict[str, tuple[float, str, int, str]] = {}
    for case_id, score, role, position, sha256 in rows:
        ranked = (-score, role, position, sha256)
        best[case_id] = min(ranked, best.get(case_id, ranked))
    mine = {case_id: [best[member] for member in family if member in best] for case_id, family in families.items()}
    return {case_id: min(some)[-1] for case_id, some in mine.items() if some}


def _observations(session: Session, case_ids: Iterable[str]) -> list[ObservationOut]:
    rows = session.execute(
        select(ObservationRow, Device)
        .join(TraverseRow, TraverseRow.id == ObservationRow.traverse_id)
        .join(Device, Device.id == TraverseRow.device_id)
        .where(ObservationRow.case_id.in_(case_ids))
        .order_by(ObservationRow.utc_ns, ObservationRow.id)
    ).all()
    pictures: dict[str, list[PictureOut]] = {}
    for declared, stored in session.execute(
        select(DeclaredEvidence, StoredPicture.sha256)
        .join(ObservationRow, ObservationRow.id == DeclaredEvidence.observation_id)
        .outerjoin(StoredPicture, StoredPicture.sha256 == DeclaredEvidence.sha256)
        .where(ObservationRow.case_id.in_(case_ids), DeclaredEvidence.role != EvidenceRole.SEALED)
        .order_by(DeclaredEvidence.observation_id, DeclaredEvidence.position)
    ):
        pictures.setdefault(declared.observation_id, []).append(
            picture(declared.sha256, declared.role, declared.media_type, stored)
        )
    return [
        ObservationOut(
            id=seen.id,
            case_id=seen.case_id or "",
            seen_at=at(seen.utc_ns),
            lat=seen.lat,
            lon=seen.lon,
            sigma_m=seen.sigma_m,
            camera_lat=seen.camera_lat,
            camera_lon=seen.camera_lon,
            camera_heading_deg=seen.camera_heading_deg,
            range_m=seen.range_m,
            score=seen.score,
            attributes={name: value for name, value in seen.attributes.items() if name not in PERSONAL},
            outcome=seen.outcome,
            device_id=device.id,
            device_name=device.name,
            device_kind=device.kind,
            evidence=pictures.get(seen.id, []),
        )
        for seen, device in rows
    ]
