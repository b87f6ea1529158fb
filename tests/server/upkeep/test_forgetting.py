"""Of what changed the last 90 days are kept: nobody waits for what is forgotten, and whoever missed it is told so."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from server.records.news import follows_on, news_since
from server.records.outbox import KEPT_NS, Outbox, highest, tell
from server.records.tables import Setting
from server.upkeep import sweeps
from server.upkeep.sweeps import forget_changes
from tests.server.replay.test_replay import replayed
from tests.server.town import Town

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "CHANGES", 2)


def told(town: Town, subjects: str) -> None:
    """Each letter changes now, in a transaction of its own."""
    for subject in subjects:
        with town.context.store.write() as session:
            tell(session, "case", subject, town.clock.ns)


def kept(town: Town) -> Sequence[str]:
    with town.context.store.read() as session:
        return session.scalars(select(Outbox.subject_id).order_by(Outbox.id)).all()


def number_of(town: Town, subject: str) -> int:
    with town.context.store.read() as session:
        return session.scalars(select(Outbox.id).where(Outbox.subject_id == subject)).one()


def test_what_is_90_days_older_than_the_newest_is_forgotten_a_few_at_a_time(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(town, "abcde")
    town.clock.ns += KEPT_NS - 1
    told(town, "f")
    assert forget_changes(town.context) == 0
    town.clock.ns += 1
    told(town, "g")
    monkeypatch.setattr(sweeps, "MOST_CHANGES", 2)
    assert (forget_changes(town.context), "".join(kept(town))) == (2, "cdefg")
    monkeypatch.setattr(sweeps, "MOST_CHANGES", 100)
    assert (forget_changes(town.context), "".join(kept(town))) == (2, "efg")
    assert forget_changes(town.context) == 0  # the next two are not both old


@pytest.mark.parametrize("subjects", ["b", "ab", "abc", "abcdef"])
def test_what_was_written_while_the_clock_was_ahead_holds_nothing_up(town: Town, subjects: str) -> None:
    """Those of a to f change when the clock is ten years ahead."""
    for subject in "abcdef":
        town.clock.ns += 40 * KEPT_NS if subject in subjects else 0
        told(town, subject)
        town.clock.ns -= 40 * KEPT_NS if subject in subjects else 0
    told(town, "gh")
    assert forget_changes(town.context) == 0  # what came next is not old
    town.clock.ns += KEPT_NS
    told(town, "i")
    assert (forget_changes(town.context), "".join(kept(town))) == (8, "i")


def test_a_sweep_of_what_was_never_changed_forgets_nothing(town: Town) -> None:
    with town.context.store.read() as session:
        assert highest(session) == 0
    assert forget_changes(town.context) == 0


def test_the_newest_change_stays_however_long_nothing_changes(town: Town) -> None:
    told(town, "ab")
    town.clock.ns += 10 * KEPT_NS
    assert (forget_changes(town.context), "".join(kept(town))) == (0, "ab")


def test_numbers_go_on_after_what_was_forgotten(town: Town) -> None:
    told(town, "ab")
    before = number_of(town, "b")
    town.clock.ns += KEPT_NS
    told(town, "c")
    assert forget_changes(town.context) == 2
    told(town, "d")
    assert before < number_of(town, "c") < number_of(town, "d")


def test_the_database_itself_refuses_to_forget_what_is_newer(town: Town) -> None:
    told(town, "ab")
    town.clock.ns += KEPT_NS
    told(town, "c")
    for which in ("subject_id = 'c'", "true"):
        with pytest.raises(IntegrityError, match="only grows"), town.context.store.write() as session:
            session.execute(text(f"DELETE FROM outbox WHERE {which}"))  # noqa: S608
    with town.context.store.write() as session:
        session.execute(text("DELETE FROM outbox WHERE subject_id = 'a'"))
    assert "".join(kept(town)) == "bc"


@pytest.mark.parametrize("how", ["header", "parameter"])
def test_who_would_miss_what_is_forgotten_is_told_to_ask_afresh(town: Town, how: str) -> None:
    told(town, "abcd")
    last = number_of(town, "a")
    town.clock.ns += KEPT_NS
    told(town, "e")
    assert forget_changes(town.context) == 4
    headers = town.as_("operator") | ({"Last-Event-ID": str(last)} if how == "header" else {})
    answer = town.client.get("/api/events" + (f"?after={last}" if how == "parameter" else ""), headers=headers)
    assert answer.status_code == 410
    error = answer.json()["error"]
    assert (error["code"], "afresh" in error["message"]) == ("events_forgotten", True)
    assert error["where"] == ("header.Last-Event-ID" if how == "header" else "query.after")


def test_who_follows_a_copy_that_is_older_than_what_they_heard_is_told_so(town: Town) -> None:
    told(town, "a")
    with town.context.store.read() as session:
        later = highest(session) + 1
    assert town.client.get(f"/api/events?after={later}", headers=town.as_("operator")).status_code == 410


def test_who_missed_nothing_follows_on(town: Town) -> None:
    assert follows_on(town.context.store, 0)
    told(town, "ab")
    last = number_of(town, "b")
    town.clock.ns += KEPT_NS
    told(town, "c")
    assert forget_changes(town.context) == 2
    assert follows_on(town.context.store, last)
    assert [row.subject_id for row in news_since(town.context.store, last, 9).rows] == ["c"]
    assert not follows_on(town.context.store, last - 1)


def test_what_is_forgotten_is_no_part_of_what_cases_follow_from(town: Town) -> None:
    town.send(town.seen("litter"))
    town.clock.ns += KEPT_NS
    town.send(town.seen("illegal_ad", east_m=60.0))
    assert forget_changes(town.context) > 0
    town.laws_hold()
    assert replayed(town)["identical"]
    with town.context.store.read() as session:
        assert session.get(Setting, "outbox:forgotten") is not None
