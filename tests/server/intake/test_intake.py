"""Traverses come in exactly once, and every observation is accounted for."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from server.records.outbox import Outbox
from server.records.tables import CaseRow, ObservationRow, TraverseRow, WorkOrder
from server.upkeep.sweeps import lapse_watched
from tests.examples import ONE_FIXTURE
from tests.server.setupfile import LAT, LON, lon_m
from tests.server.town import HOUR_NS, MIN_NS, Town, picture

pytestmark = pytest.mark.both_databases


def put(town: Town, body: dict[str, Any], headers: dict[str, str]) -> Any:
    return town.client.put(f"/api/traverses/{body['id']}", json=body, headers=headers)


def count(town: Town, table: Any) -> int:
    with town.context.store.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_same_body_again_is_answered_the_same_and_changes_nothing(town: Town) -> None:
    device_id, headers = town.device
    body = town.traverse(device_id, town.seen("litter"), town.seen("overflowing_bin", east_m=20))
    first = put(town, body, headers)
    rows = [count(town, table) for table in (CaseRow, ObservationRow, WorkOrder, Outbox)]
    again = put(town, json.loads(json.dumps(body, sort_keys=True)), headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert [count(town, table) for table in (CaseRow, ObservationRow, WorkOrder, Outbox)] == rows
    town.laws_hold()


def test_the_same_id_with_another_body_is_refused_and_changes_nothing(town: Town) -> None:
    device_id, headers = town.device
    body = town.traverse(device_id, town.seen("litter"))
    put(town, body, headers)
    other = put(town, body | {"observations": []}, headers)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "other_body")
    assert count(town, ObservationRow) == 1


def test_an_observation_that_came_with_another_traverse_is_refused_whole(town: Town) -> None:
    device_id, headers = town.device
    seen = town.seen("litter")
    put(town, town.traverse(device_id, seen), headers)
    answer = put(town, town.traverse(device_id, town.seen("illegal_ad"), seen), headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "known_observation")
    assert (count(town, TraverseRow), count(town, ObservationRow)) == (1, 1)


def test_duplicates_sent_at_the_same_moment_are_one(town: Town) -> None:
    device_id, headers = town.device
    body = town.traverse(device_id, town.seen("litter"), town.seen("illegal_ad", north_m=15))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: put(town, body, headers), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert (count(town, TraverseRow), count(town, CaseRow), count(town, WorkOrder)) == (1, 2, 2)
    town.laws_hold()


def test_two_devices_that_report_one_thing_at_once_open_one_case(town: Town) -> None:
    devices = [town.device, town.enrol("car-2"), town.enrol("drone-1", "drone")]
    kinds = ("vehicle", "vehicle", "drone")
    bodies = [
        town.traverse(device_id, town.seen("overflowing_bin", east_m=i), kind=kind)
        for i, ((device_id, _), kind) in enumerate(zip(devices, kinds, strict=True))
    ]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda pair: put(town, pair[0], pair[1][1]), zip(bodies, devices, strict=True)))
    assert [answer.status_code for answer in answers] == [201] * 3
    outcomes = sorted(answer.json()["links"][0]["outcome"] for answer in answers)
    assert outcomes == ["attached", "attached", "opened"]
    assert count(town, WorkOrder) == 1


def test_a_device_speaks_only_for_itself(town: Town) -> None:
    other_id, _ = town.enrol("car-2")
    answer = put(town, town.traverse(other_id, town.seen()), town.device[1])
    assert (answer.status_code, answer.json()["error"]["where"]) == (403, "body.device")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"category": "flying_saucer"}, "unknown_category"),
        ({"position": None}, "unlocated"),
        ({"utc_ns": 2**62}, "bad_time"),
        ({"category": "improper_parking"}, "outside_zone"),
    ],
)
def test_what_cannot_become_a_case_is_kept_and_counted_with_its_reason(
    town: Town, change: dict[str, Any], reason: str
) -> None:
    [link] = town.send(town.seen("litter", east_m=60.0) | change)["links"]
    assert (link["outcome"], link["reason"], link["case_id"]) == ("rejected", reason, None)
    assert town.get("/api/figures")["rejected"] == {reason: 1}
    town.laws_hold()


def test_no_signal_for_hours_loses_nothing_and_a_second_look_still_finds_its_case(town: Town) -> None:
    late = town.seen("overflowing_bin", at_ns=town.clock.ns - 5 * HOUR_NS)
    fresh = town.send(town.seen("overflowing_bin", east_m=1.5))["links"][0]
    [link] = town.send(late)["links"]
    assert (link["outcome"], link["case_id"]) == ("attached", fresh["case_id"])
    case = town.get(f"/api/cases/{fresh['case_id']}")
    assert case["first_seen_at"] < case["last_seen_at"]


# A vehicle is a problem only where it may not stand and if it stays.
IN_ZONE = {"east_m": 0.0, "north_m": 0.0}


def parked(town: Town, **more: Any) -> dict[str, Any]:
    return town.seen("improper_parking", **IN_ZONE, **more)


def landmarks(town: Town) -> list[dict[str, Any]]:
    """What else stands in the street and shows where a pass really drove."""
    return [
        town.seen("overflowing_bin", -20.0, 6.0),
        town.seen("illegal_ad", 25.0, -9.0),
        town.seen("litter", 40.0, 5.0),
    ]


def test_a_vehicle_seen_by_one_pass_is_watched_and_not_dispatched(town: Town) -> None:
    [link] = town.send(parked(town))["links"]
    case = town.get(f"/api/cases/{link['case_id']}")
    assert (case["state"], case["owner"]["kind"], case["work_order"]) == ("watching", "patrol", None)
    town.clock.ns += 5 * MIN_NS
    town.send(parked(town))
    assert town.get(f"/api/cases/{link['case_id']}")["state"] == "watching"


def test_the_same_vehicle_minutes_later_is_a_problem(town: Town) -> None:
    link = town.send(parked(town), *landmarks(town))["links"][0]
    town.clock.ns += 12 * MIN_NS
    again = town.send(parked(town), *landmarks(town))["links"][0]
    assert again["case_id"] == link["case_id"]
    case = town.get(f"/api/cases/{link['case_id']}")
    assert case["state"] == "dispatched"
    assert [line["event"] for line in case["history"]] == ["open", "confirm", "dispatch"]


def test_the_two_sightings_may_arrive_in_the_wrong_order(town: Town) -> None:
    town.clock.ns += HOUR_NS
    [link] = town.send(parked(town))["links"]
    town.send(parked(town, at_ns=town.clock.ns - 15 * MIN_NS))
    assert town.get(f"/api/cases/{link['case_id']}")["state"] == "dispatched"


def test_a_vehicle_that_one_pass_saw_standing_long_enough_is_a_problem_at_once(town: Town) -> None:
    [link] = town.send(parked(town, dwell_s=180.0))["links"]
    assert town.get(f"/api/cases/{link['case_id']}")["state"] == "dispatched"


def test_a_vehicle_just_beside_the_zone_counts_within_its_position_error(town: Town) -> None:
    edge_m = (121.473 - LON) * lon_m()
    assert town.send(town.seen("improper_parking", east_m=edge_m + 3.0))["links"][0]["outcome"] == "opened"
    assert town.send(town.seen("improper_parking", east_m=edge_m + 30.0))["links"][0]["reason"] == "outside_zone"


def test_the_vehicles_own_zone_is_believed(town: Town) -> None:
    far = town.seen("improper_parking", east_m=80.0, zone_id="painted-kerb-7")
    assert town.send(far)["links"][0]["outcome"] == "opened"


def test_a_watched_vehicle_that_nobody_sees_again_lapses_without_a_work_order(town: Town) -> None:
    [link] = town.send(parked(town))["links"]
    assert lapse_watched(town.context) == 0
    town.clock.ns += 16 * HOUR_NS
    assert lapse_watched(town.context) == 1
    case = town.get(f"/api/cases/{link['case_id']}")
    assert (case["state"], case["close_reason"], case["work_order"]) == ("closed", "lapsed", None)
    town.laws_hold()


def test_old_footage_is_watched_as_long_as_fresh_footage(town: Town) -> None:
    [link] = town.send(parked(town, at_ns=town.clock.ns - 400 * 24 * HOUR_NS))["links"]
    assert lapse_watched(town.context) == 0
    assert town.get(f"/api/cases/{link['case_id']}")["state"] == "watching"


def test_an_operator_may_confirm_a_watched_vehicle(town: Town) -> None:
    [link] = town.send(parked(town))["links"]
    assert town.post(f"/api/cases/{link['case_id']}/confirm", "operator")["state"] == "dispatched"


def test_dismissed_stays_dismissed(town: Town) -> None:
    [link] = town.send(town.seen("illegal_ad"))["links"]
    town.post(f"/api/cases/{link['case_id']}/dismiss", "operator", reason="a permitted notice")
    town.clock.ns += 30 * MIN_NS
    [again] = town.send(town.seen("illegal_ad", east_m=0.5))["links"]
    assert (again["outcome"], again["case_id"]) == ("suppressed", link["case_id"])
    assert town.get("/api/cases?state=filed&state=dispatched")["items"] == []
    town.laws_hold()


def test_after_a_verified_fix_the_same_place_is_a_new_case_that_says_so(town: Town) -> None:
    [link] = town.send(town.seen("litter"))["links"]
    order = town.order_of(link["case_id"])
    town.post(f"/api/work-orders/{order['id']}/accept", "crew-a")
    town.after_photo(order["id"], picture(5))
    town.clock.ns += MIN_NS
    town.post(f"/api/work-orders/{order['id']}/approve", "reviewer")
    town.clock.ns += 26 * HOUR_NS
    [again] = town.send(town.seen("litter", east_m=0.5))["links"]
    assert again["outcome"] == "opened"
    assert again["case_id"] != link["case_id"]
    assert town.get(f"/api/cases/{again['case_id']}")["recurs_of"] == link["case_id"]


def test_seen_again_before_the_review_is_evidence_of_not_fixed(town: Town) -> None:
    [link] = town.send(town.seen("litter"))["links"]
    order = town.order_of(link["case_id"])
    town.post(f"/api/work-orders/{order['id']}/accept", "crew-a")
    town.after_photo(order["id"], picture(5))
    town.clock.ns += 20 * MIN_NS
    [again] = town.send(town.seen("litter"))["links"]
    assert (again["outcome"], again["case_id"]) == ("attached", link["case_id"])
    assert town.order_of(link["case_id"])["seen_since_feedback"] == 1


def test_late_sightings_of_a_case_that_was_fixed_meanwhile_stay_with_it(town: Town) -> None:
    [link] = town.send(town.seen("litter"))["links"]
    seen_before_the_fix = town.seen("litter", at_ns=town.clock.ns + MIN_NS)
    order = town.order_of(link["case_id"])
    town.clock.ns += HOUR_NS
    town.post(f"/api/work-orders/{order['id']}/accept", "crew-a")
    town.after_photo(order["id"], picture(5))
    town.post(f"/api/work-orders/{order['id']}/approve", "reviewer")
    town.clock.ns += HOUR_NS
    body = town.traverse(town.device[0], seen_before_the_fix)
    [late] = put(town, body, town.device[1]).json()["links"]
    assert (late["outcome"], late["case_id"]) == ("attached", link["case_id"])
    assert town.get(f"/api/cases/{link['case_id']}")["close_reason"] == "fixed"
    town.laws_hold()


def test_outside_every_grid_a_case_waits_at_the_desk(town: Town) -> None:
    far = town.seen("litter", north_m=(31.235 - LAT) * 111_195 + 500.0)
    body = town.traverse(town.device[0], far)
    [link] = put(town, body, town.device[1]).json()["links"]
    case = town.get(f"/api/cases/{link['case_id']}")
    assert (case["state"], case["grid_id"], case["owner"]["kind"]) == ("filed", None, "desk")
    town.post(f"/api/cases/{link['case_id']}/dispatch", "operator", expect=409)


def test_a_traverse_wider_than_any_street_is_refused(town: Town) -> None:
    body = town.traverse(town.device[0], town.seen("litter"))
    body["poses"].append(body["poses"][0] | {"lat": 40.0})
    answer = put(town, body, town.device[1])
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "too_wide")


CATEGORIES = st.sampled_from(["litter", "overflowing_bin", "illegal_ad", "improper_parking", "unheard_of"])
SIGHTING = st.tuples(CATEGORIES, st.floats(-80, 80), st.floats(-80, 80), st.booleans())


@settings(max_examples=12, suppress_health_check=ONE_FIXTURE)
@given(st.lists(st.lists(SIGHTING, max_size=5), min_size=1, max_size=3))
def test_whatever_comes_in_every_law_holds(town: Town, passes: list[list[tuple[str, float, float, bool]]]) -> None:
    before = town.get("/api/figures")["observations_received"]
    for one in passes:
        town.clock.ns += 15 * MIN_NS
        seen = [
            town.seen(category, east_m, north_m) | ({} if placed else {"position": None})
            for category, east_m, north_m, placed in one
        ]
        answer = town.send(*seen)
        assert [link["observation_id"] for link in answer["links"]] == [item["id"] for item in seen]
    figures = town.get("/api/figures")
    assert figures["observations_received"] - before == sum(map(len, passes))
    assert all(law["holds"] for law in figures["laws"])
