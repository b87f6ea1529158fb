"""Bin sensors: a full bin makes or joins the case at its place, an emptied one speaks against it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.setup.fill import FillRule, Meaning
from tests.server.cases.test_mends import split
from tests.server.replay.test_replay import replayed
from tests.server.town import HOUR_NS, MIN_NS, Town


class Bins:
    """The town's two bins, 4 m apart, each with its sensor, and what cars see of them."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.sensors = {name: town.enrol(f"sensor-{name}", "sensor", bin_id=name)[1] for name in ("B1", "B2")}

    def read(self, name: str, *levels: float, at_ns: int | None = None, expect: int = 200) -> Any:
        """Readings a minute apart, the last one now."""
        now_ns = self.town.clock.ns if at_ns is None else at_ns
        times = [now_ns - MIN_NS * (len(levels) - 1 - index) for index in range(len(levels))]
        readings = [
            {"at": datetime.fromtimestamp(ns / 1e9, UTC).isoformat(), "fill_percent": level}
            for ns, level in zip(times, levels, strict=True)
        ]
        answer = self.town.client.post("/api/sensors/readings", json={"readings": readings}, headers=self.sensors[name])
        assert answer.status_code == expect, answer.text
        return answer.json()

    def seen(self, name: str, **attributes: Any) -> dict[str, Any]:
        """What a car saw and tied to a bin."""
        east_m = {"B1": 0.0, "B2": 4.0}[name]
        return self.town.seen("overflowing_bin", east_m=east_m, bin_id=name, bin_rivals=0, **attributes)


@pytest.fixture
def bins(town: Town) -> Bins:
    return Bins(town)


def test_a_sensor_and_a_camera_that_see_the_same_bin_make_one_case_with_two_sources(bins: Bins) -> None:
    [told] = bins.read("B1", 40.0, 100.0)["links"]
    assert told["outcome"] == "opened"
    bins.town.clock.ns += 5 * MIN_NS
    [seen] = bins.town.send(bins.seen("B1"))["links"]
    assert (seen["outcome"], seen["case_id"]) == ("attached", told["case_id"])
    case = bins.town.get(f"/api/cases/{told['case_id']}")
    assert case["sources"] == {"vehicle": 1, "sensor": 1}
    assert case["state"] == "dispatched"
    bins.town.laws_hold()


def test_a_camera_first_and_then_a_sensor_make_one_case_too(bins: Bins) -> None:
    [seen] = bins.town.send(bins.seen("B1"))["links"]
    bins.town.clock.ns += 5 * MIN_NS
    [told] = bins.read("B1", 100.0)["links"]
    assert (told["outcome"], told["case_id"]) == ("attached", seen["case_id"])


def test_a_camera_that_knows_no_bin_joins_the_sensors_case_by_its_place(bins: Bins) -> None:
    [told] = bins.read("B1", 100.0)["links"]
    bins.town.clock.ns += 5 * MIN_NS
    [seen] = bins.town.send(bins.town.seen("overflowing_bin", east_m=1.5))["links"]
    assert seen["case_id"] == told["case_id"]


@pytest.mark.parametrize(
    "order", ["s1 s2 c1 c2", "c2 c1 s2 s1", "s1 c2 c1 s2", "c1 s2 s1 c2", "s2 c1 c2 s1", "c1 c2 s1 s2"]
)
def test_two_bins_four_metres_apart_stay_two_in_every_order(bins: Bins, order: str) -> None:
    cases: dict[str, set[str]] = {"1": set(), "2": set()}
    for kind, number in order.split():
        name = f"B{number}"
        if kind == "s":
            [link] = bins.read(name, 100.0)["links"]
        else:
            [link] = bins.town.send(bins.seen(name))["links"]
        cases[number].add(link["case_id"])
        bins.town.clock.ns += 7 * MIN_NS
    assert [len(one) for one in cases.values()] == [1, 1]
    assert not cases["1"] & cases["2"]
    bins.town.laws_hold()


def test_a_batch_that_comes_again_changes_nothing(bins: Bins) -> None:
    first = bins.read("B1", 20.0, 100.0, 100.0)
    assert (first["new"], first["known"], len(first["links"])) == (3, 0, 1)
    again = bins.read("B1", 20.0, 100.0, 100.0)
    assert (again["new"], again["known"], again["links"]) == (0, 3, [])
    assert bins.town.get("/api/figures")["cases"] == 1


def test_an_emptied_bin_speaks_against_its_case_and_ends_no_order(bins: Bins) -> None:
    [told] = bins.read("B1", 100.0)["links"]
    bins.town.clock.ns += 30 * MIN_NS
    assert bins.read("B1", 70.0)["emptied"] == 0
    bins.town.clock.ns += 30 * MIN_NS
    assert bins.read("B1", 5.0)["emptied"] == 1
    case = bins.town.get(f"/api/cases/{told['case_id']}")
    assert case["gone"] > 0.5
    assert case["state"] == "dispatched"


def test_an_emptied_bin_says_nothing_of_the_one_beside_it(bins: Bins) -> None:
    [one], [other] = bins.read("B1", 100.0)["links"], bins.read("B2", 100.0)["links"]
    bins.town.clock.ns += 30 * MIN_NS
    bins.read("B1", 5.0)
    assert bins.town.get(f"/api/cases/{one['case_id']}")["gone"] > 0.5
    assert bins.town.get(f"/api/cases/{other['case_id']}")["gone"] < 0.3


def test_a_bin_that_stays_full_is_told_again_every_hour(bins: Bins) -> None:
    [first] = bins.read("B1", 100.0)["links"]
    bins.town.clock.ns += HOUR_NS // 2
    assert bins.read("B1", 100.0)["links"] == []
    bins.town.clock.ns += HOUR_NS // 2
    [again] = bins.read("B1", 100.0)["links"]
    assert (again["outcome"], again["case_id"]) == ("attached", first["case_id"])


@pytest.mark.both_databases
def test_a_replay_with_sensors_is_identical(bins: Bins) -> None:
    bins.read("B1", 100.0)
    bins.town.clock.ns += 5 * MIN_NS
    bins.town.send(bins.seen("B1"), bins.seen("B2"))
    bins.town.clock.ns += 20 * MIN_NS
    bins.read("B1", 100.0, 3.0)
    answer = replayed(bins.town)
    assert answer["identical"], answer
    assert answer["inputs"] == {"report": 1, "traverse": 1, "emptied": 1}


def test_a_case_that_a_sensor_told_of_can_be_split(bins: Bins) -> None:
    [told] = bins.read("B1", 100.0)["links"]
    bins.town.clock.ns += 5 * MIN_NS
    [seen] = bins.town.send(bins.town.seen("overflowing_bin", east_m=1.0))["links"]
    assert seen["case_id"] == told["case_id"]
    bins.town.clock.ns += 20 * MIN_NS
    bins.read("B1", 3.0)
    mend = split(bins.town, told["case_id"], seen["observation_id"])
    assert mend["kind"] == "split"
    assert bins.town.get(f"/api/cases/{told['case_id']}")["sources"] == {"sensor": 1}
    bins.town.laws_hold()
    assert replayed(bins.town)["identical"]


def test_a_sensor_counts_in_no_figure_of_a_detector(bins: Bins) -> None:
    [told] = bins.read("B1", 100.0)["links"]
    body = {"reason": "the sensor is stuck", "finding": "not_a_problem"}
    bins.town.post(f"/api/cases/{told['case_id']}/dismiss", "operator", **body)
    assert bins.town.get("/api/figures/precision")["items"] == []
    bins.town.clock.ns += HOUR_NS
    [again] = bins.read("B1", 100.0)["links"]
    assert again["outcome"] == "suppressed"


def test_who_is_no_sensor_has_nothing_to_read_and_a_sensor_needs_a_bin_of_the_register(bins: Bins) -> None:
    bins.sensors["car"] = bins.town.device[1]
    assert bins.read("car", 100.0, expect=403)["error"]["code"] == "no_sensor"
    code = bins.town.post("/api/devices/codes", "admin", 201)["code"]
    for body in ({"kind": "sensor"}, {"kind": "sensor", "bin_id": "B9"}, {"kind": "vehicle", "bin_id": "B1"}):
        answer = bins.town.client.post("/api/devices/enrol", json={"code": code, "name": "x", **body})
        assert answer.status_code == 422, body


def test_a_reading_from_far_ahead_is_refused(bins: Bins) -> None:
    refused = bins.read("B1", 100.0, at_ns=bins.town.clock.ns + 2 * HOUR_NS, expect=422)
    assert refused["error"]["code"] == "bad_time"


@given(st.lists(st.floats(0, 100), max_size=40))
def test_full_and_emptied_take_turns(levels: list[float]) -> None:
    told: int | None = None
    meanings = []
    for minute, level in enumerate(levels):
        meaning = FillRule().meaning(level, minute * MIN_NS, told)
        if meaning is not Meaning.NOTHING_NEW:
            told = minute * MIN_NS if meaning is Meaning.FULL else None
            meanings.append(meaning)
    assert meanings == [(Meaning.FULL, Meaning.EMPTIED)[index % 2] for index in range(len(meanings))]
