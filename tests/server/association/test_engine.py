"""The association engine on small streets with truth."""

from __future__ import annotations

import itertools
from dataclasses import replace
from uuid import uuid5

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.observation import ClockQuality, Covariance, SourceKind
from pipeline.reasons import Reason
from pipeline.traverse import Traverse
from server.association.appearance import learn, log_ratio
from server.association.engine import associate
from server.association.memory import Likeness
from server.association.outcome import Attach, Open, Reject, Suppress
from server.association.priors import default_priors
from server.association.state import Look, Standing, from_state, to_state
from tests.server.association_scene import SPACE, STREET, Pass, Thing, Town, drive, observation

PRIORS = default_priors()
ROW = [Thing(f"heap{k}", "litter", 20.0 + 5.0 * k, 6.0) for k in range(8)]
BINS = [Thing("left", "overflowing_bin", 40.0, 6.0), Thing("right", "overflowing_bin", 44.0, 6.0)]
BLOCK = [
    Thing("heap", "litter", 15.0, 6.0),
    Thing("sofa", "litter", 62.0, -6.0),
    Thing("full", "overflowing_bin", 35.0, 6.0),
    Thing("poster", "illegal_ad", 70.0, 8.0),
    Thing("number", "illegal_ad", 74.0, 8.0),
    Thing("sticker", "illegal_ad", 80.0, 8.0),
    Thing("van", "improper_parking", 50.0, 4.0),
    Thing("bags", "litter", 90.0, 6.0),
]


def test_one_observation_opens_one_case_at_its_place() -> None:
    town = Town()
    town.take(drive(Pass(0, (0.0, 0.0)), [ROW[0]]))
    (case,) = town.cases.values()
    assert town.error_m(case.case_id, ROW[0]) < 0.1
    assert case.shared.ee > 4.0, "one pass leaves its bias in the place, and the state says so"


def test_the_same_thing_4_m_off_in_the_next_pass_is_one_case_between_the_two() -> None:
    town = Town()
    town.take(drive(Pass(0, (0.0, 0.0)), [ROW[0]]))
    town.take(drive(Pass(1, (4.0, 0.0)), [ROW[0]]))
    (case,) = town.cases.values()
    assert case.observations == 2
    assert 1.0 < town.error_m(case.case_id, ROW[0]) < 3.0


def test_two_bins_4_m_apart_in_one_frame_stay_two_over_many_passes() -> None:
    town = Town()
    for number, bias in enumerate([(0.0, 0.0), (4.0, 0.0), (-4.0, 1.0), (2.0, -3.0), (-2.0, 3.0)]):
        town.take(drive(Pass(number, bias, noise_m=0.4), BINS))
    assert len(town.cases) == 2
    assert len({town.case_of(number, "left") for number in range(5)}) == 1
    assert len({town.case_of(number, "right") for number in range(5)}) == 1


@settings(max_examples=40)
@given(east=st.floats(-4.0, 4.0), north=st.floats(-3.0, 3.0), seed=st.integers(0, 1000))
def test_a_row_5_m_apart_is_matched_thing_by_thing_although_the_bias_is_as_large(
    east: float, north: float, seed: int
) -> None:
    town = Town()
    town.take(drive(Pass(0, (0.0, 0.0), noise_m=0.4, seed=seed), ROW))
    town.take(drive(Pass(1, (east, north), noise_m=0.4, seed=seed), ROW))
    assert [town.case_of(1, thing.name) for thing in ROW] == [town.case_of(0, thing.name) for thing in ROW]


def test_the_found_offset_is_the_bias_of_the_pass_once_the_map_is_anchored() -> None:
    town = Town()
    biases = [(3.0, 1.0), (-3.0, -1.0), (2.0, -2.0), (-2.0, 2.0), (1.0, 3.0), (-1.0, -3.0)]
    for number, bias in enumerate(biases):
        town.take(drive(Pass(number, bias, noise_m=0.3), BLOCK))
    answer = associate(drive(Pass(6, (4.0, -2.0), noise_m=0.3), BLOCK), list(town.cases.values()), PRIORS)
    assert answer.shift.matched == len(BLOCK)
    assert (answer.shift.east_m, answer.shift.north_m) == pytest.approx((-4.0, 2.0), abs=1.3)


def test_places_improve_with_every_pass() -> None:
    rng = np.random.default_rng(5)
    town, errors = Town(), []
    for number in range(12):
        bias = (float(rng.normal(0, 3.0)), float(rng.normal(0, 3.0)))
        town.take(drive(Pass(number, bias, noise_m=0.5, westwards=number % 2 == 1), BLOCK))
        errors.append(np.mean([town.error_m(town.case_of(number, thing.name), thing) for thing in BLOCK]))
    assert len(town.cases) == len(BLOCK)
    assert errors[-1] < 1.6
    assert errors[-1] < errors[0]


def test_three_passes_over_one_block_make_as_many_cases_as_there_are_problems_in_any_order() -> None:
    ways = [
        Pass(0, (3.0, 1.5), noise_m=0.4),
        Pass(1, (-2.0, -2.5), noise_m=0.4),
        Pass(2, (0.5, -3.5), noise_m=0.4, westwards=True),
    ]
    groupings = set()
    for order in itertools.permutations(ways):
        town = Town()
        for way in order:
            town.take(drive(way, BLOCK))
        assert len(town.cases) == len(BLOCK)
        groupings.add(frozenset(frozenset(k for k, v in town.links.items() if v == name) for name in town.cases))
    assert len(groupings) == 1, "every order of the passes groups the observations alike"


def test_the_order_of_the_known_cases_changes_nothing() -> None:
    town = Town()
    town.take(drive(Pass(0, (0.0, 0.0)), BLOCK))
    cases, second = list(town.cases.values()), drive(Pass(1, (3.0, -2.0), noise_m=0.5), BLOCK)
    assert associate(second, cases, PRIORS) == associate(second, cases[::-1], PRIORS)


def test_an_unlocated_observation_is_rejected_with_its_reason_and_the_others_go_on() -> None:
    seen = drive(Pass(0, (0.0, 0.0)), BLOCK[:2])
    lost = replace(seen.observations[0], lat=None, lon=None, covariance=None)
    answer = associate(replace(seen, observations=(lost, seen.observations[1])), [], PRIORS)
    assert answer.links[0].outcome == Reject(Reason.UNLOCATED)
    assert answer.links[1].outcome == Open(0)


def test_a_traverse_without_poses_or_places_rejects_all() -> None:
    lost = replace(observation("lost", "litter", 0.0, 0.0, 1), lat=None, lon=None, covariance=None)
    way = Traverse(uuid5(SPACE, "x"), "car", SourceKind.VEHICLE, ClockQuality.UNKNOWN, (), (lost,), 60.0, 30.0)
    assert [link.outcome for link in associate(way, [], PRIORS).links] == [Reject(Reason.UNLOCATED)]


def test_a_report_without_a_path_joins_the_case_it_stands_at() -> None:
    town = Town()
    town.take(drive(Pass(0, (1.0, 0.0)), BLOCK))
    lat, lon = STREET.to_latlon(BLOCK[0].east_m - 2.0, BLOCK[0].north_m + 1.0)
    report = observation("citizen", "litter", lat, lon, 1_790_000_100_000_000_000, sigma_m=5.0)
    way = Traverse(uuid5(SPACE, "y"), "phone", SourceKind.CITIZEN, ClockQuality.DEVICE, (), (report,), 60.0, 30.0)
    (link,) = associate(way, list(town.cases.values()), PRIORS).links
    assert link.outcome == Attach(town.case_of(0, "heap"))


def test_what_was_dismissed_is_linked_and_suppressed() -> None:
    town = Town()
    town.take(drive(Pass(0, (0.0, 0.0)), BLOCK))
    name = town.case_of(0, "sofa")
    town.cases[name] = replace(town.cases[name], standing=Standing.DISMISSED)
    answer = associate(drive(Pass(1, (2.0, 1.0)), BLOCK), list(town.cases.values()), PRIORS)
    outcomes = {link.observation_id: link.outcome for link in answer.links}
    assert outcomes[uuid5(SPACE, "1-sofa")] == Suppress(name)
    assert outcomes[uuid5(SPACE, "1-heap")] == Attach(town.case_of(0, "heap"))


def test_a_reappearance_after_a_verified_fix_is_a_new_case_that_says_what_it_recurs_of() -> None:
    town = Town()
    town.take(drive(Pass(0, (0.0, 0.0)), BLOCK))
    name = town.case_of(0, "full")
    town.cases[name] = replace(town.cases[name], standing=Standing.CLOSED)
    answer = associate(drive(Pass(1, (2.0, 1.0)), BLOCK), list(town.cases.values()), PRIORS)
    outcomes = {link.observation_id: link.outcome for link in answer.links}
    assert outcomes[uuid5(SPACE, "1-full")] == Open(0, recurs_of=name)


def test_passes_that_looked_and_saw_nothing_make_a_case_less_likely_to_stand() -> None:
    town = Town()
    town.take(drive(Pass(0, (0.0, 0.0)), BLOCK))
    name, gone = town.case_of(0, "van"), []
    for number in range(1, 5):
        town.take(drive(Pass(number, (1.0, 0.0), noise_m=0.3), [thing for thing in BLOCK if thing.name != "van"]))
        gone.append(town.cases[name].gone)
    assert gone == sorted(gone)
    assert gone[-1] > 0.9
    assert town.cases[town.case_of(0, "poster")].gone < 0.2


def test_a_state_survives_json() -> None:
    town = Town()
    town.take(drive(Pass(0, (0.0, 0.0)), BLOCK))
    for case in town.cases.values():
        assert from_state(to_state(case)) == case


def test_a_state_of_another_version_is_refused() -> None:
    town = Town()
    town.take(drive(Pass(0, (0.0, 0.0)), [ROW[0]]))
    state = to_state(next(iter(town.cases.values())))
    with pytest.raises(ValueError, match="version 99"):
        from_state({**state, "version": 99})


def two_looks(apart_m: float, apart_s: float, in_view_s: float) -> Traverse:
    """One pass that says two things of the same kind stand this far apart, each measured to 1.2 m."""
    way = drive(Pass(0, (0.0, 0.0)), [])
    seen = []
    for number, east in enumerate((40.0, 40.0 + apart_m)):
        lat, lon = STREET.to_latlon(east, 6.0)
        one = observation(f"look{number}", "litter", lat, lon, way.poses[6].utc_ns + round(number * apart_s * 1e9))
        told = (("in_view_before_s", in_view_s), ("in_view_after_s", 0.0))
        seen.append(replace(one, covariance=Covariance(12.25 + 1.44, 0.0, 12.25 + 1.44), attributes=told))
    return replace(way, observations=tuple(seen))


def test_two_looks_at_one_place_one_after_the_other_are_pieces_of_one_thing() -> None:
    answer = associate(two_looks(0.8, apart_s=2.0, in_view_s=1.0), [], PRIORS)
    assert [link.outcome for link in answer.links] == [Open(0), Open(0)]
    assert answer.opened[0].observations == 2
    assert answer.opened[0].traverses == 1


def test_two_looks_at_one_place_at_the_same_time_are_two_things() -> None:
    answer = associate(two_looks(0.8, apart_s=2.0, in_view_s=3.0), [], PRIORS)
    assert {link.outcome for link in answer.links} == {Open(0), Open(1)}
    assert len(answer.opened) == 2


def test_two_looks_of_a_category_are_no_measure_of_how_its_things_differ() -> None:
    likeness = learn(Likeness(), [np.array([1.0, 0.0])], [])
    look = Look(0.0, 1, np.array([1.0, 0.0]))
    assert log_ratio(np.array([0.0, 1.0]), 1, 0.0, [look], likeness, PRIORS) == 0.0


def test_a_late_report_of_something_since_gone_does_not_bring_it_back() -> None:
    town = Town()
    town.take(drive(Pass(0, (0.0, 0.0)), BLOCK))
    others = [thing for thing in BLOCK if thing.name != "van"]
    for number in (2, 3, 4, 5):
        town.take(drive(Pass(number, (1.0, 0.0), noise_m=0.3), others))
    name = town.case_of(0, "van")
    gone = town.cases[name].gone
    town.take(drive(Pass(1, (1.0, 1.0), noise_m=0.3), BLOCK))
    assert town.case_of(1, "van") == name, "it stood then"
    assert town.cases[name].gone > 0.8 * gone, "and has gone since"


def test_a_late_report_of_something_seen_before_and_after_changes_nothing_but_its_place() -> None:
    town = Town()
    for number in (0, 2, 3):
        town.take(drive(Pass(number, (1.0, 0.0), noise_m=0.3), BLOCK))
    before = town.cases[town.case_of(0, "poster")]
    town.take(drive(Pass(1, (-2.0, 1.0), noise_m=0.3), BLOCK))
    after = town.cases[before.case_id]
    assert (after.solid, after.faint, after.waiting, after.as_of_ns) == (
        before.solid,
        before.faint,
        before.waiting,
        before.as_of_ns,
    )
    assert after.observations == before.observations + 1
