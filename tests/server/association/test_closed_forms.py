"""The engine's closed forms against the plain definitions that they stand for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.observation import Covariance
from pipeline.traverse import Traverse
from server.association import cost, ellipse, existence, offset
from server.association.appearance import Asked, Measure, learn, learn_bias, log_ratio, log_ratios
from server.association.drive import Drive, drive_of, whitened
from server.association.ellipse import Ellipse
from server.association.existence import View
from server.association.fit import Fits, Prior
from server.association.known import Rivals, known_of
from server.association.lone import lone
from server.association.looks import add_look, add_looks
from server.association.matching import one_to_one
from server.association.memory import Likeness, Memory
from server.association.plane import Floats
from server.association.priors import default_priors
from server.association.sighting import sightings_of
from server.association.state import Look, Spot
from tests.server.association_scene import STREET, Pass, Thing, Town, drive

PRIORS = default_priors()
VIEW = View(120.0, 30.0)
BLOCK = [Thing(f"thing{k}", "litter", 15.0 + 9.0 * k, 6.0 if k % 2 else -5.0) for k in range(8)]

positive, metres = st.floats(0.05, 50.0), st.floats(-9.0, 9.0)
ellipses = st.builds(
    lambda ee, nn, share: Ellipse(ee, share * math.sqrt(ee * nn), nn), positive, positive, st.floats(-0.95, 0.95)
)


def matrix(one: Ellipse) -> Floats:
    return np.array([[one.ee, one.en], [one.en, one.nn]])


@given(ellipses, st.floats(-9.0, 9.0), st.floats(-9.0, 9.0))
def test_an_ellipse_is_its_matrix(one: Ellipse, east: float, north: float) -> None:
    vector = np.array([east, north])
    assert matrix(one.inverse()) == pytest.approx(np.linalg.inv(matrix(one)), rel=1e-6)
    assert one.square(east, north) == pytest.approx(vector @ matrix(one) @ vector, rel=1e-6, abs=1e-9)
    assert one.times(east, north) == pytest.approx(tuple(matrix(one) @ vector), rel=1e-6, abs=1e-9)


@given(ellipses, ellipses, st.floats(0.0, 5.0))
def test_raised_and_absolute_act_on_the_eigenvalues(one: Ellipse, other: Ellipse, least: float) -> None:
    difference = one.minus(other)
    values, vectors = np.linalg.eigh(matrix(difference))
    columns = Ellipse(*(np.array([term]) for term in difference))
    raised = Ellipse(*(float(term[0]) for term in ellipse.raised(columns, least)))
    assert matrix(raised) == pytest.approx((vectors * np.maximum(values, least)) @ vectors.T, rel=1e-6, abs=1e-6)
    assert matrix(difference.absolute()) == pytest.approx((vectors * np.abs(values)) @ vectors.T, rel=1e-6, abs=1e-6)


@given(ellipses, ellipses, st.floats(-9.0, 9.0), st.floats(-9.0, 9.0))
def test_fusing_is_the_kalman_update(one: Ellipse, noise: Ellipse, east: float, north: float) -> None:
    step_east, step_north, left = ellipse.fused(one, noise, east, north)
    gain = matrix(one) @ np.linalg.inv(matrix(one) + matrix(noise))
    assert (step_east, step_north) == pytest.approx(tuple(gain @ [east, north]), rel=1e-5, abs=1e-7)
    assert matrix(left) == pytest.approx(matrix(one) - gain @ matrix(one), rel=1e-5, abs=1e-7)


@given(ellipses, ellipses, ellipses, st.floats(-9.0, 9.0), st.floats(-9.0, 9.0))
def test_a_place_settled_after_the_fit_is_that_of_place_and_shift_solved_together(
    one: Ellipse, noise: Ellipse, shift: Ellipse, east: float, north: float
) -> None:
    place, apart, open_by, told = matrix(one), matrix(noise), matrix(shift), np.array([east, north])
    pull = np.linalg.inv(place + apart + open_by)
    moved, left = -open_by @ pull @ told, open_by - open_by @ pull @ open_by
    rest = told + moved
    found = ellipse.settled(one, noise, Ellipse(left[0, 0], left[0, 1], left[1, 1]), rest[0], rest[1])
    assert found[:2] == pytest.approx(tuple(place @ pull @ told), rel=1e-5, abs=1e-5)
    assert matrix(found[2]) == pytest.approx(place - place @ pull @ place, rel=1e-5, abs=1e-5)


@given(st.lists(st.lists(st.integers(-5, 9), min_size=3, max_size=3), min_size=1, max_size=4))
def test_the_match_gains_as_much_as_the_best_of_all_matches(rows: list[list[int]]) -> None:
    gains = [[float(gain) + 0.001 * (k + 7 * r) for k, gain in enumerate(row)] for r, row in enumerate(rows)]
    pick = one_to_one(np.array(gains))
    taken = [column for column in pick if column >= 0]
    assert len(taken) == len(set(taken))
    assert sum(gains[row][column] for row, column in enumerate(pick) if column >= 0) == pytest.approx(best_sum(gains))


def best_sum(gains: list[list[float]]) -> float:
    """By trying every match."""
    best = 0.0
    for choice in itertools.product((-1, 0, 1, 2), repeat=len(gains)):
        taken = [column for column in choice if column >= 0]
        if len(taken) == len(set(taken)):
            best = max(best, sum(gains[row][column] for row, column in enumerate(choice) if column >= 0))
    return best


def second_pass(things: Sequence[Thing] = BLOCK) -> tuple[cost.Costs, Prior]:
    """What a second pass sees, of these things, of a block that one pass has seen before."""
    town = Town()
    town.take(drive(Pass(0, (0.0, 0.0), noise_m=0.5), BLOCK))
    way = drive(Pass(1, (3.0, -2.0), noise_m=0.5), things)
    path = drive_of(way.poses, STREET, PRIORS)
    measures = {"litter": Measure.of(Likeness(), 0, PRIORS)}
    sightings = sightings_of(way.observations, path, STREET, VIEW, PRIORS, measures)
    utc_ns = way.poses[-1].utc_ns
    known = known_of(list(town.cases.values()), path, sightings, STREET, VIEW, PRIORS)
    near = Rivals.of(known, utc_ns, path, VIEW, PRIORS)
    return cost.costs_of(sightings, near, known, utc_ns, PRIORS, Memory(), measures), Prior.of(path.prior)


def test_leaving_a_match_out_is_solving_without_it() -> None:
    costs, prior = second_pass()
    fits = Fits(costs, prior)
    match = fits.settled(tuple(range(len(BLOCK)))).match
    assert sum(column >= 0 for column in match) >= 6
    for row, column in enumerate(match):
        if column < 0:
            continue
        without = fits.of((*match[:row], -1, *match[row + 1 :]))
        assert fits.of(match).predicted[row] == pytest.approx(without.predicted[row], rel=1e-6, abs=1e-6)


@settings(max_examples=40)
@given(st.floats(10.0, 85.0), st.floats(-9.0, 9.0), st.lists(st.floats(-6.0, 6.0), min_size=8, max_size=8))
def test_one_sighting_alone_is_explained_as_by_turns(east: float, north: float, looks: list[float]) -> None:
    costs, prior = second_pass([Thing("one", "litter", east, north)])
    costs = replace(costs, odds=costs.odds + looks[: len(costs.odds)])
    alone, joint = lone(costs, prior.covariance), offset.joint(costs, prior.covariance)
    assert alone.match == joint.match
    assert alone.margin == pytest.approx(joint.margin, rel=1e-6, abs=1e-6)
    assert alone.gains == pytest.approx(joint.gains, rel=1e-6, abs=1e-6)
    assert alone.phi == pytest.approx(joint.phi, rel=1e-6, abs=1e-9)
    assert alone.covariance == pytest.approx(joint.covariance, rel=1e-6, abs=1e-9)


def test_pairs_that_no_proposal_brings_near_are_left_out_of_the_likelihood_without_a_trace() -> None:
    costs, _ = second_pass()
    proposals = np.array([[0.0, 0.0, 0.0, 0.0], [-3.0, 2.0, 0.01, 0.0], [-2.5, 1.0, 0.0, 0.01]])
    heard = costs.near(proposals)
    assert len(heard.odds) < 0.6 * len(costs.odds)
    assert heard.likelihood(proposals) == pytest.approx(costs.likelihood(proposals), abs=1e-4)


def test_a_fit_solves_the_normal_equations() -> None:
    costs, prior = second_pass()
    match = tuple(range(len(BLOCK)))
    information, pull = prior.inverse.copy(), np.zeros(4)
    for row, column in enumerate(match):
        slot = costs.pairs.slot[row, column]
        tight = matrix(Ellipse(*(float(term[slot]) for term in costs.tight)))
        information += costs.arm[row].T @ tight @ costs.arm[row]
        pull += costs.arm[row].T @ tight @ (costs.where[column] - costs.place[row])
    fit = Fits(costs, prior).of(match)
    assert fit.phi == pytest.approx(np.linalg.solve(information, pull), rel=1e-6)
    assert fit.log_det == pytest.approx(-np.linalg.slogdet(information)[1], rel=1e-9)


def fitted(way: Traverse) -> Drive:
    return drive_of(way.poses, STREET, PRIORS)


def test_columns_are_whitened_by_the_factor_of_their_errors() -> None:
    rng = np.random.default_rng(2)
    columns, roots = 100.0 * rng.normal(size=(7, 5)), rng.normal(size=(3, 7, 7))
    errors = roots @ roots.transpose(0, 2, 1) + 0.2 * np.eye(7)
    white, levels = whitened(columns, errors, 0.2)
    factors = np.linalg.cholesky(errors)
    assert white.transpose(0, 2, 1) == pytest.approx(np.linalg.solve(factors, columns), rel=1e-9, abs=1e-9)
    assert levels == pytest.approx(-np.linalg.slogdet(errors)[1], rel=1e-9)


def test_a_longer_memory_of_the_error_leaves_the_offset_as_open_as_a_fix_is() -> None:
    prior = fitted(drive(Pass(0, (2.0, 1.0)), [])).prior
    assert np.linalg.eigvalsh(prior).min() > 0.0
    assert prior == pytest.approx(prior.T)
    assert 1.0 < math.sqrt(prior[0, 0]) < 3.5, "some of a fix's 3.5 m is averaged away within 20 s, not much"


def test_a_pose_more_or_less_in_the_average_hardly_moves_the_path() -> None:
    way = drive(Pass(0, (2.0, 1.0), length_m=200.0), [])
    whole, shorter = fitted(way), fitted(replace(way, poses=way.poses[:-1]))
    assert np.abs(whole.path[:-1] - shorter.path).max() < 0.05


@settings(max_examples=60)
@given(st.floats(-40.0, 40.0), st.floats(-40.0, 40.0))
def test_one_frame_detects_by_the_same_rate_alone_and_in_a_column(east: float, north: float) -> None:
    poses = drive(Pass(0, (0.0, 0.0)), []).poses[:1]
    path = drive_of(poses, STREET, PRIORS)
    away = np.array([[east, north]])
    solid, _ = existence.chances(path.path[:1] + away, path, None, VIEW, PRIORS)
    rate = existence.detection_rate(east, -north, VIEW, PRIORS)
    assert solid[0] == pytest.approx((1.0 - PRIORS.occluded) * rate, abs=1e-9)


def test_looks_compared_at_once_are_compared_as_one_by_one() -> None:
    rng = np.random.default_rng(3)
    vectors = [vector / np.linalg.norm(vector) for vector in rng.normal(size=(40, 8))]
    likeness = learn(Likeness(), vectors, [0.2] * 20)
    known = [
        tuple(Look(60.0 * k, 1 + k, vector) for k, vector in enumerate(vectors[a:b]))
        for a, b in ((0, 1), (1, 4), (4, 4), (4, 9))
    ]
    asked = Asked(np.array(vectors[20:23]), np.array([1.0, 2.0, 3.0]), np.array([10.0, 100.0, 350.0]))
    pairs = list(itertools.product(range(3), range(4)))
    rows, columns = [row for row, _ in pairs], [column for _, column in pairs]
    found = log_ratios(asked, rows, known, columns, [Measure.of(likeness, 8, PRIORS)] * 4, PRIORS)
    alone = [
        log_ratio(vectors[20 + row], row + 1, (10.0, 100.0, 350.0)[row], known[column], likeness, PRIORS)
        for row, column in pairs
    ]
    assert found.tolist() == pytest.approx(alone, abs=1e-9)
    assert any(abs(value) > 0.5 for value in alone)


def test_what_looks_teach_of_place_and_time_is_learned_within_tens_and_fades() -> None:
    likeness = Likeness()
    for _ in range(60):
        likeness = learn_bias(likeness, 0.0, same=True)
    assert likeness.bias > 1.5
    for _ in range(400):
        likeness = learn_bias(likeness, 0.0, same=False)
    assert likeness.bias < -1.0, "a city that is used differently now is believed"


def test_an_existing_memory_that_counted_answers_is_taken_as_one_that_knows_much() -> None:
    kept = replace(Likeness(), asked=5000.0, bias=0.5)
    after = learn_bias(kept, 0.0, same=True)
    assert after.bias > 0.505
    assert after.asked < 100.0


def test_an_ellipse_that_rounding_left_on_the_edge_is_kept_as_a_covariance() -> None:
    assert ellipse.covariance(Ellipse(4.0, 4.0000001, 4.0)) == Covariance(4.0, 0.999 * 4.0, 4.0)


@given(st.lists(st.tuples(st.tuples(metres, metres), ellipses, ellipses), max_size=12))
def test_what_is_asked_for_many_rows_at_once_is_what_each_gives_alone(rows: list[tuple[Any, Ellipse, Ellipse]]) -> None:
    def moved(gap: tuple[float, float], one: Ellipse, noise: Ellipse) -> tuple[tuple[float, float], Ellipse]:
        east, north, left = ellipse.fused(one, noise, *gap)
        return (east, north), left

    assert ellipse.each(moved, rows) == [moved(*row) for row in rows]


def test_looks_added_to_many_things_at_once_are_those_added_one_by_one() -> None:
    def seen(number: int, turn_deg: float) -> Look:
        spot = Spot(*STREET.to_latlon(3.0 * number, turn_deg / 60.0), Covariance(1.0 + number, 0.3, 2.0))
        return Look(turn_deg, 1 + number, np.array([math.cos(number), math.sin(number)]), None if number == 5 else spot)

    known = [(seen(number, 80.0), seen(number + 1, 200.0)) for number in range(7)]
    things = [(looks, seen(number, (85.0, 300.0, 200.0)[number % 3])) for number, looks in enumerate(known)]
    assert add_looks(things, STREET) == [add_look(*thing, STREET) for thing in things]
