"""Cases follow from what came in: a replay makes the same ones, bit for bit, and says where it does not."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from typer.testing import CliRunner

from server.cases.journal import JournalRow
from server.cli import app
from server.records.address import DATABASE
from server.records.store import Store
from server.records.tables import CaseRow, Setting
from server.replay import replaying
from server.upkeep.sweeps import lapse_watched
from tests.server.town import HOUR_NS, MIN_NS, Town, picture


def replayed(town: Town, expect: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["replay", "--home", str(town.home), "--json"])
    assert done.exit_code == expect, done.output
    answer: dict[str, Any] = json.loads(done.output)
    return answer


def busy_day(town: Town) -> None:
    """Traverses and every kind of step."""
    before = picture(1)
    first, second, ad = town.send(
        town.seen("litter", pictures=(before,)),
        town.seen("litter", east_m=25.0),
        town.seen("illegal_ad", north_m=6.0, phones="12034567890=0.90"),
    )["links"]
    town.clock.ns += 10 * MIN_NS
    town.send(town.seen("litter"))
    order = town.order_of(first["case_id"])["id"]
    town.post(f"/api/work-orders/{order}/accept", "crew-a")
    town.clock.ns += 10 * MIN_NS
    town.after_photo(order, picture(2))
    town.post(f"/api/work-orders/{order}/approve", "reviewer")
    town.post(f"/api/cases/{second['case_id']}/dismiss", "operator", reason="a shop's display", finding="not_a_problem")
    town.post(f"/api/cases/{ad['case_id']}/suspend", "supervisor", reason="scaffolding")
    town.clock.ns += 40 * MIN_NS
    town.send(town.seen("litter"), town.seen("improper_parking", east_m=-30.0, zone_id="no-stop"))
    town.clock.ns += 30 * HOUR_NS
    assert lapse_watched(town.context) == 1


def test_a_replay_of_nothing_is_identical(town: Town) -> None:
    answer = replayed(town)
    assert (answer["identical"], answer["inputs"]) == (True, {})


def test_a_replay_gives_the_same_cases_bit_for_bit(town: Town) -> None:
    busy_day(town)
    answer = replayed(town)
    assert answer["identical"], answer
    assert answer["inputs"] == {"traverse": 3, "step": 5, "lapse": 1}


def test_a_journal_longer_than_a_page_is_replayed_whole(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    busy_day(town)
    monkeypatch.setattr(replaying, "BATCH", 2)
    answer = replayed(town)
    assert answer["identical"], answer
    assert sum(answer["inputs"].values()) == 9
    assert answer["rows"]["case"] == 5
    assert answer["by_another_program"] == 0
    assert replayed(town) == answer


def test_a_refused_step_is_no_input(town: Town) -> None:
    [link] = town.send(town.seen())["links"]
    town.post(f"/api/cases/{link['case_id']}/resume", "supervisor", 409)
    assert replayed(town)["inputs"] == {"traverse": 1}


def test_a_case_that_was_changed_behind_the_servers_back_is_named_with_its_field(town: Town) -> None:
    [link] = town.send(town.seen())["links"]
    with town.context.store.write() as session:
        session.execute(update(CaseRow).values(worth=0.5))
    answer = replayed(town, expect=3)
    assert not answer["identical"]
    assert answer["difference"]["where"] == f"case {link['case_id']}, worth"
    assert answer["difference"]["recorded"] == "0.5"


def test_a_memory_that_was_lost_is_noticed(town: Town) -> None:
    town.send(town.seen() | {"appearance": [1.0, 0.0]})
    with town.context.store.write() as session:
        session.execute(delete(Setting).where(Setting.key == "association_memory"))
    assert replayed(town, expect=3)["difference"]["recorded"] == "missing"


def test_a_home_from_before_the_journal_says_so(town: Town) -> None:
    town.send(town.seen())
    with town.context.store.write() as session:
        session.execute(text("DROP TRIGGER journal_no_delete"))
        session.execute(delete(JournalRow))
    done = CliRunner().invoke(app, ["replay", "--home", str(town.home)])
    assert done.exit_code == 2
    assert "1 traverses came in before this server kept a journal" in done.output


def test_an_input_that_cannot_be_taken_in_again_is_named(town: Town) -> None:
    [link] = town.send(town.seen())["links"]
    town.post(f"/api/cases/{link['case_id']}/dismiss", "operator", reason="nothing there")
    with town.context.store.write() as session:
        session.execute(text("DROP TRIGGER journal_no_update"))
        session.execute(update(JournalRow).where(JournalRow.kind == "step").values(subject_id="x"))
        row = session.query(JournalRow).filter(JournalRow.kind == "step").one()
        row.body = row.body | {"event": "resume"}
    answer = replayed(town, expect=3)
    assert answer["difference"]["where"].startswith("input 2 (step")
    assert "refused: wrong_state" in answer["difference"]["replayed"]


def test_the_journal_only_grows(town: Town) -> None:
    town.send(town.seen())
    for change in (update(JournalRow).values(at_ns=1), delete(JournalRow)):
        with pytest.raises(Exception, match="journal only grows"), town.context.store.write() as session:
            session.execute(change)


def lines_of(home: Path) -> dict[str, int]:
    """How many lines each table of the database has, whoever made it."""
    with closing(sqlite3.connect(home / DATABASE)) as database:
        names = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in names}  # noqa: S608 - names of its own


def test_a_rebuild_puts_the_cases_right_and_keeps_all_else(town: Town) -> None:
    busy_day(town)
    others = lines_of(town.home)
    with town.context.store.write() as session:
        session.execute(update(CaseRow).values(worth=0.5))
    running = CliRunner().invoke(app, ["replay", "--home", str(town.home), "--rebuild"])
    assert (running.exit_code, "a server is running here" in running.output) == (2, True)
    town.context.store.close()
    done = CliRunner().invoke(app, ["replay", "--home", str(town.home), "--rebuild"])
    assert done.exit_code == 0, done.output
    assert "rebuilt; the records as they were lie in" in done.output
    assert replayed(town)["identical"]
    with Store(town.home / DATABASE).read() as session:
        assert 0.5 not in set(session.scalars(select(CaseRow.worth)))
    assert lines_of(town.home) == others
    assert sorted(path.name for path in town.home.glob("*.before-rebuild")) == ["steward.db.before-rebuild"]
    town.laws_hold()


def test_nothing_is_rebuilt_where_nothing_differs(town: Town) -> None:
    town.send(town.seen())
    town.context.store.close()
    done = CliRunner().invoke(app, ["replay", "--home", str(town.home), "--rebuild"])
    assert (done.exit_code, "identical" in done.output) == (0, True)
    assert not list(town.home.glob("*.before-rebuild"))
