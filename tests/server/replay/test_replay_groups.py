"""What was taken in together is replayed one by one, to the same cases: a group makes what each alone would make."""

from __future__ import annotations

import itertools
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.wire import TraverseWire
from server.intake.receipts import Receipt
from server.intake.sent import Sent
from server.intake.traverses import take_in
from tests.examples import ONE_FIXTURE
from tests.server.blocks import block_pass
from tests.server.replay.test_replay import replayed
from tests.server.replay.test_replay_parallel import look
from tests.server.replay.test_replay_streams import mend, play
from tests.server.setupfile import lon_m
from tests.server.town import MIN_NS, Clock, Town, open_town

FAR_M = 900.0
"""Outside every grid: cases wait for the desk there."""
THINGS = st.tuples(
    st.sampled_from(["litter", "litter", "illegal_ad", "improper_parking", "flying_saucer"]),
    st.sampled_from([0.0, 4.0, 9.0, 30.0]),
    st.floats(-1.5, 1.5).map(lambda metres: round(metres, 2)),
    st.sampled_from([None, None, "12034567890=0.90"]),
)
PASS = st.tuples(
    st.lists(THINGS, max_size=3), st.sampled_from([0.0, 0.0, 60.0, FAR_M]), st.sampled_from([0, 1, 40, -90, 2000])
)
GROUP = st.tuples(st.just("group"), st.lists(PASS, min_size=1, max_size=6))
STEP = st.tuples(st.sampled_from(["dismiss", "accept", "cancel", "suspend", "resume"]), st.integers(0, 5))
MEND = st.tuples(st.sampled_from(["merge", "split"]), st.integers(0, 11))

_folders = itertools.count()


def sent(town: Town, body: dict[str, Any]) -> Sent:
    return Sent.of(body["device"], TraverseWire.model_validate(body), None)


def a_pass(town: Town, things: list[tuple[Any, ...]], east_m: float) -> dict[str, Any]:
    seen = [
        town.seen(
            name, east_m=east_m + thing_m, north_m=north_m, zone_id="no-stop", **({"phones": read} if read else {})
        )
        for name, thing_m, north_m, read in things
    ]
    body = town.traverse(town.device[0], *seen)
    for pose in body["poses"]:
        pose["lon"] += east_m / lon_m()
    return body


def a_group(town: Town, passes: list[tuple[Any, ...]]) -> None:
    group = []
    for things, east_m, minutes in passes:
        town.clock.ns += minutes * MIN_NS
        group.append(sent(town, a_pass(town, things, east_m)))
    town.clock.ns = max(town.clock.ns, *(pose.utc_ns for one in group for pose in one.traverse.poses))
    answers = take_in(town.context, group)
    assert [answer.traverse_id for answer in answers if isinstance(answer, Receipt)] == [one.ident for one in group]


@settings(max_examples=12, suppress_health_check=ONE_FIXTURE)
@given(stream=st.lists(st.one_of(GROUP, GROUP, STEP, MEND), min_size=1, max_size=8))
def test_any_groups_replay_to_the_same_cases(founded: Path, tmp_path: Path, stream: list[tuple[str, Any]]) -> None:
    home = tmp_path / str(next(_folders))
    shutil.copytree(founded, home)
    town = open_town(home, Clock())
    try:
        for number, (what, how) in enumerate(stream):
            town.clock.ns += MIN_NS
            if what == "group":
                a_group(town, how)
            elif what in ("merge", "split"):
                mend(town, what, how)
            else:
                play(town, what, how, number)
        town.laws_hold()
        answer = replayed(town)
        assert answer["identical"], answer
    finally:
        town.context.store.close()


@pytest.mark.both_databases
def test_streets_and_looks_that_came_together_replay_to_the_same_cases(town: Town) -> None:
    looks = random.Random(4)
    for seed in range(3):
        group = []
        for block in (0, 1, 0, 3):
            town.clock.ns += 10 * MIN_NS
            body = block_pass(town, town.device[0], block, 6, town.clock.ns, 10 * seed + block)
            for which, seen in enumerate(body["observations"]):
                seen["appearance"] = look(looks, which)
            group.append(sent(town, body))
        take_in(town.context, group)
    answer = replayed(town)
    assert answer["identical"], answer
    town.laws_hold()
