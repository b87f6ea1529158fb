"""Healing: two cases that turn out to be one problem, and two that never may."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.observation import Covariance
from server.association import apart, ellipse
from server.association.memory import Memory
from server.association.merge import folded, merges
from server.association.priors import default_priors
from server.association.state import OpenCase, Standing
from tests.server.association_scene import STREET

PRIORS = default_priors()
HOUR_NS = 3_600_000_000_000


def case(name: str, east_m: float, first_h: float, last_h: float, gaps: float) -> OpenCase:
    lat, lon = STREET.to_latlon(east_m, 0.0)
    return OpenCase(
        case_id=name,
        category="improper_parking",
        standing=Standing.OPEN,
        lat=lat,
        lon=lon,
        own=Covariance(0.3, 0.0, 0.3),
        shared=Covariance(1.0, 0.0, 1.0),
        looks=(),
        solid=0.9,
        faint=0.05,
        worth=2.0,
        first_seen_ns=int(first_h * HOUR_NS),
        last_seen_ns=int(last_h * HOUR_NS),
        as_of_ns=int(last_h * HOUR_NS),
        traverses=2,
        observations=3,
        gaps=gaps,
    )


OLD = case("a", 0.0, 0.0, 2.0, gaps=1.6)
NEW = case("b", 0.5, 1.0, 2.5, gaps=1.6)


def test_two_that_were_seen_in_turns_at_one_place_become_the_older_one() -> None:
    ((merge, state),) = merges([OLD], [OLD, NEW], PRIORS, Memory())
    assert (merge.gone, merge.kept) == ("b", "a")
    assert state.case_id == "a"
    assert state.observations == 6
    assert merges([NEW], [OLD, NEW], PRIORS, Memory())[0][0] == merge, "whichever of the two was seen"


def test_two_that_one_traverse_saw_side_by_side_are_two_for_ever() -> None:
    told = list(apart.never(OLD, NEW))
    assert [one.apart for one in told] == [("b",), ("a",)]
    assert merges(told, told, PRIORS, Memory()) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(NEW, category="litter"),
        replace(NEW, standing=Standing.DISMISSED),
        case("b", 8.0, 1.0, 2.5, gaps=1.6),
        case("b", 0.5, 2.1, 3.0, gaps=0.0),
    ],
    ids=["another category", "dismissed", "8 m away", "one after the other: a refilled place"],
)
def test_these_are_not_merged(other: OpenCase) -> None:
    assert merges([OLD], [OLD, other], PRIORS, Memory()) == []


def test_a_fold_lies_between_the_two_and_is_surer_than_either() -> None:
    both = folded(OLD, NEW)
    east = float(STREET.to_en(np.array(both.lat), np.array(both.lon))[0])
    assert 0.2 < east < 0.3
    assert ellipse.of(both.own).trace() < ellipse.of(OLD.own).trace()
