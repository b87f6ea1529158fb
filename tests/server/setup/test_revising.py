"""A city's zones, grids and rota change from a moment on; what was made before stays as it was made, replayed too."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from models.shipped import DATASETS
from server.cli import app
from server.records.locks import many_writers
from server.records.store import Store, store_of
from server.setup.cities import LOOK_AGAIN_NS
from server.setup.file import read_setup
from server.setup.revising import Revised, crew_ids, revise
from server.upkeep.sweeps import find_editions
from tests.server.setupfile import write_setup
from tests.server.town import MIN_NS, Town
from tests.waiting import until

pytestmark = pytest.mark.both_databases

BOTH_IN_A = {'[[rota]]\ngrid = "grid-b"': '[[rota]]\ngrid = "grid-a"\nperson = "crew-b"\n[[rota]]\ngrid = "grid-b"'}
IN_A_ARE_B_AND_C = 'grid = "grid-a"\nperson = "crew-b"\n[[rota]]\ngrid = "grid-a"\nperson = "crew-c"'


def revised(town: Town, folder: Path, **changes: str) -> Revised:
    """Another process gives the town another setup; then time goes on until it holds."""
    path = write_setup(folder, **changes)
    return give(town, path)


def give(town: Town, path: Path) -> Revised:
    store = store_of(town.home)
    with store.write() as session:
        setup = read_setup(path, crew_ids(session))
        done = revise(session, setup, path, None, town.clock.ns)
    store.close()
    town.clock.ns += 2 * MIN_NS
    return done


def changed(path: Path, **spans: tuple[float, float]) -> None:
    """Write other grids beside a setup, each from one longitude to another."""
    whole = json.loads((path.parent / "grids.geojson").read_text("utf-8"))
    example = whole["features"][0]
    whole["features"] = []
    for name, (west, east) in spans.items():
        ring = [[west, 31.23], [east, 31.23], [east, 31.235], [west, 31.235], [west, 31.23]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        whole["features"].append({**example, "properties": {"id": name}, "geometry": geometry})
    (path.parent / "grids.geojson").write_text(json.dumps(whole), "utf-8")


def parked(town: Town) -> Any:
    """What becomes of a car that stands 60 m east of the zone that there was at first."""
    return town.send(town.seen("improper_parking", east_m=110.0, dwell_s=300.0))["links"][0]


def with_zone_there(folder: Path) -> Path:
    path = write_setup(folder)
    zones = json.loads((folder / "zones.geojson").read_text("utf-8"))
    west, east = 121.4735, 121.4738
    ring = [[west, 31.232], [east, 31.232], [east, 31.233], [west, 31.233], [west, 31.232]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"id": "school", "kind": "no_parking"}, "geometry": geometry}
    zones["features"].append(feature)
    (folder / "zones.geojson").write_text(json.dumps(zones), "utf-8")
    return path


def replays(town: Town) -> bool:
    done = CliRunner().invoke(app, ["replay", "--home", str(town.home), "--json"])
    assert done.exit_code == 0, done.output
    return bool(json.loads(done.output)["identical"])


def test_a_new_zone_holds_from_its_time_on_and_a_replay_makes_the_same_cases(town: Town, tmp_path: Path) -> None:
    assert parked(town)["reason"] == "outside_zone"
    done = give(town, with_zone_there(tmp_path))
    assert [(one.part, one.new, one.otherwise, one.gone) for one in done.changes] == [("zones", 1, 0, 0)]
    town.clock.ns -= 90_000_000_000
    assert parked(town)["reason"] == "outside_zone"
    town.clock.ns += 90_000_000_000
    assert parked(town)["outcome"] == "opened"
    assert [zone["id"] for zone in town.get("/api/zones")["features"]] == ["no-stop", "school"]
    assert replays(town)


def test_a_zone_counts_in_its_hours(town: Town, tmp_path: Path) -> None:
    path = with_zone_there(tmp_path)
    zones = json.loads((tmp_path / "zones.geojson").read_text("utf-8"))
    zones["features"][1]["properties"] |= {"from": "07:00", "to": "12:00"}
    (tmp_path / "zones.geojson").write_text(json.dumps(zones), "utf-8")
    give(town, path)
    assert parked(town)["outcome"] == "opened"
    town.clock.ns += 120 * MIN_NS  # to two minutes past twelve
    assert parked(town)["reason"] == "outside_zone"
    zones["features"][1]["properties"]["to"] = "noon"
    (tmp_path / "zones.geojson").write_text(json.dumps(zones), "utf-8")
    assert "zones.geojson, feature school: times of day are written" in refused(town, path)


def test_the_rota_in_force_when_a_case_is_dispatched_says_who_gets_it(town: Town, tmp_path: Path) -> None:
    first, _ = town.send(town.seen(), town.seen(east_m=30.0))["links"]
    assert town.order_of(first["case_id"])["assignee_name"] == "Crew-A"
    revised(town, tmp_path, **{'grid = "grid-a"\nperson = "crew-a"': 'grid = "grid-a"\nperson = "crew-b"'})
    later = town.send(town.seen(east_m=-40.0))["links"][0]
    assert town.order_of(later["case_id"])["assignee_name"] == "Crew-B"
    assert town.order_of(first["case_id"])["assignee_name"] == "Crew-A"
    assert replays(town)


def people(town: Town, *words: str) -> None:
    done = CliRunner().invoke(app, ["people", *words, "--home", str(town.home)])
    assert done.exit_code == 0, done.output
    town.clock.ns += LOOK_AGAIN_NS


def test_nobody_who_has_left_gets_a_case_and_a_replay_gives_each_to_whom_it_went(town: Town, tmp_path: Path) -> None:
    first = town.send(town.seen())["links"][0]["case_id"]
    people(town, "leave", "crew-a")
    second = town.send(town.seen(east_m=-40.0))["links"][0]["case_id"]
    assert town.order_of(second) is None
    town.post(f"/api/cases/{second}/dispatch", "operator", 409)
    revised(town, tmp_path, **{'grid = "grid-a"\nperson = "crew-a"': 'grid = "grid-a"\nperson = "crew-b"'})
    town.post(f"/api/cases/{second}/dispatch", "operator")
    people(town, "password", "crew-a")
    assert [town.order_of(case_id)["assignee_name"] for case_id in (first, second)] == ["Crew-A", "Crew-B"]
    assert replays(town)


def test_a_supervisor_hands_over_what_people_who_left_had_to_do(town: Town, tmp_path: Path) -> None:
    sent = town.send(town.seen(), town.seen(east_m=-30.0), town.seen(east_m=-60.0))["links"]
    first, *others = (link["case_id"] for link in sent)
    town.post(f"/api/work-orders/{town.order_of(first)['id']}/accept", "crew-a")
    town.post(f"/api/cases/{first}/hand-over", "supervisor", 409)
    people(town, "leave", "crew-a")
    assert {order["case_id"] for order in town.get("/api/work-orders?left=true")["items"]} == {first, *others}
    town.clock.ns += LOOK_AGAIN_NS
    assert town.get("/api/work-orders/hand-over", "supervisor")["items"] == [{"person": None, "orders": 3}]
    assert town.post("/api/work-orders/hand-over", "supervisor") == {"handed_over": 0, "kept": 3}
    revised(town, tmp_path, **{'grid = "grid-a"\nperson = "crew-a"': 'grid = "grid-a"\nperson = "crew-b"'})
    assert "hand_over" in town.get(f"/api/cases/{first}")["allowed"]
    town.post(f"/api/cases/{first}/hand-over", "operator", 403)
    due = town.order_of(first)["due_at"]
    order = town.post(f"/api/cases/{first}/hand-over", "supervisor")["work_order"]
    assert (order["assignee_name"], order["state"], order["accepted_at"]) == ("Crew-B", "dispatched", None)
    assert (order["due_at"], order["assignee_left"]) == (due, False)
    assert town.post("/api/work-orders/hand-over", "supervisor") == {"handed_over": 2, "kept": 0}
    assert {town.order_of(case_id)["assignee_name"] for case_id in others} == {"Crew-B"}
    assert town.get("/api/work-orders?left=true")["items"] == []
    town.post(f"/api/work-orders/{order['id']}/accept", "crew-b")
    people(town, "password", "crew-a")
    assert replays(town)


def test_a_supervisor_is_told_beforehand_who_gets_how_many(town: Town, tmp_path: Path) -> None:
    sent = town.send(*(town.seen(east_m=-30.0 * number) for number in range(3)), town.seen(east_m=700.0))["links"]
    people(town, "add", "crew-c", "--role", "crew", "--display", "Crew-C")
    people(town, "leave", "crew-a")
    revised(town, tmp_path, **{'grid = "grid-a"\nperson = "crew-a"': IN_A_ARE_B_AND_C})
    told = town.get("/api/work-orders/hand-over", "supervisor")["items"]
    assert [(heir["person"]["display"], heir["orders"]) for heir in told] == [("Crew-C", 2), ("Crew-B", 1)]
    assert town.post("/api/work-orders/hand-over", "supervisor") == {"handed_over": 3, "kept": 0}
    names = [town.order_of(link["case_id"])["assignee_name"] for link in sent]
    assert sorted(names) == ["Crew-B", "Crew-B", "Crew-C", "Crew-C"]
    assert town.get("/api/work-orders/hand-over", "supervisor")["items"] == []


def test_where_one_of_two_has_left_the_other_gets_the_case_however_busy(town: Town, tmp_path: Path) -> None:
    revised(town, tmp_path, **BOTH_IN_A)
    town.send(town.seen(), town.seen(east_m=30.0), town.seen(east_m=-30.0))
    people(town, "leave", "crew-a")
    links = town.send(*(town.seen(east_m=20.0 * number, north_m=40.0) for number in range(-1, 2)))["links"]
    assert {town.order_of(link["case_id"])["assignee_name"] for link in links} == {"Crew-B"}
    assert replays(town)


def test_a_case_outside_every_grid_is_dispatched_once_a_grid_takes_it_in(town: Town, tmp_path: Path) -> None:
    case_id = town.send(town.seen(east_m=900.0))["links"][0]["case_id"]
    assert town.get(f"/api/cases/{case_id}")["grid_id"] is None
    path = write_setup(tmp_path)
    changed(path, **{"grid-a": (121.47, 121.475), "grid-b": (121.475, 121.49)})
    give(town, path)
    town.post(f"/api/cases/{case_id}/dispatch", "operator")
    case = town.get(f"/api/cases/{case_id}")
    assert (case["grid_id"], case["work_order"]["assignee_name"]) == ("grid-b", "Crew-B")
    assert replays(town)


def test_a_case_of_a_grid_that_is_gone_goes_to_the_one_in_its_place(town: Town, tmp_path: Path) -> None:
    revised(town, tmp_path / "first", **{'[[rota]]\ngrid = "grid-a"\nperson = "crew-a"\n': ""})
    car = {"category": "improper_parking", "east_m": 40.0, "zone_id": "z"}
    watched, filed = town.send(town.seen(**car), town.seen(east_m=-20.0))["links"]
    path = write_setup(tmp_path / "second", **{'grid = "grid-a"': 'grid = "grid-c"'})
    changed(path, **{"grid-c": (121.47, 121.475), "grid-b": (121.475, 121.48)})
    give(town, path)
    town.clock.ns += 20 * MIN_NS
    town.send(town.seen(**car))
    town.post(f"/api/cases/{filed['case_id']}/dispatch", "operator")
    for link in (watched, filed):
        case = town.get(f"/api/cases/{link['case_id']}")
        assert (case["grid_id"], case["work_order"]["grid_id"]) == ("grid-c", "grid-c")
    assert [grid["id"] for grid in town.get("/api/grids")["features"]] == ["grid-b", "grid-c"]
    town.laws_hold()
    assert replays(town)


def test_a_server_that_makes_no_cases_hears_of_an_edition_all_the_same(town: Town, tmp_path: Path) -> None:
    assert find_editions(town.context) == 0
    revised(town, tmp_path, **{'name_en = "Test town"': 'name_en = "New town"'})
    assert town.get("/api/taxonomy")["city_en"] == "Test town"
    assert find_editions(town.context) == 1
    assert town.get("/api/taxonomy")["city_en"] == "New town"


def test_a_setup_that_says_nothing_new_is_not_kept(town: Town, tmp_path: Path) -> None:
    assert revised(town, tmp_path).changes == ()
    assert find_editions(town.context) == 0


def test_of_two_at_one_instant_the_later_sees_what_the_earlier_added(town: Town, tmp_path: Path) -> None:
    path = write_setup(tmp_path, **{'name_en = "Test town"': 'name_en = "New town"'})
    here, there = store_of(town.home), store_of(town.home)

    def add(store: Store, now_ns: int) -> Revised:
        with store.write() as session:
            return revise(session, read_setup(path, crew_ids(session)), path, None, now_ns)

    with ThreadPoolExecutor(1) as pool:
        with here.write() as session:
            earlier = revise(session, read_setup(path, crew_ids(session)), path, None, town.clock.ns)
            later = pool.submit(add, there, town.clock.ns + 1)
            until(lambda: later.done() or waits(here))
        assert (len(earlier.changes), later.result().changes) == (1, ())
    here.close()
    there.close()


def waits(store: Store) -> bool:
    """Whether somebody waits for a lock of PostgreSQL; on SQLite whoever writes second always does."""
    with store.read() as session:
        if not many_writers(session):
            return True
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")))


def refused(town: Town, path: Path, *more: str) -> str:
    done = CliRunner().invoke(app, ["revise", "--home", str(town.home), "--setup", str(path), *more])
    assert done.exit_code == 2, done.output
    return done.output


def test_a_rota_with_somebody_who_cannot_sign_in_is_refused(town: Town, tmp_path: Path) -> None:
    stranger = write_setup(tmp_path / "one", **{'person = "crew-b"\n': 'person = "li.na"\n'})
    assert "li.na is no person with role crew" in refused(town, stranger)
    in_the_file_alone = {'name = "crew-b"': 'name = "li.na"', 'person = "crew-b"\n': 'person = "li.na"\n'}
    assert "steward server people add li.na" in refused(town, write_setup(tmp_path / "two", **in_the_file_alone))


def test_a_category_that_cases_may_have_cannot_go(town: Town, tmp_path: Path) -> None:
    head, *categories = (DATASETS / "taxonomy.toml").read_text("utf-8").split("[[category]]")
    fewer = [one for one in categories if 'key = "litter"' not in one]
    path = write_setup(tmp_path, **{"[bins]": 'taxonomy = "codes.toml"\n[bins]'})
    (tmp_path / "codes.toml").write_text("[[category]]".join([head, *fewer]), "utf-8")
    assert "the category litter is gone, and cases may have it; keep it" in refused(town, path)


def test_an_edition_holds_neither_from_the_past_on_nor_from_before_another(town: Town, tmp_path: Path) -> None:
    path = write_setup(tmp_path, **{'name_en = "Test town"': 'name_en = "New town"'})
    assert "Leave --from out" in refused(town, path, "--from", "2020-01-01T00:00")
    asked = ["revise", "--home", str(town.home), "--setup", str(path), "--from", "2200-01-01T00:00", "--json"]
    planned = json.loads(CliRunner().invoke(app, asked).output)
    assert planned == {
        "holds_from": "2200-01-01T00:00:00+08:00",
        "changes": {"city": {"new": 0, "changed": 1, "gone": 0}},
    }
    write_setup(tmp_path)
    assert "another edition holds from 2200-01-01T00:00 on" in refused(town, path)
