"""Reports of people: a citizen's joins a case or waits for the desk, an inspector's goes to a crew, a token asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from pipeline.geo import LocalFrame
from server.access.people import token_digest
from server.access.staffing import leave
from server.citizens import telling
from server.citizens.whereabouts import Datum, gcj02_shift, on_wgs84
from server.pictures.privacy import NoModel
from server.pictures.turns import Turns
from server.records.pictures import StoredPicture
from tests.server.replay.test_replay import replayed
from tests.server.setupfile import LAT, LON, lon_m
from tests.server.town import HOUR_NS, MIN_NS, Town, found_town, picture

DAY_NS = 24 * HOUR_NS


def report(
    town: Town,
    east_m: float = 0.0,
    category: str = "litter",
    inspector: str | None = None,
    expect: int = 201,
    photo: bytes | None = None,
    **form: Any,
) -> Any:
    """A report from metres east of the middle of grid-a, by a phone that is 8 m sure, unless told otherwise."""
    fields = {"category": category, "lat": LAT, "lon": LON + east_m / lon_m(), "accuracy_m": 8.0} | form
    answer = town.client.post(
        "/api/reports" if inspector is None else "/api/inspections",
        files={"file": ("photo.jpg", picture(7) if photo is None else photo, "image/jpeg")},
        data={key: str(value) for key, value in fields.items() if value is not None},
        headers={} if inspector is None else town.as_(inspector),
    )
    assert answer.status_code == expect, answer.text
    return answer.json()


def on_gcj02(lat: float, lon: float) -> tuple[float, float]:
    """A place inside China as its maps show it."""
    north, east = gcj02_shift(lat, lon)
    return lat + north, lon + east


def ask(town: Town, token: str, expect: int = 200) -> Any:
    answer = town.client.get(f"/api/reports/{token}")
    assert answer.status_code == expect, answer.text
    return answer.json()


def not_fixed(town: Town, token: str, expect: int = 200) -> Any:
    answer = town.client.post(f"/api/reports/{token}/not-fixed")
    assert answer.status_code == expect, answer.text
    return answer.json()


def case_of(town: Town, number: int) -> Any:
    return next(one for one in town.get("/api/cases")["items"] if one["number"] == number)


def cleared(town: Town, case_id: str, seed: int, approve: bool = True) -> None:
    """A crew clears it and, unless told otherwise, a reviewer approves."""
    order = town.order_of(case_id)["id"]
    town.post(f"/api/work-orders/{order}/accept", "crew-a")
    town.clock.ns += 10 * MIN_NS
    town.after_photo(order, picture(seed))
    if approve:
        town.post(f"/api/work-orders/{order}/approve", "reviewer")


def test_a_citizen_is_told_that_their_report_joined_a_case(town: Town) -> None:
    [seen] = town.send(town.seen("litter"))["links"]
    number = town.get(f"/api/cases/{seen['case_id']}")["number"]
    town.clock.ns += 10 * MIN_NS
    told = report(town, east_m=4.0)
    assert (told["becoming"], told["case_number"], told["joined"], told["others"]) == ("in_hand", number, True, 1)
    case = town.get(f"/api/cases/{seen['case_id']}")
    assert case["sources"] == {"vehicle": 1, "citizen": 1}
    town.laws_hold()


def test_what_only_citizens_told_waits_for_the_desk_until_a_patrol_sees_it_too(town: Town) -> None:
    told = report(town)
    assert (told["becoming"], told["joined"], told["others"]) == ("received", False, 0)
    [item] = town.get("/api/cases")["items"]
    assert (item["state"], item["owner"]["kind"]) == ("filed", "desk")
    town.clock.ns += 10 * MIN_NS
    assert report(town, east_m=3.0)["joined"]
    assert town.get(f"/api/cases/{item['id']}")["state"] == "filed"
    town.clock.ns += 10 * MIN_NS
    [seen] = town.send(town.seen("litter"))["links"]
    assert seen["case_id"] == item["id"]
    assert town.get(f"/api/cases/{item['id']}")["state"] == "dispatched"
    assert ask(town, told["token"])["becoming"] == "in_hand"


def test_the_photo_of_a_report_is_stored_redacted_and_without_metadata(town: Town) -> None:
    report(town, photo=picture(9, taken="2026:11:23 09:58:00"))
    [item] = town.get("/api/cases")["items"]
    served = town.client.get(f"/api/evidence/{item['picture']}", headers=town.as_("operator"))
    assert served.status_code == 200
    assert b"Exif" not in served.content
    assert item["first_seen_at"] == "2026-11-23T01:58:00Z"
    with town.context.store.read() as session:
        assert all(row.redaction for row in session.scalars(select(StoredPicture)))
    town.laws_hold()


def test_without_the_privacy_step_nothing_of_a_report_is_kept(tmp_path: Path) -> None:
    town = found_town(tmp_path, NoModel("no weights"))
    assert report(town, expect=503)["error"]["code"] == "privacy_step_failed"
    assert town.get("/api/figures")["observations_received"] == 0
    assert not list((town.home / "pictures").rglob("*.*")) if (town.home / "pictures").exists() else True
    town.context.store.close()


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"category": "unicorn"}, 422, "unknown_category"),
        ({"lat": LAT + 5.0}, 422, "outside_city"),
        ({}, 429, "too_many_reports"),
        ({"inspector": "inspector"}, 422, "not_a_picture"),
    ],
)
def test_what_can_be_refused_without_the_photo_is_refused_before_it_is_unpacked(
    town: Town, monkeypatch: pytest.MonkeyPatch, form: dict[str, Any], status: int, code: str
) -> None:
    monkeypatch.setattr(telling, "AN_HOUR", 0)
    assert report(town, expect=status, photo=b"no picture", **form)["error"]["code"] == code


def test_while_as_many_photos_wait_as_may_a_further_one_is_not_unpacked_and_may_come_again(town: Town) -> None:
    town = Town(town.home, replace(town.context, turns=Turns(waiting=0)), town.clock)
    with town.context.turns.taken():
        assert report(town, expect=503, photo=b"no picture")["error"]["code"] == "too_many_pictures"
        answer = town.client.post(
            "/api/reports",
            files={"file": ("photo.jpg", picture(7), "image/jpeg")},
            data={"category": "litter", "lat": LAT, "lon": LON},
        )
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert town.get("/api/figures")["observations_received"] == 0
    report(town)
    report(town)


def test_a_fix_is_told_when_it_is_verified_and_may_be_denied_for_seven_days(town: Town) -> None:
    [seen] = town.send(town.seen("litter"))["links"]
    town.clock.ns += 10 * MIN_NS
    token = report(town)["token"]
    cleared(town, seen["case_id"], 11)
    fixed = ask(town, token)
    assert (fixed["becoming"], fixed["close_reason"], fixed["may_say_not_fixed"]) == ("fixed", "fixed", True)
    town.clock.ns += DAY_NS
    again = not_fixed(town, token)
    assert again["case_number"] != fixed["case_number"]
    case = case_of(town, again["case_number"])
    assert case["recurs_of"] == seen["case_id"]
    assert not_fixed(town, token, 409)["error"]["code"] == "nothing_done"
    town.laws_hold()


def test_after_seven_days_nobody_is_asked_any_more(town: Town) -> None:
    [seen] = town.send(town.seen("litter"))["links"]
    town.clock.ns += 10 * MIN_NS
    token = report(town)["token"]
    cleared(town, seen["case_id"], 12)
    town.clock.ns += 7 * DAY_NS
    assert not ask(town, token)["may_say_not_fixed"]
    not_fixed(town, token, 409)


def test_before_the_review_not_fixed_is_evidence_for_the_reviewer(town: Town) -> None:
    [seen] = town.send(town.seen("litter"))["links"]
    town.clock.ns += 10 * MIN_NS
    token = report(town)["token"]
    cleared(town, seen["case_id"], 13, approve=False)
    town.clock.ns += 5 * MIN_NS
    assert ask(town, token)["becoming"] == "being_checked"
    told = not_fixed(town, token)
    assert told["becoming"] == "being_checked"
    assert town.order_of(seen["case_id"])["seen_since_feedback"] == 1
    not_fixed(town, token, 409)


@pytest.mark.parametrize(
    ("step", "name", "body", "reason"),
    [
        ("dismiss", "operator", {"reason": "a display", "finding": "not_a_problem"}, "dismissed"),
        ("cancel", "supervisor", {"reason": "told by mistake"}, "cancelled"),
        ("escalate", "supervisor", {"reason": "for the police"}, "escalated"),
    ],
)
def test_closed_otherwise_is_never_told_as_fixed(
    town: Town, step: str, name: str, body: dict[str, str], reason: str
) -> None:
    token = report(town)["token"]
    [item] = town.get("/api/cases")["items"]
    town.post(f"/api/cases/{item['id']}/{step}", name, **body)
    told = ask(town, token)
    assert (told["becoming"], told["close_reason"]) == ("closed", reason)


def test_what_the_desk_dismissed_does_not_silence_a_person_but_a_camera(town: Town) -> None:
    [seen] = town.send(town.seen("litter"))["links"]
    town.post(f"/api/cases/{seen['case_id']}/dismiss", "operator", reason="a display", finding="not_a_problem")
    town.clock.ns += HOUR_NS
    assert town.send(town.seen("litter"))["links"][0]["outcome"] == "suppressed"
    told = report(town)
    assert (told["becoming"], told["joined"]) == ("received", False)


def test_an_inspectors_report_goes_to_a_crew_at_once(town: Town) -> None:
    told = report(town, inspector="inspector")
    assert told["becoming"] == "in_hand"
    [item] = town.get("/api/cases")["items"]
    assert (item["state"], item["sources"]) == ("dispatched", {"inspector": 1})
    parked = report(town, category="improper_parking", inspector="inspector")
    assert parked["becoming"] == "in_hand"
    report(town, inspector="operator", expect=403)
    assert town.get("/api/devices", "admin")["items"] == []


@pytest.mark.parametrize("left", [False, True], ids=["still there", "has left"])
def test_not_fixed_is_an_inspectors_word_only_while_that_person_is_one(town: Town, left: bool) -> None:
    token = report(town, inspector="inspector")["token"]
    [item] = town.get("/api/cases")["items"]
    cleared(town, item["id"], 15)
    if left:
        with town.context.store.write() as records:
            leave(records, "inspector")
    town.clock.ns += HOUR_NS
    number = not_fixed(town, token)["case_number"]
    case = case_of(town, number)
    expected = ("filed", {"citizen": 1}) if left else ("dispatched", {"inspector": 1})
    assert (case["state"], case["sources"]) == expected
    assert case["recurs_of"] == item["id"]
    town.laws_hold()


@pytest.mark.both_databases
def test_a_replay_with_all_sources_is_identical(town: Town) -> None:
    sensor = town.enrol("sensor", "sensor", bin_id="B1")[1]
    body = {"readings": [{"at": "2026-11-23T01:59:00Z", "fill_percent": 100.0}]}
    assert town.client.post("/api/sensors/readings", json=body, headers=sensor).status_code == 200
    token = report(town, category="overflowing_bin")["token"]
    town.clock.ns += 5 * MIN_NS
    drone_id, drone = town.enrol("drone-1", "drone")
    flown = town.traverse(drone_id, town.seen("overflowing_bin", bin_id="B1", bin_rivals=0), kind="drone")
    [seen] = town.client.put(f"/api/traverses/{flown['id']}", json=flown, headers=drone).json()["links"]
    report(town, category="overflowing_bin", inspector="inspector")
    report(town, east_m=40.0)
    case = town.get(f"/api/cases/{seen['case_id']}")
    assert case["sources"] == {"drone": 1, "inspector": 1, "citizen": 1, "sensor": 1}
    cleared(town, seen["case_id"], 14)
    town.clock.ns += HOUR_NS
    not_fixed(town, token)
    town.laws_hold()
    answer = replayed(town)
    assert answer["identical"], answer
    assert answer["inputs"] == {"report": 5, "traverse": 1, "step": 3}


def test_a_token_is_long_and_stands_nowhere_in_the_records(town: Town) -> None:
    token = report(town)["token"]
    assert len(token) == 43
    ask(town, "A" * 43, 404)
    ask(town, "short", 422)
    for path in town.home.glob("steward.db*"):
        assert token.encode() not in path.read_bytes()
    assert len(token_digest(token)) == 64


def test_a_report_sent_again_under_its_token_counts_once_and_is_followed_by_it(town: Town) -> None:
    token = "t" * 43
    first = report(town, token=token)
    assert first["token"] == token
    assert report(town, token=token) == first
    [case] = town.get("/api/cases")["items"]
    assert case["sightings"] == 1
    town.laws_hold()


@pytest.mark.parametrize("other", [{"photo": picture(8)}, {"category": "overflowing_bin"}, {"inspector": "inspector"}])
def test_another_report_under_a_token_is_refused(town: Town, other: dict[str, Any]) -> None:
    report(town, token="t" * 43)
    assert report(town, token="t" * 43, expect=409, **other)["error"]["code"] == "other_body"
    assert len(town.get("/api/cases")["items"]) == 1


def test_a_report_sent_again_after_it_was_said_not_to_be_fixed_is_the_same(town: Town) -> None:
    [seen] = town.send(town.seen("litter"))["links"]
    town.clock.ns += 10 * MIN_NS
    report(town, token="t" * 43)
    cleared(town, seen["case_id"], seed=41)
    again = not_fixed(town, "t" * 43)
    assert report(town, token="t" * 43) == {**again, "token": "t" * 43}


def test_a_token_that_is_too_short_to_be_one_is_refused(town: Town) -> None:
    report(town, token="mine", expect=422)


def test_an_address_may_try_eight_times_in_five_minutes(town: Town) -> None:
    for _ in range(8):
        report(town, photo=b"no picture", expect=422)
    assert report(town, expect=429)["error"]["code"] == "too_many_reports"
    town.clock.ns += 5 * MIN_NS
    report(town)


def test_a_report_too_many_for_the_city_is_refused_before_its_photo_is_stored(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "AN_HOUR", 1)
    report(town)
    stored = {one.name for one in town.context.objects.kept()}
    assert report(town, photo=picture(8), expect=429)["error"]["code"] == "too_many_reports"
    assert {one.name for one in town.context.objects.kept()} == stored
    report(town, inspector="inspector", photo=picture(9))


def test_where_a_place_can_be_pointed_out_is_told_to_everybody(town: Town) -> None:
    answer = town.client.get("/api/reports/grids")
    assert answer.headers["cache-control"] == "public, max-age=600"
    assert answer.json() == town.get("/api/grids")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"category": "ghosts"}, "unknown_category"),
        ({"lat": 0.0, "lon": 0.0}, "outside_city"),
        ({"lat": None, "lon": None}, "no_place"),
        ({"lon": None}, "half_a_place"),
        ({"accuracy_m": 900.0}, "place_unsure"),
        ({"lat": 91.0}, "invalid"),
        ({"accuracy_m": "nan"}, "invalid"),
        ({"datum": "mars"}, "invalid"),
    ],
)
def test_a_report_that_cannot_be_used_is_refused_with_what_to_do(town: Town, form: dict[str, Any], code: str) -> None:
    assert report(town, expect=422, **form)["error"]["code"] == code
    assert town.get("/api/figures")["observations_received"] == 0


@pytest.mark.parametrize(("photo", "expect"), [(b"", 422), (b"\xff\xd8\xff", 422), (b"x" * 10_000_001, 413)])
def test_what_is_no_photo_is_refused(town: Town, photo: bytes, expect: int) -> None:
    report(town, photo=photo, expect=expect)


def test_a_place_on_a_chinese_map_is_converted_once(town: Town) -> None:
    lat, lon = on_gcj02(LAT, LON)
    told = report(town, lat=lat, lon=lon, accuracy_m=None, datum="gcj02")
    case = case_of(town, told["case_number"])
    east, north = LocalFrame(LAT, LON).to_en(case["lat"], case["lon"])
    assert np.hypot(east, north) < 0.1


@given(st.floats(18.0, 53.0), st.floats(74.0, 134.0))
def test_gcj02_and_back_is_where_it_was(lat: float, lon: float) -> None:
    back = on_wgs84(*on_gcj02(lat, lon), Datum.GCJ02)
    assert np.allclose(back, (lat, lon), atol=1e-7)
    assert on_wgs84(lat, lon, Datum.WGS84) == (lat, lon)
