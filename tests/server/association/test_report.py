"""What one person or one sensor tells of a place is weighed by the engine beside the passes, and taken for no more."""

from __future__ import annotations

import math
from dataclasses import replace
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.observation import ClockQuality, Covariance, Observation, SourceKind
from pipeline.traverse import Traverse, TraversePose
from server.association.engine import associate
from server.association.outcome import Attach, Open, Suppress
from server.association.plane import Plane
from server.association.priors import default_priors
from server.association.report import was_emptied
from server.association.state import OpenCase, Standing, from_state, to_state
from server.intake.reports import report_of

SPACE = UUID("6b0f3e52-62a4-4c8e-9c4c-0c0a5b8f5a11")
STREET = Plane.at(31.2325, 121.4725)
START_NS = 1_795_399_200_000_000_000
MIN_NS = 60 * 1_000_000_000
BINS = {"B1": 0.0, "B2": 4.0}


def told(
    name: str,
    east_m: float,
    at_min: float,
    sigma_m: float = 0.5,
    kind: SourceKind = SourceKind.SENSOR,
    category: str = "overflowing_bin",
    **attributes: str | int,
) -> Traverse:
    """A report from so far east of the middle of the street."""
    seen = observation(name, east_m, at_min, sigma_m, kind, category, **attributes)
    return report_of(uuid5(SPACE, f"report {name}"), name, seen)


def passed(name: str, east_m: float, at_min: float, bias_m: float = 0.0, **attributes: str | int) -> Traverse:
    """A drive of 100 m along the street that saw one full bin, all of it wrong by the bias to the east."""
    seen = observation(name, east_m + bias_m, at_min, 3.5, SourceKind.VEHICLE, "overflowing_bin", **attributes)
    poses = tuple(
        TraversePose(
            seen.utc_ns + step * 1_000_000_000,
            *STREET.to_latlon(5.0 * step + bias_m, -4.0),
            heading_deg=90.0,
            odometer_m=50.0 + 5.0 * step,
            sigma_m=3.0,
            usable=True,
        )
        for step in range(-10, 11)
    )
    return replace(report_of(uuid5(SPACE, f"pass {name}"), name, seen), poses=poses, hfov_deg=78.0, view_range_m=40.0)


def observation(
    name: str, east_m: float, at_min: float, sigma_m: float, kind: SourceKind, category: str, **attributes: str | int
) -> Observation:
    lat, lon = STREET.to_latlon(east_m, 0.0)
    utc_ns = START_NS + int(at_min * MIN_NS)
    place = Covariance(sigma_m**2, 0.0, sigma_m**2)
    return Observation(
        uuid5(SPACE, name), category, utc_ns, ClockQuality.DEVICE, lat, lon, place, None, None, None, None, None, 0.9,
        kind, "", tuple(attributes.items()),
    )  # fmt: skip


class Desk:
    """Cases that grow by what is told, in the order in which it is told."""

    def __init__(self) -> None:
        self.cases: dict[str, OpenCase] = {}

    def take(self, told: Traverse) -> str:
        """The case that the one observation of this traverse belongs to."""
        answer = associate(told, list(self.cases.values()), default_priors(), heal=True)
        assert not answer.merges
        self.cases |= {case.case_id: case for case in answer.updated}
        match answer.links[0].outcome:
            case Open():
                name = f"case-{len(self.cases)}"
                self.cases[name] = replace(answer.opened[0], case_id=name)
                return name
            case Attach(name) | Suppress(name):
                return name
        raise AssertionError(answer.links)


@settings(max_examples=60)
@given(
    st.permutations([(kind, name, turn) for kind in ("sensor", "car") for name in BINS for turn in (0, 1)]),
    st.floats(-3.0, 3.0),
)
def test_two_bins_four_metres_apart_stay_two_in_every_order(order: list[tuple[str, str, int]], bias_m: float) -> None:
    desk, cases = Desk(), dict[str, set[str]]()
    for number, (kind, name, turn) in enumerate(order):
        word = f"{kind} {name} {turn}"
        if kind == "sensor":
            one = told(word, BINS[name], 7.0 * number, bin_id=name)
        else:
            one = passed(word, BINS[name], 7.0 * number, bias_m, bin_id=name, bin_rivals=0)
        cases.setdefault(name, set()).add(desk.take(one))
    assert [len(cases[name]) for name in BINS] == [1, 1]
    assert not cases["B1"] & cases["B2"]


def test_a_tie_that_has_rivals_says_nothing_beyond_the_place() -> None:
    desk = Desk()
    sensor = desk.take(told("sensor", 0.0, 0.0, bin_id="B1"))
    assert desk.take(passed("car", 0.5, 7.0, bin_id="B2", bin_rivals=1)) == sensor


@pytest.mark.parametrize("sigma_m", [3.0, 8.0, 15.0, 30.0])
def test_a_report_joins_the_one_case_that_stands_within_its_error(sigma_m: float) -> None:
    desk = Desk()
    seen = desk.take(passed("car", 0.0, 0.0))
    assert desk.take(told("phone", 0.8 * sigma_m, 20.0, sigma_m, SourceKind.CITIZEN)) == seen


@pytest.mark.parametrize("away_m", [40.0, 60.0])
def test_a_sure_report_of_something_elsewhere_opens_a_case(away_m: float) -> None:
    desk = Desk()
    seen = desk.take(passed("car", 0.0, 0.0))
    assert desk.take(told("phone", away_m, 20.0, 5.0, SourceKind.CITIZEN)) != seen


def test_an_unsure_report_moves_no_case_and_makes_no_map_surer() -> None:
    desk = Desk()
    seen = desk.take(passed("car", 0.0, 0.0))
    before = desk.cases[seen]
    assert desk.take(told("phone", 20.0, 20.0, 30.0, SourceKind.CITIZEN)) == seen
    after = desk.cases[seen]
    assert math.hypot(*Plane.at(before.lat, before.lon).offset_m(after.lat, after.lon)) < 1.0
    assert after.shared.ee > 0.95 * before.shared.ee
    assert after.own.ee > 0.95 * before.own.ee
    assert after.looks == before.looks


def test_a_report_is_no_look_at_what_stands_beside_it() -> None:
    desk = Desk()
    seen = desk.take(passed("car", 0.0, 0.0))
    before = desk.cases[seen]
    desk.take(told("phone", 12.0, 20.0, 3.0, SourceKind.CITIZEN, "litter"))
    assert desk.cases[seen] == before


def test_an_emptied_bin_is_likely_gone_and_a_look_says_so_again() -> None:
    desk = Desk()
    seen = desk.take(told("sensor", 0.0, 0.0, bin_id="B1"))
    emptied = was_emptied(desk.cases[seen], START_NS + 30 * MIN_NS, default_priors())
    assert emptied.gone > 0.5
    assert from_state(to_state(emptied)) == emptied
    desk.cases[seen] = emptied
    assert desk.take(told("sensor again", 0.0, 60.0, bin_id="B1")) == seen
    assert desk.cases[seen].gone < 0.05


def test_what_was_dismissed_stays_so_for_whoever_is_shown_it() -> None:
    desk = Desk()
    seen = desk.take(passed("car", 0.0, 0.0))
    desk.cases[seen] = replace(desk.cases[seen], standing=Standing.DISMISSED)
    answer = associate(told("sensor", 0.0, 60.0), list(desk.cases.values()), default_priors())
    assert isinstance(answer.links[0].outcome, Suppress)
