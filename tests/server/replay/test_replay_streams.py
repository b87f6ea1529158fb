"""Whatever comes in and whatever people do between, the replay is identical and the laws hold."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from server.replay.derived import compare
from server.replay.replaying import draft_store, replay_into
from server.upkeep.sweeps import lapse_watched
from tests.examples import ONE_FIXTURE
from tests.server.cases.test_mends import standing
from tests.server.town import MIN_NS, Clock, Town, open_town, picture

THINGS = st.tuples(
    st.sampled_from(["litter", "litter", "overflowing_bin", "improper_parking"]),
    st.sampled_from([0.0, 4.0, 9.0, 30.0]),
    st.floats(-1.5, 1.5).map(lambda metres: round(metres, 2)),
)
PASS = st.tuples(st.just("pass"), st.lists(THINGS, max_size=3))
STEP = st.tuples(
    st.sampled_from(["confirm", "dismiss", "accept", "prove", "approve", "cancel", "suspend", "resume"]),
    st.integers(0, 5),
)
MEND = st.tuples(st.sampled_from(["merge", "merge", "split", "undo"]), st.integers(0, 11))
WAIT = st.tuples(st.just("wait"), st.sampled_from([1, 15, 60, 2000]))
STREAM = st.lists(st.one_of(PASS, STEP, STEP, MEND, MEND, WAIT), min_size=2, max_size=14)

_folders = itertools.count()


@settings(max_examples=12, suppress_health_check=ONE_FIXTURE)
@given(stream=STREAM)
def test_any_stream_replays_to_the_same_cases(founded: Path, tmp_path: Path, stream: list[tuple[str, Any]]) -> None:
    home = tmp_path / str(next(_folders))
    shutil.copytree(founded, home)
    town = open_town(home, Clock())
    try:
        for number, (what, how) in enumerate(stream):
            play(town, what, how, number)
        town.laws_hold()
        with town.context.store.read() as session, draft_store() as draft:
            done = replay_into(session, draft)
            assert done.stopped is None
            with draft.read() as replayed:
                assert compare(session, replayed).difference is None
    finally:
        town.context.store.close()


def play(town: Town, what: str, how: Any, number: int) -> None:
    """One event of a stream; a step that the table refuses is no event."""
    town.clock.ns += MIN_NS
    if what == "pass":
        seen = [town.seen(name, east_m=east, north_m=north, zone_id="no-stop") for name, east, north in how]
        town.send(*seen)
    elif what in ("merge", "split", "undo"):
        mend(town, what, how)
    elif what == "wait":
        town.clock.ns += how * MIN_NS
        lapse_watched(town.context)
    else:
        cases = town.get("/api/cases?limit=500")["items"]
        if cases:
            case_step(town, what, cases[how % len(cases)], number)


def mend(town: Town, what: str, pick: int) -> None:
    """A merge, a split or an undo of whatever there is; right after a mend, undoing it gives every value back."""
    operator = town.as_("operator")
    cases = town.get("/api/cases?limit=500")["items"]
    if not cases:
        return
    case = cases[pick % len(cases)]["id"]
    if what == "undo":
        for one in town.get(f"/api/cases/{case}/mends")["items"][:1]:
            answer = town.client.post(f"/api/mends/{one['id']}/undo", headers=operator)
            assert (answer.status_code == 200) == (one["hindrance"] is None)
        return
    sightings = [seen["id"] for seen in town.get(f"/api/cases/{case}")["observations"]]
    body: dict[str, Any] = {"kind": "split", "case": case, "observations": sightings[pick % len(sightings) :]}
    if what == "merge":
        body = {"kind": "merge", "kept": case, "gone": cases[(pick * 5 + 1) % len(cases)]["id"]}
    before = standing(town)
    path = f"/api/mends/{town.new_id()}"
    done = town.client.put(path, json=body, headers=operator)
    assert done.status_code in (201, 409, 422), done.text
    if done.status_code != 201:
        assert standing(town) == before
        return
    town.post(f"{path}/undo", "operator")
    after = standing(town)
    for table in ("case", "observation"):
        was = {row["id"] for row in before[table]}
        assert [row for row in after[table] if row["id"] in was] == before[table]
    assert town.client.put(f"/api/mends/{town.new_id()}", json=body, headers=operator).status_code == 201


def case_step(town: Town, what: str, case: dict[str, Any], number: int) -> None:
    order = town.order_of(case["id"])
    crew, body = town.as_("crew-a"), {"reason": "as told"}
    match what:
        case "accept" if order:
            town.client.post(f"/api/work-orders/{order['id']}/accept", headers=crew)
        case "prove" if order:
            files = {"file": ("after.jpg", picture(1000 + number), "image/jpeg")}
            town.client.post(f"/api/work-orders/{order['id']}/after-photo", files=files, headers=crew)
        case "approve" if order:
            town.client.post(f"/api/work-orders/{order['id']}/approve", headers=town.as_("reviewer"))
        case "dismiss" | "cancel" | "suspend":
            town.client.post(f"/api/cases/{case['id']}/{what}", json=body, headers=town.as_("supervisor"))
        case "confirm" | "resume":
            who = "operator" if what == "confirm" else "supervisor"
            town.client.post(f"/api/cases/{case['id']}/{what}", headers=town.as_(who))
        case _:
            pass
