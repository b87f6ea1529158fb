"""Precision is counted by the database: it comes to what the rule of verdicts says of each observation, one by one."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from pipeline.ids import named_uuid7
from server.cases.lifecycle import CloseReason, Event, Finding, State
from server.cases.outcomes import Outcome
from server.cases.workorders import moment, nanoseconds
from server.learning.judged import every_judged, judged_page
from server.learning.precision import tallies
from server.learning.verdicts import Unjudged, Verdict
from server.records.tables import CaseEvent, CaseRow, Device, ObservationRow, TraverseRow
from server.setup.city import City
from tests.server.town import HOUR_NS, Town

pytestmark = pytest.mark.both_databases

ENDINGS = [None, *(reason for reason in CloseReason if reason is not CloseReason.MERGED)]
MODELS = ("a" * 64, "b" * 64)


class Records:
    """Cases and observations as they may lie in any city, by a seed."""

    def __init__(self, town: Town, seed: int) -> None:
        self.dice = random.Random(seed)
        self.town = town
        self.around_ns = nanoseconds(datetime(2026, 11, 1, tzinfo=town.context.city.zone))
        self.numbers = iter(range(1, 10_000))

    def write(self, session: Session) -> None:
        cases = [self.case(session) for _ in range(100)]
        for gone, kept in itertools.pairwise(cases):
            if self.dice.random() < 0.4:
                session.get_one(CaseRow, gone).close_reason = CloseReason.MERGED
                session.get_one(CaseRow, gone).merged_into = kept
        session.flush()
        for kind in ("vehicle", "drone", "citizen"):
            self.traverse(session, kind, [*cases, None])

    def moment_ns(self) -> int:
        """Within two days of the turn of a month."""
        return self.around_ns + self.dice.randrange(-48 * HOUR_NS, 48 * HOUR_NS)

    def case(self, session: Session) -> str:
        number, reason = next(self.numbers), self.dice.choice(ENDINGS)
        ident = str(named_uuid7(number, "case", number))
        state = State.FILED if reason is None else State.CLOSED
        seen_ns = self.moment_ns()
        place = {"lat": 31.0, "lon": 121.0, "ee": 1.0, "en": 0.0, "nn": 1.0, "worth": 1.0, "score": 0.9, "gone": 0.0}
        times = dict.fromkeys(("opened_ns", "first_seen_ns", "last_seen_ns"), seen_ns)
        row = {"id": ident, "number": number, "category": "litter", "state": state, "sightings": 1, "passes": 1}
        end = {"closed_ns": None if reason is None else seen_ns, "close_reason": reason}
        session.execute(insert(CaseRow), {**row, **place, **times, **end, "memory": {}})
        if reason is CloseReason.DISMISSED:
            self.line(session, ident, Event.DISMISS, self.dice.choice([None, *Finding, Finding.NOT_A_PROBLEM]))
        for _ in range(self.dice.randrange(3)):
            self.line(session, ident, Event.FEED_BACK)
        return ident

    def line(self, session: Session, case_id: str, event: Event, finding: Finding | None = None) -> None:
        states = {"from_state": State.HANDLING, "to_state": State.FED_BACK, "role": "crew"}
        told = {"case_id": case_id, "at_ns": self.moment_ns(), "event": event, "finding": finding, **states}
        session.execute(insert(CaseEvent), told)

    def traverse(self, session: Session, kind: str, cases: list[str | None]) -> None:
        sent = {"device_id": f"car-{kind}", "body_sha256": "", "body": b"", "received_ns": 1, "observations": 150}
        device = {"id": f"car-{kind}", "name": kind, "kind": kind, "token_sha256": kind, "enrolled_ns": 1}
        session.execute(insert(Device), device)
        session.execute(insert(TraverseRow), {"id": kind, **sent, "offset_east_m": 0.0, "offset_north_m": 0.0})
        rows = [self.seen(kind, position, self.dice.choice(cases)) for position in range(150)]
        session.execute(insert(ObservationRow), rows)

    def seen(self, kind: str, position: int, case_id: str | None) -> dict[str, object]:
        """Most ids tell when it was seen, some an hour before or after, and some nothing."""
        seen_ns = self.moment_ns()
        outcome = Outcome.REJECTED if case_id is None else self.dice.choice(list(Outcome)[:3])
        told_ns = seen_ns + self.dice.choice([0, 0, -HOUR_NS, HOUR_NS])
        by_time = named_uuid7(told_ns, kind, position)
        ident = by_time if self.dice.random() < 0.8 else UUID(int=self.dice.getrandbits(128), version=4)
        what = {"category": self.dice.choice(["litter", "illegal_ad"]), "model_digest": self.dice.choice(MODELS)}
        where = {"id": str(ident), "traverse_id": kind, "position": position, "case_id": case_id}
        return {**where, **what, "utc_ns": seen_ns, "score": 0.9, "attributes": {}, "outcome": outcome}


@pytest.fixture(params=range(3))
def records(town: Town, request: pytest.FixtureRequest) -> Iterator[Session]:
    with town.context.store.write() as session:
        Records(town, request.param).write(session)
    with town.context.store.read() as session:
        yield session


def days(city: City) -> list[int]:
    """From before all was seen to after it."""
    start_ns = nanoseconds(datetime(2026, 11, 1, tzinfo=city.zone))
    return [0, *(start_ns + day * 24 * HOUR_NS + 1 for day in range(-3, 4))]


def test_the_database_counts_what_the_rule_says_of_each_observation(town: Town, records: Session) -> None:
    city = town.context.city
    judged = [one for page in every_judged(records) for one in page]
    assert {one.verdict for one in judged} == {*Verdict, *Unjudged}
    for since_ns in days(city):
        said: Counter[tuple[str, str, str, Verdict | Unjudged]] = Counter()
        for one in judged:
            if one.utc_ns >= since_ns:
                month = f"{moment(one.utc_ns).astimezone(city.zone):%Y-%m}"
                said[month, one.category, one.model_digest, one.verdict] += 1
        counted: Counter[tuple[str, str, str, Verdict | Unjudged]] = Counter()
        for tally in tallies(records, city, since_ns, piece=70):
            key = (tally.month, tally.category, tally.model_digest)
            counted[*key, Verdict.CONFIRMED] += tally.confirmed
            counted[*key, Verdict.DISMISSED] += tally.dismissed
            for why, n in tally.unjudged.items():
                counted[*key, why] += n
        assert +counted == said


def test_what_was_seen_since_a_day_is_all_of_it_whatever_its_ids_tell(town: Town, records: Session) -> None:
    judged = [one for page in every_judged(records) for one in page]
    for since_ns in days(town.context.city):
        found, after = [], ""
        while page := judged_page(records, after, since_ns, limit=70):
            found += page
            after = page[-1].observation_id
        assert found == [one for one in judged if one.utc_ns >= since_ns]
