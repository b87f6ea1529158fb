"""Work orders made from the records, as people see them: as many queries for a hundred as for one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from pipeline.observation import EvidenceRole
from server.access.people import SignedIn
from server.access.roles import Role
from server.api.casemodels import AfterPhotoOut, PictureOut, WorkOrderOut
from server.api.shapes import at, maybe_at
from server.cases.family import families_of
from server.cases.lifecycle import Event, State, allowed_events
from server.records.pictures import AfterPhoto, DeclaredEvidence, StoredPicture
from server.records.tables import CaseEvent, CaseRow, ObservationRow, Person, WorkOrder

MOST_BEFORE: Final = 12
"""So many pictures of what was found are shown at most, those of the surest sightings."""


@dataclass(frozen=True, slots=True)
class _Around:
    """What some orders are shown with. families: for each case it and all that were merged into it; seen: for each
    member when it was seen; sent_back: for each case when and why; before: for each member its pictures, the best
    first, with their rank; after: for each order its photos, the newest first."""

    cases: Mapping[str, CaseRow]
    crews: Mapping[str, Person]
    families: Mapping[str, Sequence[str]]
    seen: Mapping[str, Sequence[int]]
    sent_back: Mapping[str, Sequence[tuple[int, str | None]]]
    before: Mapping[str, Sequence[tuple[tuple[float, str, int], PictureOut]]]
    after: Mapping[str, Sequence[AfterPhotoOut]]


def work_order(session: Session, order: WorkOrder, viewer: SignedIn, now_ns: int) -> WorkOrderOut:
    """A work order with its pictures."""
    return work_orders(session, [order], viewer, now_ns)[0]


def work_orders(session: Session, orders: Sequence[WorkOrder], viewer: SignedIn, now_ns: int) -> list[WorkOrderOut]:
    """Work orders with their pictures, in the order given."""
    around = _around(session, orders)
    return [_told(order, around, viewer, now_ns) for order in orders]


def _around(session: Session, orders: Sequence[WorkOrder]) -> _Around:
    ids = {order.case_id for order in orders}
    rows = session.scalars(select(CaseRow).where(CaseRow.id.in_(ids)).options(defer(CaseRow.memory)))
    cases = {row.id: row for row in rows}
    crews = session.scalars(select(Person).where(Person.id.in_({order.crew_id for order in orders})))
    families = families_of(session, cases.values())
    every = {member for family in families.values() for member in family}
    return _Around(
        cases,
        {row.id: row for row in crews},
        families,
        _seen(session, orders, families),
        _sent_back(session, ids),
        _before(session, every),
        _after(session, [order.id for order in orders]),
    )


def _seen(session: Session, orders: Sequence[WorkOrder], families: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    """For each member of the family of an order that was fed back when it was seen since the first of them was."""
    fed_back = [(order.fed_back_ns, order.case_id) for order in orders if order.fed_back_ns is not None]
    found: dict[str, list[int]] = {}
    if fed_back:
        first_ns, _ = min(fed_back)
        members = {member for _, case_id in fed_back for member in families[case_id]}
        rows = session.execute(
            select(ObservationRow.case_id, ObservationRow.utc_ns).where(
                ObservationRow.case_id.in_(members), ObservationRow.utc_ns > first_ns
            )
        )
        for case_id, utc_ns in rows:
            found.setdefault(str(case_id), []).append(utc_ns)
    return found


def _sent_back(session: Session, case_ids: Iterable[str]) -> dict[str, list[tuple[int, str | None]]]:
    rows = session.execute(
        select(CaseEvent.case_id, CaseEvent.at_ns, CaseEvent.reason)
        .where(CaseEvent.case_id.in_(case_ids), CaseEvent.event == Event.SEND_BACK)
        .order_by(CaseEvent.id)
    )
    found: dict[str, list[tuple[int, str | None]]] = {}
    for case_id, at_ns, reason in rows:
        found.setdefault(case_id, []).append((at_ns, reason))
    return found


def _before(session: Session, case_ids: Iterable[str]) -> dict[str, list[tuple[tuple[float, str, int], PictureOut]]]:
    best_first = (ObservationRow.score.desc(), DeclaredEvidence.role, DeclaredEvidence.position)
    ranked = (
        select(
            ObservationRow.case_id,
            ObservationRow.score,
            DeclaredEvidence.role,
            DeclaredEvidence.position,
            DeclaredEvidence.sha256,
            DeclaredEvidence.media_type,
            func.row_number().over(partition_by=ObservationRow.case_id, order_by=best_first).label("rank"),
        )
        .join(ObservationRow, ObservationRow.id == DeclaredEvidence.observation_id)
        .where(ObservationRow.case_id.in_(case_ids), DeclaredEvidence.role != EvidenceRole.SEALED)
        .subquery()
    )
    rows = session.execute(
        select(ranked, StoredPicture.sha256)
        .outerjoin(StoredPicture, StoredPicture.sha256 == ranked.c.sha256)
        .where(ranked.c.rank <= MOST_BEFORE)
        .order_by(ranked.c.case_id, ranked.c.rank)
    )
    found: dict[str, list[tuple[tuple[float, str, int], PictureOut]]] = {}
    for case_id, score, role, position, sha256, media_type, _, stored in rows:
        found.setdefault(case_id, []).append(((-score, role, position), picture(sha256, role, media_type, stored)))
    return found


def picture(sha256: str, role: str, media_type: str, stored: str | None) -> PictureOut:
    """A declared picture; stored: its digest once it has arrived."""
    return PictureOut(sha256=sha256, role=EvidenceRole(role), media_type=media_type, available=stored is not None)


def _after(session: Session, order_ids: Sequence[str]) -> dict[str, list[AfterPhotoOut]]:
    rows = session.scalars(
        select(AfterPhoto).where(AfterPhoto.work_order_id.in_(order_ids)).order_by(AfterPhoto.uploaded_ns.desc())
    )
    found: dict[str, list[AfterPhotoOut]] = {}
    for row in rows:
        photo = AfterPhotoOut(
            sha256=row.sha256,
            uploaded_at=at(row.uploaded_ns),
            taken_at=maybe_at(row.taken_ns),
            distance_m=row.distance_m,
        )
        found.setdefault(row.work_order_id, []).append(photo)
    return found


def _told(order: WorkOrder, around: _Around, viewer: SignedIn, now_ns: int) -> WorkOrderOut:
    case, crew, family = around.cases[order.case_id], around.crews[order.crew_id], around.families[order.case_id]
    state = State(case.state) if order.closed_ns is None else State.CLOSED
    since_ns, dispatched_ns = order.fed_back_ns, order.dispatched_ns
    seen = [] if since_ns is None else [ns for one in family for ns in around.seen.get(one, ()) if ns > since_ns]
    reasons = [reason for at_ns, reason in around.sent_back.get(case.id, ()) if at_ns >= dispatched_ns]
    before = sorted((ranked for one in family for ranked in around.before.get(one, ())), key=lambda ranked: ranked[0])
    allowed = list(allowed_events(state, viewer.role, not crew.active)) if order.closed_ns is None else []
    if viewer.role is Role.CREW and viewer.id != order.crew_id:
        allowed = []
    return WorkOrderOut(
        id=order.id,
        number=order.number,
        case_id=case.id,
        case_number=case.number,
        category=case.category,
        state=state,
        lat=case.lat,
        lon=case.lon,
        grid_id=order.grid_id,
        assignee_id=crew.id,
        assignee_name=crew.display,
        assignee_left=not crew.active,
        dispatched_at=at(order.dispatched_ns),
        due_at=at(order.due_ns),
        due_estimated=order.due_estimated,
        overdue=(order.closed_ns or now_ns) > order.due_ns,
        accepted_at=maybe_at(order.accepted_ns),
        fed_back_at=maybe_at(order.fed_back_ns),
        closed_at=maybe_at(order.closed_ns),
        outcome=order.outcome,
        send_backs=order.send_backs,
        send_back_reason=reasons[-1] if reasons else None,
        before=[one for _, one in before[:MOST_BEFORE]],
        after=list(around.after.get(order.id, ())),
        seen_since_feedback=len(seen),
        allowed=allowed,
    )
