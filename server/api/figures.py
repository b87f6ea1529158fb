"""Figures: the conservation laws and the detectors' precision, counted now."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from fastapi import APIRouter
from pydantic import Field

from server.api.access import STAFF_ONLY, STAFF_OR_ENGINEER, ContextOf
from server.api.shapes import SHA, Out, errors
from server.api.verdicts import Since
from server.cases.workorders import moment
from server.figures import count
from server.learning.examples import start_of
from server.learning.precision import tallies
from server.learning.verdicts import Unjudged

router = APIRouter(tags=["figures"])


class LawOut(Out):
    """One conservation law: both sides as counted, and whether they agree."""

    law: str = Field(examples=["cases = open + closed"])
    left: int = Field(examples=[41])
    right: int = Field(examples=[41])
    holds: bool = Field(examples=[True])


class FiguresOut(Out):
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
    items: list[TallyOut] = Field(description="newest month first")


@router.get("/api/figures", responses=errors(401, 403), dependencies=[STAFF_ONLY])
def get_figures(context: ContextOf) -> FiguresOut:
    """What came in and what became of it. Every law holds at every moment; one that does not is a bug."""
    with context.store.read() as session:
        figures = count(session, context.now_ns())
    laws = [LawOut(law=one.law, left=one.left, right=one.right, holds=one.holds) for one in figures.laws]
    return FiguresOut(**{**asdict(figures), "laws": laws})


@router.get("/api/figures/precision", responses=errors(401, 403, 422), dependencies=[STAFF_OR_ENGINEER])
def get_precision(context: ContextOf, since: Since = None) -> PrecisionOut:
    """How many of each model's finds the field confirmed, dismissed, or has not judged: the system's own accuracy.

    Of the last twelve months, unless `since` says otherwise; everything is counted anew at each asking.
    """
    now = moment(context.now_ns()).astimezone(context.city.zone).date()
    since_ns = start_of(since or date(now.year - 1, now.month, 1), context.city)
    with context.store.read() as session:
        found = tallies(session, context.city, since_ns)
    return PrecisionOut(items=[TallyOut(**asdict(one), precision=one.precision) for one in found])
