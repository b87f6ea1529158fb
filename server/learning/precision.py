"""The system's own accuracy: how many finds of each model the field confirmed, by category and month.

A model whose finds nobody judges shows as such: every observation is counted, with or without a verdict.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, ScalarSelect, Select, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from server.cases.lifecycle import CloseReason, Event, Finding
from server.cases.outcomes import Outcome
from server.cases.workorders import moment
from server.learning.judged import FOUND_BY_MODELS
from server.learning.since import Part, in_pieces
from server.learning.verdicts import VERDICTS, Unjudged, Verdict, ending_of, tie_of
from server.records.tables import CaseEvent, CaseRow, Device, ObservationRow, TraverseRow
from server.setup.city import City

PIECE: Final = 20_000
"""So many observations are counted by one query, whose memory grows with them."""
QUARTER_NS: Final = 15 * 60 * 1_000_000_000
"""Months begin at a quarter of an hour, also in a zone that is half an hour off."""


@dataclass(frozen=True, slots=True)
class Tally:
    """One model's finds of one category in one month of the city's time: made = confirmed + dismissed + unjudged."""

    month: str
    category: str
    model_digest: str
    confirmed: int
    dismissed: int
    unjudged: dict[Unjudged, int]

    @property
    def precision(self) -> float | None:
        """The confirmed share of those judged, None where none was. What a model overlooked is not in it."""
        judged = self.confirmed + self.dismissed
        return self.confirmed / judged if judged else None


def tallies(session: Session, city: City, since_ns: int = 0, piece: int = PIECE) -> list[Tally]:
    """Of all observations seen at `since_ns` or later: newest month first, then by category and model."""
    counts: dict[tuple[str, str, str], Counter[Verdict | Unjudged]] = {}
    for part in in_pieces(session, since_ns, piece):
        for quarter, category, model_digest, outcome, has_case, closed_as, finding, since_fix, n in session.execute(
            _alike(part)
        ):
            month = f"{moment(quarter * QUARTER_NS).astimezone(city.zone):%Y-%m}"
            verdict: Verdict | Unjudged = Unjudged.NO_CASE
            if has_case:
                ending = ending_of(closed_as and CloseReason(closed_as), finding and Finding(finding))
                verdict = VERDICTS[ending][tie_of(Outcome(outcome), bool(since_fix))]
            counts.setdefault((month, category, model_digest), Counter())[verdict] += n
    ordered = sorted(sorted(counts), key=lambda key: key[0], reverse=True)
    return [_tally(*key, counts[key]) for key in ordered]


def _alike(part: Part) -> Select[Any]:
    """How many of these observations are alike in all that a tally and the rule of verdicts look at: the quarter of an
    hour, category, model, outcome, whether there is a case, how that or the one that it went into was closed, with
    which finding, and whether they were seen after its fix was fed back."""
    seen = (
        select(
            (ObservationRow.utc_ns // QUARTER_NS).label("quarter"),
            ObservationRow.utc_ns,
            ObservationRow.category,
            ObservationRow.model_digest,
            ObservationRow.outcome,
            ObservationRow.case_id,
            CaseRow.close_reason,
            CaseRow.merged_into,
        )
        .join(TraverseRow, TraverseRow.id == ObservationRow.traverse_id)
        .join(Device, Device.id == TraverseRow.device_id)
        .outerjoin(CaseRow, CaseRow.id == ObservationRow.case_id)
        .where(Device.kind.in_(FOUND_BY_MODELS), *part)
        .cte("seen")
    )
    survivor = _survivors(seen)
    case_id = func.coalesce(survivor.c.id, seen.c.case_id)
    closed_as = case((survivor.c.id.is_not(None), survivor.c.close_reason), else_=seen.c.close_reason)
    ended = (
        select(
            seen,
            closed_as.label("closed_as"),
            case((closed_as == CloseReason.DISMISSED, _of(case_id, Event.DISMISS, CaseEvent.finding))).label("finding"),
            case((closed_as == CloseReason.FIXED, _of(case_id, Event.FEED_BACK, CaseEvent.at_ns))).label("fixed_ns"),
        )
        .outerjoin(survivor, survivor.c.case_id == seen.c.case_id)
        .subquery("ended")
    )
    kinds = (
        ended.c.quarter,
        ended.c.category,
        ended.c.model_digest,
        ended.c.outcome,
        ended.c.case_id.is_not(None),
        ended.c.closed_as,
        ended.c.finding,
        ended.c.utc_ns > ended.c.fixed_ns,
    )
    return select(*kinds, func.count()).group_by(*kinds)


def _survivors(seen: CTE) -> CTE:
    """For each case among these that was merged the one that it went into, through any number of merges; none where
    merges lead nowhere."""
    own = select(seen.c.case_id, seen.c.merged_into).where(seen.c.merged_into.is_not(None))
    way = own.cte("way", recursive=True)
    step = select(way.c.case_id, CaseRow.merged_into).join(CaseRow, CaseRow.id == way.c.merged_into)
    way = way.union(step.where(CaseRow.merged_into.is_not(None)))
    last = select(way.c.case_id, CaseRow.id, CaseRow.close_reason).join(CaseRow, CaseRow.id == way.c.merged_into)
    return last.where(CaseRow.merged_into.is_(None)).cte("survivor")


def _of(case_id: ColumnElement[str], event: Event, told: InstrumentedAttribute[Any]) -> ScalarSelect[Any]:
    """What the last such line of a case's history tells."""
    return select(func.max(told)).where(CaseEvent.case_id == case_id, CaseEvent.event == event).scalar_subquery()


def _tally(month: str, category: str, model_digest: str, counts: Counter[Verdict | Unjudged]) -> Tally:
    return Tally(
        month=month,
        category=category,
        model_digest=model_digest,
        confirmed=counts[Verdict.CONFIRMED],
        dismissed=counts[Verdict.DISMISSED],
        unjudged={why: counts[why] for why in Unjudged if counts[why]},
    )
