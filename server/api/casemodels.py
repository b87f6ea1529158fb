"""How a case and a work order look to people: the response models."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from pipeline.numbering import PhoneKind
from pipeline.observation import EvidenceRole, SourceKind
from server.access.roles import Role
from server.api.shapes import AT, ID, LATER, OTHER_ID, SHA, Out, PersonRef
from server.cases.lifecycle import CloseReason, Event, Owner, State


class PictureOut(Out):
    """A picture of an observation; until its bytes have come, `available` is false."""

    sha256: str = Field(examples=[SHA])
    role: EvidenceRole = Field(examples=["close"])
    media_type: str = Field(examples=["image/jpeg"])
    available: bool = Field(examples=[True])


class AfterPhotoOut(Out):
    """taken_at and distance_m are null where the phone did not say."""

    sha256: str = Field(examples=[SHA])
    uploaded_at: datetime = Field(examples=[LATER])
    taken_at: datetime | None = Field(examples=[LATER])
    distance_m: float | None = Field(description="from the case's place", examples=[6.4])


class OwnerOut(Out):
    """Who has to do the next thing; a person where it is one person's."""

    kind: Owner = Field(examples=["crew"])
    person: PersonRef | None


class CaseSummary(Out):
    id: str = Field(examples=[ID])
    number: int = Field(examples=[117])
    category: str = Field(description="key of GET /api/taxonomy", examples=["litter"])
    state: State = Field(examples=["dispatched"])
    lat: float = Field(examples=[31.23039])
    lon: float = Field(examples=[121.47378])
    sigma_m: float = Field(description="1-sigma error of the place, its longer axis", examples=[2.7])
    grid_id: str | None = Field(description="null: outside every grid", examples=["grid-a"])
    worth: float = Field(description="the queue's order, highest first", examples=[0.905])
    score: float = Field(examples=[0.81])
    sightings: int = Field(examples=[3])
    passes: int = Field(description="at least", examples=[2])
    sources: dict[SourceKind, int] = Field(description="sightings by who told", examples=[{"vehicle": 2, "sensor": 1}])
    opened_at: datetime = Field(examples=[AT])
    first_seen_at: datetime = Field(examples=[AT])
    last_seen_at: datetime = Field(examples=[LATER])
    due_at: datetime | None = Field(description="of the open work order", examples=[LATER])
    overdue: bool = Field(examples=[False])
    owner: OwnerOut | None = Field(description="null when closed")
    gone: float = Field(description="chance that it is no longer there, by the passes that looked", examples=[0.03])
    picture: str | None = Field(description="SHA-256 of the best picture that has come", examples=[SHA])
    closed_at: datetime | None = Field(examples=[None])
    close_reason: CloseReason | None = Field(examples=[None])
    recurs_of: str | None = Field(description="the fixed case that this one repeats", examples=[None])
    merged_into: str | None = Field(description="the case that turned out to be the same problem", examples=[None])


class ObservationOut(Out):
    """case_id: the case it is linked to: this one, or one that was merged into it."""

    id: str = Field(examples=[OTHER_ID])
    case_id: str = Field(examples=[ID])
    seen_at: datetime = Field(examples=[AT])
    lat: float | None = Field(examples=[31.23039])
    lon: float | None = Field(examples=[121.47378])
    sigma_m: float | None = Field(examples=[3.7])
    camera_lat: float | None = Field(examples=[31.23041])
    camera_lon: float | None = Field(examples=[121.4737])
    camera_heading_deg: float | None = Field(examples=[92.5])
    range_m: float | None = Field(examples=[8.2])
    score: float = Field(examples=[0.81])
    attributes: dict[str, Any] = Field(description="without the numbers on an ad", examples=[{"dwell_s": 4.0}])
    outcome: str = Field(examples=["opened"])
    device_id: str = Field(examples=[OTHER_ID])
    device_name: str = Field(examples=["car-7"])
    device_kind: str = Field(examples=["vehicle"])
    evidence: list[PictureOut]


class HistoryLine(Out):
    at: datetime = Field(examples=[AT])
    event: Event = Field(examples=["dispatch"])
    from_state: State | None = Field(examples=["filed"])
    to_state: State = Field(examples=["dispatched"])
    role: Role = Field(examples=["system"])
    person: PersonRef | None
    reason: str | None = Field(examples=[None])


class WorkOrderOut(Out):
    """A crew's job. `state` is the case's while the order is open, and `closed` after."""

    id: str = Field(examples=[OTHER_ID])
    number: int = Field(examples=[88])
    case_id: str = Field(examples=[ID])
    case_number: int = Field(examples=[117])
    category: str = Field(examples=["litter"])
    state: State = Field(examples=["handling"])
    lat: float = Field(examples=[31.23039])
    lon: float = Field(examples=[121.47378])
    grid_id: str = Field(examples=["grid-a"])
    assignee_id: str = Field(examples=[ID])
    assignee_name: str = Field(description="the person's name as shown to people", examples=["王芳"])
    assignee_left: bool = Field(description="the assignee has left the service", examples=[False])
    dispatched_at: datetime = Field(examples=[AT])
    due_at: datetime = Field(examples=[LATER])
    due_estimated: bool = Field(description="holidays on the way are not yet published", examples=[False])
    overdue: bool = Field(examples=[False])
    accepted_at: datetime | None = Field(examples=[AT])
    fed_back_at: datetime | None = Field(examples=[None])
    closed_at: datetime | None = Field(examples=[None])
    outcome: str | None = Field(description="close reason of the case, or suspended", examples=[None])
    send_backs: int = Field(examples=[0])
    send_back_reason: str | None = Field(description="the last one", examples=[None])
    before: list[PictureOut] = Field(description="best picture first")
    after: list[AfterPhotoOut] = Field(description="newest first")
    seen_since_feedback: int = Field(description="sightings after the crew fed back", examples=[0])
    allowed: list[Event] = Field(description="what the caller's role may try now", examples=[["feed_back"]])


class CovarianceOut(Out):
    """2×2 position covariance in m² on the local east and north axes."""

    ee: float = Field(examples=[6.2])
    en: float = Field(examples=[2.1])
    nn: float = Field(examples=[2.4])


class AdvertiserOut(Out):
    """A telephone number that ads show. Dismissed and merged cases are not counted."""

    id: str = Field(examples=[OTHER_ID])
    number: str = Field(description="digits, with + where it is a foreign one", examples=["12034567890"])
    kind: PhoneKind = Field(description="`digits` is no valid number: read in part, or made up", examples=["digits"])
    cases_open: int = Field(examples=[4])
    cases_closed: int = Field(examples=[11])
    first_seen_at: datetime = Field(examples=[AT])
    last_seen_at: datetime = Field(examples=[LATER])


class CaseNumberOut(Out):
    """A number that the sightings of a case show."""

    advertiser_id: str = Field(examples=[OTHER_ID])
    number: str = Field(examples=["12034567890"])
    kind: PhoneKind = Field(examples=["digits"])
    support: float = Field(description="sum of the confidences of the sightings that read it", examples=[0.92])
    sightings: int = Field(examples=[2])
    other_cases: int = Field(description="further cases with this number", examples=[3])
    alike: list[AdvertiserOut] = Field(description="numbers that differ in one digit: perhaps the same advertiser")


class CaseDetail(CaseSummary):
    covariance: CovarianceOut
    numbers: list[CaseNumberOut] = Field(
        description="best supported first; empty for roles that do not see telephone numbers"
    )
    observations: list[ObservationOut]
    history: list[HistoryLine]
    work_order: WorkOrderOut | None = Field(description="the open one, else the last one")
    allowed: list[Event] = Field(description="what the caller's role may try now", examples=[["dismiss"]])
