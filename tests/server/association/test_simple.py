"""Simple matching: the nearest case of the kind within the error of both."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reasons import Reason
from pipeline.traverse import Traverse
from server.association.casebook import CaseBook
from server.association.memory import Memory
from server.association.outcome import Attach, Open, Reject, Suppress
from server.association.priors import default_priors
from server.association.simple import WITHIN, associate
from server.association.state import OpenCase, Standing
from tests.server.association_scene import HALF_HOUR_NS, Pass, Thing, drive

PRIORS = default_priors()
HEAP = Thing("heap", "litter", 40.0, 6.0)
ROW = [Thing(f"heap{k}", "litter", 20.0 + 5.0 * k, 6.0) for k in range(8)]
SIGMA_M = (3.5**2 + 0.5) ** 0.5
EDGE_M = (2.0 * WITHIN) ** 0.5 * SIGMA_M
"""How far apart two places of equal error lie on the edge of the ellipse of both."""


def known(*things: Thing) -> list[OpenCase]:
    answer = associate(drive(Pass(0, (0.0, 0.0)), things), [], PRIORS, Memory())
    return [replace(state, case_id=f"case{number}") for number, state in enumerate(answer.opened)]


@pytest.mark.parametrize(("off_m", "attached"), [(0.0, True), (EDGE_M - 0.1, True), (EDGE_M + 0.1, False)])
def test_what_lies_within_the_error_of_both_is_one(off_m: float, attached: bool) -> None:
    (link,) = associate(drive(Pass(1, (off_m, 0.0)), [HEAP]), known(HEAP), PRIORS, Memory()).links
    assert link.outcome == (Attach("case0") if attached else Open(0))


def test_a_place_seen_again_lies_between_the_two_and_is_twice_as_sure() -> None:
    (case,) = known(HEAP)
    (after,) = associate(drive(Pass(1, (0.0, 4.0)), [HEAP]), [case], PRIORS, Memory()).updated
    assert after.own.nn == pytest.approx(0.5 * case.own.nn)
    assert (after.lat - case.lat) * 111_000.0 == pytest.approx(2.0, abs=0.05)
    assert (after.traverses, after.observations) == (2, 2)


def test_another_kind_at_the_same_place_is_another_problem() -> None:
    (link,) = associate(
        drive(Pass(1, (0.0, 0.0)), [replace(HEAP, category="illegal_ad")]), known(HEAP), PRIORS, Memory()
    ).links
    assert link.outcome == Open(0)


def test_what_one_frame_shows_is_matched_one_to_one() -> None:
    way = drive(Pass(1, (0.0, 0.0)), ROW)
    at_once = replace(way, observations=tuple(replace(seen, utc_ns=way.poses[0].utc_ns) for seen in way.observations))
    outcomes = [link.outcome for link in associate(at_once, known(HEAP), PRIORS, Memory()).links]
    assert outcomes.count(Attach("case0")) == 1
    assert len(set(outcomes)) == len(ROW)


def test_one_thing_in_several_frames_of_a_traverse_is_one_case() -> None:
    first, again = (drive(Pass(number, (0.0, 0.0)), [HEAP]).observations[0] for number in (0, 1))
    way = drive(Pass(0, (0.0, 0.0)), [])
    twice = replace(way, observations=(first, replace(again, utc_ns=first.utc_ns + 10**9)))
    assert [link.outcome for link in associate(twice, [], PRIORS, Memory()).links] == [Open(0), Open(0)]


@given(st.tuples(st.floats(-12.0, 12.0), st.floats(-12.0, 12.0)), st.sampled_from(["", "bin-1", "bin-2"]))
def test_the_only_one_of_its_kind_is_matched_as_it_is_beside_others(off_m: tuple[float, float], tied: str) -> None:
    (case,) = known(HEAP)
    row = [replace(case, case_id=f"case{k}", lat=case.lat + 4e-5 * k, part=("", "bin-1", "")[k]) for k in range(3)]
    way = drive(Pass(1, off_m), [HEAP, replace(HEAP, name="far", east_m=400.0)])
    near, far = replace(way.observations[0], attributes=(("bin_id", tied),)), way.observations[1]
    alone, beside = (
        associate(replace(way, observations=seen), row, PRIORS, Memory()) for seen in ((near,), (near, far))
    )
    assert (alone.links[0], alone.updated) == (beside.links[0], beside.updated)
    assert alone.opened == beside.opened[: len(alone.opened)]


def test_a_case_ends_when_it_was_not_seen_for_the_life_of_its_kind() -> None:
    (case,) = known(HEAP)
    halves = int(2.0 * PRIORS.of("litter").life_h)
    late = drive(Pass(halves + 1, (0.0, 0.0)), [HEAP])
    answer = associate(late, [case], PRIORS, Memory())
    assert [state.gone for state in answer.updated] == [1.0]
    assert answer.links[0].outcome == Open(0)
    early = associate(drive(Pass(halves - 1, (0.0, 0.0)), [HEAP]), [case], PRIORS, Memory())
    assert early.links[0].outcome == Attach("case0")


def test_what_was_dismissed_stays_so_however_long_it_was_not_seen() -> None:
    (case,) = known(HEAP)
    dismissed = replace(case, standing=Standing.DISMISSED, last_seen_ns=case.last_seen_ns - 500 * HALF_HOUR_NS)
    (link,) = associate(drive(Pass(1, (0.0, 0.0)), [HEAP]), [dismissed], PRIORS, Memory()).links
    assert link.outcome == Suppress("case0")


def test_an_observation_without_a_place_is_rejected() -> None:
    way = drive(Pass(0, (0.0, 0.0)), [HEAP])
    blind = replace(way, observations=(replace(way.observations[0], lat=None, lon=None, covariance=None),))
    assert associate(blind, known(HEAP), PRIORS, Memory()).links[0].outcome == Reject(Reason.UNLOCATED)


def test_what_is_tied_to_one_registered_thing_is_one_however_far_off_and_never_another() -> None:
    def tied(number: int, name: str, east_m: float) -> Traverse:
        way = drive(Pass(number, (east_m, 0.0)), [HEAP])
        return replace(way, observations=(replace(way.observations[0], attributes=(("bin_id", name),)),))

    (case,) = associate(tied(0, "B1", 0.0), [], PRIORS, Memory()).opened
    case = replace(case, case_id="case0")
    assert associate(tied(1, "B1", 2.0 * EDGE_M), [case], PRIORS, Memory()).links[0].outcome == Attach("case0")
    assert associate(tied(1, "B2", 0.0), [case], PRIORS, Memory()).links[0].outcome == Open(0)
    (loose,) = known(HEAP)
    (after,) = associate(tied(1, "B1", 0.0), [loose], PRIORS, Memory()).updated
    assert after.part == "B1"


@pytest.mark.parametrize(("off_m", "recurs"), [(0.0, "case0"), (EDGE_M + 0.1, None)])
def test_a_new_problem_where_a_closed_one_stood_recurs(off_m: float, recurs: str | None) -> None:
    closed = [replace(case, standing=Standing.CLOSED) for case in known(HEAP)]
    (link,) = associate(drive(Pass(1, (off_m, 0.0)), [HEAP]), closed, PRIORS, Memory()).links
    assert link.outcome == Open(0, recurs)


@given(st.permutations(range(4)))
def test_the_order_of_the_cases_changes_nothing(order: list[int]) -> None:
    wide = [Thing(f"heap{k}", "litter", 10.0 + 20.0 * k, 6.0) for k in range(4)]
    cases, way = known(*wide), drive(Pass(1, (2.0, 1.0), noise_m=0.5), wide)
    told = associate(way, cases, PRIORS, Memory())
    assert associate(way, [cases[k] for k in order], PRIORS, Memory()) == told


def test_a_case_book_takes_either_method() -> None:
    book = CaseBook(PRIORS, associate)
    for number in range(2):
        book.take(drive(Pass(number, (0.0, 0.0)), [HEAP]))
    assert len(book.filed) == 1
