"""What looks may say: as much as they were seen to tell things apart, whatever vectors a vehicle makes of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from uuid import uuid5

import numpy as np
import pytest

from server.association.appearance import learn, log_ratio
from server.association.engine import associate
from server.association.memory import Likeness, Memory
from server.association.priors import default_priors
from server.association.state import Look
from tests.server.association_scene import SPACE, Pass, Thing, drive

PRIORS = default_priors()
ROW = [Thing(f"heap {number}", "litter", 20.0 + 9.0 * number, 6.0) for number in range(9)]


@pytest.mark.parametrize("jitter", [0.0, 1e-6, 1e-4, 1e-2])
def test_vectors_that_hardly_differ_from_thing_to_thing_say_nothing(jitter: float) -> None:
    rng, likeness = np.random.default_rng(5), Likeness()
    same = np.eye(32)[0]
    for _ in range(40):
        views = [same + jitter * rng.normal(size=32) for _ in range(3)]
        steps = [0.5 * float((a - b) @ (a - b)) for a, b in pairwise(views)]
        likeness = learn(likeness, views, steps)
    told = log_ratio(same, 3, 0.0, [Look(0.0, 3, same)], likeness, PRIORS)
    assert abs(told) < 1.0


@pytest.mark.parametrize("length", [1e-3, 1e3, 1e200])
def test_how_long_a_vehicle_makes_its_vectors_changes_no_lesson(length: float) -> None:
    way, rng = drive(Pass(0, (0.0, 0.0)), ROW), np.random.default_rng(6)
    looks = [row / np.linalg.norm(row) for row in rng.normal(size=(len(ROW), 16))]
    as_told, longer = (
        replace(
            way,
            observations=tuple(
                [
                    replace(seen, appearance=tuple((look * factor).tolist()))
                    for seen, look in zip(way.observations, looks, strict=True)
                ]
            ),
        )
        for factor in (1.0, length)
    )
    one, other = (associate(told, [], PRIORS).memory.of("litter") for told in (as_told, longer))
    assert other.total == pytest.approx(one.total)
    assert other.square == pytest.approx(one.square)


def test_a_vector_that_points_nowhere_is_no_look() -> None:
    way = drive(Pass(0, (0.0, 0.0)), ROW[:1])
    blank = replace(way, observations=(replace(way.observations[0], appearance=(0.0,) * 16),))
    assert associate(blank, [], PRIORS).memory.of("litter").count == 0


def test_a_vehicle_that_stands_before_a_thing_does_not_teach_that_views_of_one_thing_are_alike() -> None:
    rng, likeness = np.random.default_rng(7), Likeness()
    for _ in range(20):
        thing = rng.normal(size=16)
        views = [row / np.linalg.norm(row) for row in thing + rng.normal(size=(2, 16))]
        likeness = learn(likeness, views, [0.5 * float((views[0] - views[1]) @ (views[0] - views[1]))])
    passed = drive(Pass(0, (0.0, 0.0)), ROW[:1])
    shown = replace(passed.observations[0], appearance=tuple(likeness.mean.tolist()), attributes=())
    stood = [replace(shown, id=uuid5(SPACE, f"{second}"), utc_ns=shown.utc_ns + second * 10**9) for second in range(60)]
    after = associate(replace(passed, observations=tuple(stood)), [], PRIORS, Memory({"litter": likeness}))
    assert len(after.opened) == 1
    assert after.memory.of("litter").noise > 0.8 * likeness.noise
