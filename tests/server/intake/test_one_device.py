"""What one device sends, or all citizens send by their one channel, does not wait for one another."""

from __future__ import annotations

import pytest

from pipeline.wire import TraverseWire
from server.intake.traverses import receive
from server.records.tables import Device
from tests.server.intake.test_border_races import on_postgresql
from tests.server.town import Town


@pytest.mark.parametrize("writes", [False, True])
@on_postgresql
def test_a_traverse_is_taken_in_while_another_of_its_device_is_on_its_way(town: Town, writes: bool) -> None:
    device_id, _ = town.device
    before = TraverseWire.model_validate(town.traverse(device_id, town.seen("litter")))
    wire = TraverseWire.model_validate(town.traverse(device_id, town.seen("litter", east_m=30.0)))
    assert receive(town.context, device_id, before).first
    with town.context.store.write() as other:
        if writes:
            other.get_one(Device, device_id).last_traverse_ns = 1
            other.flush()
        assert receive(town.context, device_id, wire).first
    with town.context.store.read() as session:
        heard_ns = session.get_one(Device, device_id).last_traverse_ns
    assert heard_ns == (1 if writes else town.clock.ns)
