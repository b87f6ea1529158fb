"""What the ML engineer reads over HTTP: verdicts and the pictures they name, page by page, and no more."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select

from server.learning.precision import Tally
from server.learning.verdicts import Unjudged
from server.records.tables import AuditRow
from tests.server.judgement import BOX, MODEL, dismiss, fix, report, sighting
from tests.server.town import HOUR_NS, Town, picture


def digest(seed: int) -> str:
    return hashlib.sha256(picture(seed)).hexdigest()


def test_a_verdict_names_its_picture_and_no_person_and_no_point_on_the_map(town: Town) -> None:
    fix(town, case_id := report(town, 1), 9)
    page = town.get("/api/verdicts", "engineer")
    [item] = page["items"]
    assert (item["sha256"], item["verdict"], item["label"], item["box"]) == (digest(1), "confirmed", "litter", BOX)
    assert (item["case_id"], item["model_digest"], item["day"]) == (case_id, MODEL, "2026-11-23")
    assert item.keys().isdisjoint({"lat", "lon", "grid_id", "person", "assignee_name", "device_id"})
    assert (page["left_out"], page["no_verdict"], page["next_cursor"]) == ({}, {}, None)


def test_pages_count_every_observation_once(town: Town) -> None:
    fix(town, report(town, 1, east_m=-40.0), 91)
    dismiss(town, report(town, 2, east_m=-15.0))
    report(town, 3, east_m=15.0)
    fix(town, report(town, 4, east_m=40.0, box=None), 94)
    seen, cursor = 0, ""
    items: list[str] = []
    for _ in range(5):
        page = town.get(f"/api/verdicts?limit=2{cursor}", "engineer")
        items += [item["verdict"] for item in page["items"]]
        seen += len(page["items"]) + sum(page["left_out"].values()) + sum(page["no_verdict"].values())
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == 4
    assert sorted(items) == ["confirmed", "dismissed"]


def test_only_a_picture_that_a_verdict_names_is_shown(town: Town) -> None:
    report(town, 1, east_m=-40.0)
    fix(town, report(town, 2, east_m=40.0), 92)
    answers = {
        seed: town.client.get(f"/api/verdicts/pictures/{digest(seed)}", headers=town.as_("engineer"))
        for seed in (1, 2, 92)
    }
    assert {seed: answer.status_code for seed, answer in answers.items()} == {1: 404, 2: 200, 92: 404}
    assert answers[2].content == picture(2)
    assert answers[2].headers["content-type"] == "image/jpeg"


def test_who_read_which_verdicts_and_saw_which_picture_is_written_down(town: Town) -> None:
    fix(town, report(town, 1), 9)
    town.get("/api/verdicts", "engineer")
    town.client.get(f"/api/verdicts/pictures/{digest(1)}", headers=town.as_("engineer"))
    with town.context.store.read() as session:
        rows = [(row.action, row.subject_id) for row in session.scalars(select(AuditRow).order_by(AuditRow.id))]
    assert rows[-2:] == [("read_verdicts", ""), ("view_picture", digest(1))]


@pytest.mark.parametrize("query", ["since=yesterday", "limit=0", "limit=501", "cursor=x"])
def test_a_wrong_question_is_refused(town: Town, query: str) -> None:
    assert town.client.get(f"/api/verdicts?{query}", headers=town.as_("engineer")).status_code == 422


@pytest.mark.parametrize(
    ("since", "found"), [("0001-01-01", 1), ("2026-11-23", 1), ("2026-11-24", 0), ("9999-12-31", 0)]
)
def test_a_day_cuts_off_what_was_seen_before_it(town: Town, since: str, found: int) -> None:
    fix(town, report(town, 1), 9)
    assert len(town.get(f"/api/verdicts?since={since}", "engineer")["items"]) == found


def test_precision_is_counted_by_month_category_and_model(town: Town) -> None:
    fix(town, report(town, 1, east_m=-40.0), 91)
    dismiss(town, report(town, 2, east_m=-15.0))
    report(town, 3, east_m=15.0)
    dismiss(town, report(town, 4, east_m=40.0, category="illegal_ad", label="illegal_ad"))
    town.send(sighting(town, 5, category="no_such_thing"))
    town.clock.ns += 9 * 24 * HOUR_NS
    later = sighting(town, 6, east_m=-28.0) | {"model_digest": "b" * 64}
    town.send(later)
    items = town.get("/api/figures/precision", "engineer")["items"]
    november = {item["category"]: item for item in items if item["month"] == "2026-11"}
    litter = november["litter"]
    assert (litter["confirmed"], litter["dismissed"], litter["unjudged"]) == (1, 1, {"still_open": 1})
    assert (litter["precision"], november["illegal_ad"]["precision"]) == (0.5, 0.0)
    assert november["no_such_thing"]["unjudged"] == {"no_case": 1}
    assert items[0]["month"] == "2026-12"
    assert (items[0]["model_digest"], items[0]["precision"]) == ("b" * 64, None)
    made = sum(item["confirmed"] + item["dismissed"] + sum(item["unjudged"].values()) for item in items)
    assert made == town.get("/api/figures")["observations_received"]
    assert town.get("/api/figures/precision?since=2026-12-01")["items"] == items[:1]


def test_precision_of_nothing_judged_is_not_told() -> None:
    assert Tally("2026-11", "litter", MODEL, 0, 0, {Unjudged.STILL_OPEN: 9}).precision is None
    assert Tally("2026-11", "litter", MODEL, 3, 1, {}).precision == 0.75
