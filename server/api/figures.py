"""Figures: the conservation laws, the detectors' precision, and how work orders end, counted from the records."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final

from fastapi import APIRouter
from pydantic import Field, TypeAdapter

from server.api.access import ASSESSORS_ONLY, STAFF_ONLY, STAFF_OR_ENGINEER, ContextOf
from server.api.casebook import people_of
from server.api.shapes import AT, SHA, Out, PersonRef, at, errors
from server.api.verdicts import Since
from server.assessment import Assessment, Pace, Share, assess, mondays
from server.cases.workorders import moment, start_of
from server.counts import KeptCount
from server.figures import Figures, count
from server.learning.precision import Tally, tallies
from server.learning.verdicts import Unjudged

router = APIRouter(tags=["figures"])

FIGURES: Final = TypeAdapter(Figures)
TALLIES: Final = TypeAdapter(list[Tally])
ASSESSMENT: Final = TypeAdapter(Assessment)


class LawOut(Out):
    """One conservation law: both sides as counted, and whether they agree."""

    law: str = Field(examples=["cases = open + closed"])
    left: int = Field(examples=[41])
    right: int = Field(examples=[41])
    holds: bool = Field(examples=[True])


class FiguresOut(Out):
    counted_at: datetime = Field(description="in a large town some minutes ago", examples=[AT])
    traverses: int = Field(examples=[12])
    frames_seen: int = Field(examples=[720])
    frames: dict[str, dict[str, int]] = Field(
        examples=[{"analysed": {"all": 502}, "skipped": {"too_close": 218}, "quarantined": {}}]
    )
    observations_received: int = Field(examples=[63])
    observations: dict[str, int] = Field(examples=[{"opened": 41, "attached": 19, "suppressed": 2, "rejected": 1}])
    rejected: dict[str, int] = Field(examples=[{"unlocated": 1}])
    cases: int = Field(examples=[41])
    cases_open: dict[str, int] = Field(examples=[{"watching": 3, "dispatched": 20, "handling": 8}])
    cases_closed: dict[str, int] = Field(description="by close reason", examples=[{"fixed": 9, "dismissed": 1}])
    work_orders_open: int = Field(examples=[28])
    work_orders_closed: dict[str, int] = Field(examples=[{"fixed": 9}])
    overdue: int = Field(examples=[2])
    pictures_declared: int = Field(examples=[126])
    pictures_stored: int = Field(examples=[126])
    after_photos: int = Field(examples=[9])
    laws: list[LawOut]


class TallyOut(Out):
    """One model's finds of one category in one month, by what the field said of them."""

    month: str = Field(description="of the city's time", examples=["2026-11"])
    category: str = Field(examples=["litter"])
    model_digest: str = Field(examples=[SHA])
    confirmed: int = Field(examples=[212])
    dismissed: int = Field(examples=[17])
    unjudged: dict[Unjudged, int] = Field(description="without a verdict", examples=[{"still_open": 31}])
    precision: float | None = Field(description="confirmed / (confirmed + dismissed)", examples=[0.926])


class PrecisionOut(Out):
    counted_at: datetime = Field(description="in a large town up to an hour ago", examples=[AT])
    items: list[TallyOut] = Field(description="newest month first")


class PaceOut(Out):
    """How some closed work orders ended."""

    fixed: int = Field(description="approved by a reviewer", examples=[64])
    on_time: int = Field(description="of these, fed back for the last time no later than due", examples=[58])
    on_time_share: float | None = Field(description="on_time / fixed; null of fewer than five", examples=[0.906])
    median_h: float | None = Field(
        description="hours from dispatch to the last feedback, nights and holidays included; null of fewer than five",
        examples=[3.25],
    )
    sent_back: int = Field(description="of those fixed, sent back by a reviewer at least once", examples=[5])
    otherwise: int = Field(description="closed without being fixed: cancelled, escalated, ...", examples=[3])


class WaitingOut(Out):
    """Open work orders."""

    open: int = Field(examples=[9])
    overdue: int = Field(description="of these, due before now", examples=[2])
    in_review: int = Field(description="of the overdue ones, fed back and not yet reviewed", examples=[1])


class WeekOut(PaceOut):
    """The work orders that were closed in a week."""

    begins: date = Field(description="a Monday of the city's time", examples=["2026-11-16"])


class GridShareOut(PaceOut, WaitingOut):
    """A grid's work orders: those closed in this week and the three before, and those that are open."""

    grid_id: str = Field(examples=["grid-03"])


class CrewShareOut(PaceOut, WaitingOut):
    """A person's work orders: those closed in this week and the three before, and those that are open."""

    person: PersonRef


class AssessmentOut(Out):
    counted_at: datetime = Field(description="in a large town some minutes ago", examples=[AT])
    weeks: list[WeekOut] = Field(description="twelve, the oldest first; the last one is not over")
    waiting: WaitingOut
    overdue_a_week_ago: int = Field(description="open and overdue at this time a week ago", examples=[4])
    grids: list[GridShareOut] = Field(description="worst first: most overdue now, then most fixed late")
    crews: list[CrewShareOut] = Field(description="by who had the order last; worst first as the grids")


@router.get("/api/figures", responses=errors(401, 403, 503), dependencies=[STAFF_ONLY])
def get_figures(context: ContextOf) -> FiguresOut:
    """What came in and what became of it. Every law holds at every moment; one that does not is a bug.

    Where counting takes long, this is what it came to last.
    """
    now_ns = context.now_ns()

    def counted() -> Figures:
        with context.store.read() as session:
            return count(session, now_ns)

    kept = KeptCount(context.store, "figures", "", FIGURES)
    found = context.counts.ask("figures", counted, now_ns, kept)
    laws = [LawOut(law=one.law, left=one.left, right=one.right, holds=one.holds) for one in found.value.laws]
    return FiguresOut(**{**asdict(found.value), "laws": laws}, counted_at=at(found.at_ns))


@router.get("/api/figures/precision", responses=errors(401, 403, 422, 503), dependencies=[STAFF_OR_ENGINEER])
def get_precision(context: ContextOf, since: Since = None) -> PrecisionOut:
    """How many of each model's finds the field confirmed, dismissed, or has not judged: the system's own accuracy.

    Of the last twelve months, unless `since` says otherwise. Where counting takes long, this is what it came to last.
    """
    now_ns, city = context.now_ns(), context.city
    now = moment(now_ns).astimezone(city.zone).date()
    since_ns = start_of(since or date(now.year - 1, now.month, 1), city)

    def counted() -> list[Tally]:
        with context.store.read() as session:
            return tallies(session, city, since_ns)

    kept = KeptCount(context.store, "precision", str(since_ns), TALLIES) if since is None else None
    found = context.counts.ask(("precision", since_ns), counted, now_ns, kept)
    items = [TallyOut(**asdict(one), precision=one.precision) for one in found.value]
    return PrecisionOut(items=items, counted_at=at(found.at_ns))


@router.get("/api/figures/assessment", responses=errors(401, 403, 503), dependencies=[ASSESSORS_ONLY])
def get_assessment(context: ContextOf) -> AssessmentOut:
    """How work orders ended in the last twelve weeks, and which grids and crews have overdue ones now.

    Where counting takes long, this is what it came to last.
    """
    now_ns, city = context.now_ns(), context.city
    first = str(mondays(now_ns, city)[0])

    def counted() -> Assessment:
        with context.store.read() as session:
            return assess(session, city, now_ns)

    kept = KeptCount(context.store, "assessment", first, ASSESSMENT)
    found = context.counts.ask(("assessment", first), counted, now_ns, kept)
    told = found.value
    with context.store.read() as session:
        people = people_of(session, [one.id for one in told.crews])
    return AssessmentOut(
        counted_at=at(found.at_ns),
        weeks=[WeekOut(begins=week.begins, **_ended(week.pace)) for week in told.weeks],
        waiting=WaitingOut(**asdict(told.waiting)),
        overdue_a_week_ago=told.overdue_a_week_ago,
        grids=[GridShareOut(grid_id=one.id, **_share(one)) for one in told.grids],
        crews=[CrewShareOut(person=people[one.id], **_share(one)) for one in told.crews],
    )


def _ended(pace: Pace) -> dict[str, Any]:
    return {**asdict(pace), "on_time_share": pace.on_time_share}


def _share(one: Share) -> dict[str, Any]:
    return {**_ended(one.pace), **asdict(one.waiting)}
