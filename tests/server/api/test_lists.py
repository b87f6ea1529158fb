"""What people see: lists in their order, filters, whose turn it is, and the console at /."""

from __future__ import annotations

import asyncio
import gzip
import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from server.app import create_app
from server.records.bell import Bell
from tests.looping import finished
from tests.server.setupfile import LAT, LON
from tests.server.town import HOUR_NS, MIN_NS, Town, picture
from tests.waiting import PATIENCE_S


def test_the_open_orders_come_first_by_deadline_then_the_closed_ones(town: Town) -> None:
    links = town.send(
        town.seen("litter", east_m=-50.0), town.seen("overflowing_bin"), town.seen("illegal_ad", east_m=50.0)
    )["links"]
    for link in links[:1]:
        order = town.order_of(link["case_id"])["id"]
        town.post(f"/api/work-orders/{order}/accept", "crew-a")
        town.after_photo(order, picture(1))
        town.post(f"/api/work-orders/{order}/approve", "reviewer")
    listed = town.get("/api/work-orders")["items"]
    assert [(item["category"], item["state"]) for item in listed] == [
        ("overflowing_bin", "dispatched"),
        ("illegal_ad", "dispatched"),
        ("litter", "closed"),
    ]
    assert [item["category"] for item in town.get("/api/work-orders?state=closed")["items"]] == ["litter"]
    assert town.get("/api/work-orders?grid=grid-b")["items"] == []
    paged = town.get("/api/work-orders?limit=2")
    assert len(town.get(f"/api/work-orders?limit=2&cursor={paged['next_cursor']}")["items"]) == 1


def test_a_late_order_is_overdue_everywhere(town: Town) -> None:
    [link] = town.send(town.seen("overflowing_bin"))["links"]
    assert town.get("/api/work-orders?overdue=true")["items"] == []
    town.clock.ns += 5 * HOUR_NS  # due at 12:00, it is 15:00
    assert town.order_of(link["case_id"])["overdue"] is True
    assert len(town.get("/api/work-orders?overdue=true")["items"]) == 1
    assert town.get(f"/api/cases/{link['case_id']}")["overdue"] is True
    assert town.get("/api/map")["features"][0]["properties"]["overdue"] is True
    assert town.get("/api/figures")["overdue"] == 1


def test_the_queue_is_filtered_by_state_category_and_grid(town: Town) -> None:
    town.send(town.seen("litter", east_m=-50.0), town.seen("illegal_ad"), town.seen("improper_parking", north_m=3.0))
    assert len(town.get("/api/cases")["items"]) == 3
    assert [case["category"] for case in town.get("/api/cases?category=litter")["items"]] == ["litter"]
    assert [case["category"] for case in town.get("/api/cases?state=watching")["items"]] == ["improper_parking"]
    assert len(town.get("/api/cases?state=watching&state=dispatched")["items"]) == 3
    assert len(town.get("/api/cases?grid=grid-a")["items"]) == 3
    assert town.get("/api/cases?state=closed")["items"] == []


def test_every_open_case_has_one_owner_at_every_step(town: Town) -> None:
    [link] = town.send(town.seen("litter"))["links"]
    path = f"/api/cases/{link['case_id']}"
    order = town.order_of(link["case_id"])["id"]
    turns = [town.get(path)["owner"]]
    town.post(f"/api/work-orders/{order}/accept", "crew-a")
    turns.append(town.get(path)["owner"])
    town.after_photo(order, picture(1))
    turns.append(town.get(path)["owner"])
    assert [turn["kind"] for turn in turns] == ["crew", "crew", "reviewers"]
    assert [turn["person"] and turn["person"]["name"] for turn in turns] == ["crew-a", "crew-a", None]


def test_what_a_person_may_do_is_told_with_the_case_and_the_order(town: Town) -> None:
    [link] = town.send(town.seen("litter"))["links"]
    path = f"/api/cases/{link['case_id']}"
    assert town.get(path, "operator")["allowed"] == ["dismiss", "merge", "split"]
    assert town.get(path, "crew-a")["work_order"]["allowed"] == ["accept"]
    assert town.get(path, "reviewer")["allowed"] == []


def test_the_history_names_who_did_what_and_why(town: Town) -> None:
    [link] = town.send(town.seen("litter"))["links"]
    town.clock.ns += MIN_NS
    case = town.post(f"/api/cases/{link['case_id']}/dismiss", "operator", reason="  a market stall  ")
    line = case["history"][-1]
    assert (line["event"], line["from_state"], line["to_state"]) == ("dismiss", "dispatched", "closed")
    assert (line["role"], line["person"]["name"], line["reason"]) == ("operator", "operator", "a market stall")
    assert case["work_order"]["outcome"] == "dismissed"


def test_places_are_given_longitude_first_as_geojson_wants(town: Town) -> None:
    town.send(town.seen("litter"))
    [point] = town.get("/api/map")["features"]
    lon, lat = point["geometry"]["coordinates"]
    assert (lon, lat) == (pytest.approx(LON, abs=1e-4), pytest.approx(LAT, abs=1e-4))
    assert [grid["id"] for grid in town.get("/api/grids")["features"]] == ["grid-a", "grid-b"]
    assert [zone["properties"]["kind"] for zone in town.get("/api/zones")["features"]] == ["no_parking"]


def test_the_consoles_assets_are_kept_for_good_and_come_compressed_to_who_reads_that(
    town: Town, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>console</title>", "utf-8")
    (tmp_path / "assets").mkdir()
    script = b"let one = 1;" * 100
    (tmp_path / "assets" / "app-1.js").write_bytes(script)
    (tmp_path / "assets" / "app-1.js.gz").write_bytes(gzip.compress(script))
    (tmp_path / "assets" / "mark-1.svg").write_text("<svg/>", "utf-8")
    client = TestClient(create_app(town.context, tmp_path))
    packed, plain = (
        client.get("/assets/app-1.js", headers={"Accept-Encoding": how}) for how in ("gzip, br", "identity")
    )
    assert (packed.content, packed.headers["content-encoding"]) == (script, "gzip")
    assert int(packed.headers["content-length"]) < len(script) / 4
    assert (plain.content, "content-encoding" in plain.headers) == (script, False)
    mark = client.get("/assets/mark-1.svg")
    assert (mark.text, "content-encoding" in mark.headers) == ("<svg/>", False)
    for answer in (packed, plain, mark):
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["vary"] == "Accept-Encoding"
    assert packed.headers["content-type"].split(";")[0] == plain.headers["content-type"].split(";")[0]
    again = client.get("/assets/app-1.js", headers={"If-None-Match": packed.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    gone = client.get("/assets/app-0.js")
    assert (gone.status_code, "immutable" in gone.headers.get("cache-control", "")) == (404, False)


def test_the_console_is_served_where_it_is_built_and_never_hides_the_interface(town: Town, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>console</title>", "utf-8")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "app.js").write_text("", "utf-8")
    client = TestClient(create_app(town.context, tmp_path))
    page = client.get("/")
    assert "console" in page.text
    assert page.headers["cache-control"] == "no-cache"
    assert client.get("/assets/app.js").status_code == 200
    assert client.get("/healthz").json()["status"] == "ok"
    for path in ("/api/nowhere", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"):
        missing = client.get(path)
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")


def test_without_a_built_console_the_interface_is_all_there_is(town: Town, tmp_path: Path) -> None:
    client = TestClient(create_app(town.context, tmp_path / "none"))
    assert client.get("/").status_code == 404
    assert client.get("/api/docs").status_code == 200


def test_a_bell_rung_from_another_thread_wakes_every_listener_and_none_that_left() -> None:
    bell = Bell()

    async def listen() -> list[bool]:
        with bell.listen() as one, bell.listen() as other:
            threading.Thread(target=bell.ring).start()
            await asyncio.wait_for(asyncio.gather(one.wait(), other.wait()), PATIENCE_S)
            heard = [one.is_set(), other.is_set()]
        bell.ring()
        return heard

    assert finished(listen()) == [True, True]
    bell.ring()
