"""The system's own accuracy: how many finds of each model the field confirmed, by category and month.

A model whose finds nobody judges shows as such: every observation is counted, with or without a verdict.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy.orm import Session

from server.cases.workorders import moment
from server.learning.judged import every_judged
from server.learning.verdicts import Unjudged, Verdict
from server.setup.city import City


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


def tallies(session: Session, city: City, since_ns: int = 0) -> list[Tally]:
    """Of all observations seen at `since_ns` or later: newest month first, then by category and model."""
    counts: dict[tuple[str, str, str], Counter[Verdict | Unjudged]] = {}
    for page in every_judged(session, since_ns):
        for one in page:
            month = f"{moment(one.utc_ns).astimezone(city.zone):%Y-%m}"
            counts.setdefault((month, one.category, one.model_digest), Counter())[one.verdict] += 1
    ordered = sorted(sorted(counts), key=lambda key: key[0], reverse=True)
    return [_tally(*key, counts[key]) for key in ordered]


def _tally(month: str, category: str, model_digest: str, counts: Counter[Verdict | Unjudged]) -> Tally:
    return Tally(
        month=month,
        category=category,
        model_digest=model_digest,
        confirmed=counts[Verdict.CONFIRMED],
        dismissed=counts[Verdict.DISMISSED],
        unjudged={why: counts[why] for why in Unjudged if counts[why]},
    )
