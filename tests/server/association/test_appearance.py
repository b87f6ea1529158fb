"""What looks may say: as much as they were seen to tell things apart, whatever vectors a vehicle makes of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from uuid import uuid5

import numpy as np
import pytest

from pipeline.traverse import Traverse
from server.association.appearance import learn, learn_bias, log_ratio
from server.association.engine import associate
from server.association.lessons import added_up
from server.association.looks import add_look
from server.association.memory import Likeness, Memory
from server.association.priors import default_priors
from server.association.state import Look
from tests.server.association_scene import SPACE, STREET, Pass, Thing, drive

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


def _seen(number: int, width: int, westwards: bool = False) -> Traverse:
    """A pass whose looks are of this width, each thing always the same."""
    way = drive(Pass(number, (0.0, 0.0), westwards=westwards), ROW)
    looks = np.random.default_rng(width).normal(size=(len(ROW), width))
    return replace(
        way,
        observations=tuple(
            replace(seen, appearance=tuple((look / np.linalg.norm(look)).tolist()))
            for seen, look in zip(way.observations, looks, strict=True)
        ),
    )


def test_what_vectors_of_one_width_taught_stays_when_others_teach() -> None:
    one = associate(_seen(0, 16), [], PRIORS).memory
    both = associate(_seen(1, 8), [], PRIORS, one).memory
    again = associate(_seen(2, 16), [], PRIORS, both).memory.of("litter")
    assert again.count == 2 * one.of("litter").count
    assert again.total == pytest.approx(2.0 * one.of("litter").total)
    assert again.of_width(8).count == both.of("litter").count == len(ROW)
    assert again.of_width(32).count == 0


def test_looks_of_another_width_say_nothing_and_take_nothing_of_what_is_known() -> None:
    memory, cases = Memory(), {}
    for number, width in enumerate((16, 8, 16)):
        answer = associate(_seen(number, width), list(cases.values()), PRIORS, memory)
        fresh = (replace(state, case_id=f"case{row}") for row, state in enumerate(answer.opened))
        memory, cases = answer.memory, cases | {state.case_id: state for state in (*fresh, *answer.updated)}
    assert len(cases) == len(ROW)
    counts = [{len(look.mean): look.count for look in case.looks} for case in cases.values()]
    assert counts == [{16: 2, 8: 1}] * len(ROW)
    told = log_ratio(np.eye(8)[0], 1, 90.0, [Look(90.0, 5, np.eye(16)[0])], memory.of("litter"), PRIORS)
    assert told == 0.0


def test_looks_of_a_newer_model_take_the_room_of_an_older_one() -> None:
    looks = tuple(Look(45.0 * side, 40, np.eye(16)[side]) for side in range(8))
    for side in range(8):
        looks = add_look(looks, Look(45.0 * side, 1, np.eye(4)[side % 4]), STREET)
        assert len(looks) == 8
        assert sum(len(look.mean) == 4 for look in looks) == side + 1


def test_a_memory_of_several_widths_is_kept_whole_and_bounded() -> None:
    likeness = Likeness()
    for width in (4, 8, 16, 32, 64, 8):
        likeness = learn(likeness, [np.eye(width)[0]], [])
    likeness = learn_bias(likeness, 0.0, same=True)
    assert [len(row.total) for row in (likeness, *likeness.others)] == [8, 64, 32, 16]
    assert likeness.count == 2
    assert likeness.of_width(16).bias == likeness.bias
    memory = Memory({"litter": likeness})
    assert Memory.from_state(memory.to_state()) == memory


def test_lessons_of_two_widths_that_came_at_once_are_added_up() -> None:
    before = associate(_seen(0, 16), [], PRIORS).memory
    one, other = (associate(_seen(1, width), [], PRIORS, before).memory for width in (16, 8))
    for first, last in ((one, other), (other, one)):
        both = added_up(before, last, added_up(before, first, before)).of("litter")
        assert (both.of_width(16).count, both.of_width(8).count) == (2 * len(ROW), len(ROW))
