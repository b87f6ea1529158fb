"""Traverses that wait for one another are taken in together; what is wrong with one of them is its own."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from pipeline.wire import TraverseWire
from server.errors import ApiError
from server.intake.sent import Sent
from server.intake.traverses import receive, take_in
from server.records.tables import CaseRow, ObservationRow, TraverseRow, WorkOrder
from tests.server.intake.test_statements import NEW_THINGS, statements
from tests.server.town import MIN_NS, Town

pytestmark = pytest.mark.both_databases


def sent(body: dict[str, Any]) -> Sent:
    return Sent.of(body["device"], TraverseWire.model_validate(body), None)


def count(town: Town, table: Any) -> int:
    with town.context.store.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def answered(town: Town, *bodies: dict[str, Any]) -> list[str]:
    """For each whether it was the first, came before, or why it was refused."""
    told = []
    for answer in take_in(town.context, [sent(body) for body in bodies]):
        told.append(answer.code if isinstance(answer, ApiError) else "first" if answer.first else "before")
    return told


def test_a_refused_one_keeps_none_of_the_others_from_being_taken_in(town: Town) -> None:
    device_id, _ = town.device
    old, changed = (town.traverse(device_id, town.seen("litter")) for _ in range(2))
    for body in (old, changed):
        receive(town.context, device_id, TraverseWire.model_validate(body))
    gone_id, _ = town.enrol("car-2")
    sensor_id, _ = town.enrol("sensor", "sensor", bin_id="B1")
    town.client.post(f"/api/devices/{gone_id}/revoke", headers=town.as_("admin")).raise_for_status()
    told = answered(
        town,
        town.traverse(device_id, town.seen("overflowing_bin", east_m=20.0)),
        changed | {"observations": []},
        town.traverse(gone_id, town.seen("illegal_ad")),
        town.traverse(sensor_id, town.seen("illegal_ad")),
        old,
        town.traverse(device_id, old["observations"][0]),
        town.traverse(device_id, town.seen("overflowing_bin", east_m=20.5)),
    )
    assert told == ["first", "other_body", "device_token", "other_kind", "before", "known_observation", "first"]
    assert (count(town, TraverseRow), count(town, ObservationRow)) == (4, 4)
    town.laws_hold()


def test_what_one_opens_the_next_one_sees(town: Town) -> None:
    device_id, _ = town.device
    group = []
    for number in range(5):
        town.clock.ns += 10 * MIN_NS
        group.append(sent(town.traverse(device_id, town.seen("litter", east_m=0.2 * number))))
    answers = take_in(town.context, group)
    links = [answer.links[0] for answer in answers if not isinstance(answer, ApiError)]
    assert [link.outcome for link in links] == ["opened", *["attached"] * 4]
    assert (count(town, CaseRow), count(town, WorkOrder)) == (1, 1)
    [case] = town.get("/api/cases")["items"]
    assert case["sightings"] == 5
    town.laws_hold()


def test_a_group_takes_as_many_statements_as_one(town: Town) -> None:
    device_id, _ = town.device
    group = [sent(town.traverse(device_id, town.seen("litter", east_m=15.0 * number))) for number in range(6)]
    with statements(town) as asked:
        take_in(town.context, group)
    assert len(asked) <= NEW_THINGS, "\n".join(asked)


def test_what_shares_no_id_goes_together(town: Town) -> None:
    device_id, _ = town.device
    few, other = (town.traverse(device_id, town.seen()) for _ in range(2))
    repeated = town.traverse(device_id, few["observations"][0])
    assert sent(few).ids.isdisjoint(sent(other).ids)
    assert not sent(few).ids.isdisjoint(sent(few).ids)
    assert not sent(few).ids.isdisjoint(sent(repeated).ids)
