"""Several processes see one problem where shards meet, at the same moment; it becomes one case."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from server.cases.journal import JournalRow
from server.cases.outcomes import Outcome
from server.intake.receipts import ObservationLink
from server.records.memory import recall
from server.records.outbox import Outbox
from server.records.tables import CaseRow
from tests.server.conftest import POSTGRESQL
from tests.server.racing import Racer, corners, race
from tests.server.town import Town

on_postgresql = pytest.mark.parametrize("database", [POSTGRESQL], indirect=True)


@on_postgresql
@pytest.mark.parametrize(
    "races", [60, pytest.param(10_000, marks=[pytest.mark.races, pytest.mark.timeout(3600)])], ids=str
)
def test_one_problem_at_a_border_of_shards_is_one_case_whoever_comes_first(home: Path, town: Town, races: int) -> None:
    racers = [Racer(town.enrol(f"car-{number}")[0], heading) for number, heading in enumerate((90.0, 270.0))]
    told = race(home, racers, corners(races))
    for met in zip(*told, strict=True):
        links = [link for link in met if isinstance(link, ObservationLink)]
        assert len(links) == len(racers), met
        assert sorted(link.outcome for link in links) == [Outcome.ATTACHED, Outcome.OPENED]
        assert len({link.case_id for link in links}) == 1
    with town.context.store.read() as session:
        assert session.scalar(select(func.count()).select_from(CaseRow)) == races
        assert session.scalar(select(func.max(CaseRow.number))) == races, "numbers have no gaps"
        # Every lesson is in the memory, also those taught at the same time.
        assert recall(session).memory.of("litter").count == len(racers) * races
        inputs = session.scalar(select(func.count()).select_from(JournalRow).where(JournalRow.kind == "traverse"))
        assert inputs == len(racers) * races
        first_come = {link.case_id for links in told for link in links if isinstance(link, ObservationLink)}
        announced = set(session.scalars(select(Outbox.subject_id).where(Outbox.kind == "case")))
        assert first_come <= announced
    town.laws_hold()
