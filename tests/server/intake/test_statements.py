"""What a traverse asks of the database does not grow with what it saw."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from pipeline.wire import TraverseWire
from server.intake.sensors import Reading, receive_readings
from server.intake.traverses import receive
from tests.server.blocks import block_pass
from tests.server.cases.test_mends import merge
from tests.server.town import MIN_NS, Town, picture

KNOWN_THINGS = 15
NEW_THINGS = 18
HEARD = 4
"""With the beginning and the commit: the sensor is found, and what it read last is written."""
WITH_PICTURES = 2
"""The pictures that are declared, and which of them are here."""
WITH_PARTS = 1
"""Which parts cases have that another was merged into."""
WITH_CITIZENS = 2
"""Filed cases: of which of them nobody but citizens has told."""

pytestmark = pytest.mark.both_databases


@contextmanager
def statements(town: Town) -> Iterator[list[str]]:
    """What is asked of the town's database; rows that are written one after the other into one table are one
    statement, however many they are."""
    asked: list[str] = []

    def note(statement: str) -> None:
        words = " ".join(statement.split()[:3])
        if statement.startswith("SELECT") or not asked or not asked[-1].startswith(words):
            asked.append(statement)

    def executed(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        note(statement)

    engine = town.context.store.engine
    if town.context.store.one_writer:
        with town.context.store.write() as session:
            driver: Any = session.connection().connection.driver_connection
        driver.set_trace_callback(note)
        yield asked
        driver.set_trace_callback(None)
    else:
        event.listen(engine, "before_cursor_execute", executed)
        yield asked
        event.remove(engine, "before_cursor_execute", executed)


def taking_in(town: Town, body: dict[str, Any]) -> list[str]:
    wire = TraverseWire.model_validate(body)
    with statements(town) as asked:
        receive(town.context, body["device"], wire)
    return asked


def a_pass(town: Town, block: int, things: int, seed: int) -> dict[str, Any]:
    town.clock.ns += 10 * MIN_NS
    return block_pass(town, town.device[0], block, things, town.clock.ns, seed)


def test_a_reading_that_tells_nothing_new(town: Town) -> None:
    sensor_id, _ = town.enrol("sensor", "sensor", bin_id="B1")
    readings = [Reading(town.clock.ns - MIN_NS, 20.0), Reading(town.clock.ns, 40.0)]
    with statements(town) as asked:
        receive_readings(town.context, sensor_id, readings)
    assert len(asked) <= HEARD, "\n".join(asked)


@pytest.mark.parametrize("things", [1, 10, 60])
def test_a_pass_by_known_cases(town: Town, things: int) -> None:
    for seed in range(2):
        taking_in(town, a_pass(town, 0, things, seed))
    asked = taking_in(town, a_pass(town, 0, things, 2))
    assert len(asked) <= KNOWN_THINGS, "\n".join(asked)


@pytest.mark.parametrize("things", [1, 10, 60])
def test_a_pass_that_opens_every_case(town: Town, things: int) -> None:
    asked = taking_in(town, a_pass(town, 0, things, 1))
    assert len(asked) <= NEW_THINGS, "\n".join(asked)
    town.laws_hold()


def test_a_pass_with_pictures_by_cases_that_wait_for_the_desk(town: Town) -> None:
    east_m = 900.0  # outside every grid
    things = [{"category": "litter", "east_m": east_m + 8.0 * number} for number in range(12)]
    device_id, _ = town.device
    for seed in range(2):
        town.clock.ns += 10 * MIN_NS
        shots = [picture(100 * seed + number) for number in range(len(things))]
        seen = [town.seen(**thing, pictures=(shot,)) for thing, shot in zip(things, shots, strict=True)]
        body = town.traverse(device_id, *seen)
        for pose in body["poses"]:
            pose["lon"] += east_m / 95_000
        asked = taking_in(town, body)
    assert {case["state"] for case in town.get("/api/cases")["items"]} == {"filed"}
    assert len(asked) <= KNOWN_THINGS + WITH_PICTURES + WITH_CITIZENS, "\n".join(asked)


@pytest.mark.parametrize("merges", [1, 4])
def test_a_pass_by_cases_that_others_were_merged_into(town: Town, merges: int) -> None:
    links = town.send(*a_pass(town, 0, 20, 0)["observations"])["links"]
    for kept, gone in zip(links[:merges], links[10 : 10 + merges], strict=True):
        merge(town, kept["case_id"], gone["case_id"])
    taking_in(town, a_pass(town, 0, 20, 1))
    asked = taking_in(town, a_pass(town, 0, 20, 2))
    assert len(asked) <= KNOWN_THINGS + WITH_PARTS, "\n".join(asked)
