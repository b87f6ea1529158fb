"""A device's token is remembered, its revocation is not waited for."""

from __future__ import annotations

import pytest

from server.access.callers import REMEMBERED_NS, Callers
from server.access.fleet import revoke
from server.records.tables import TraverseRow
from tests.server.town import Town


@pytest.mark.both_databases
def test_a_device_that_another_process_revoked_is_refused_at_once_though_its_token_is_remembered(town: Town) -> None:
    device_id, headers = town.device
    known, fresh = (town.traverse(device_id, town.seen("litter", east_m=east_m)) for east_m in (0.0, 20.0))
    assert town.client.put(f"/api/traverses/{known['id']}", json=known, headers=headers).status_code == 201
    with town.context.store.write() as session:
        revoke(session, device_id, town.clock())
    for body in (known, fresh):
        answer = town.client.put(f"/api/traverses/{body['id']}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "device_token")
        assert answer.headers["www-authenticate"] == "Bearer"
    with town.context.store.read() as session:
        assert session.get(TraverseRow, fresh["id"]) is None


def test_a_token_is_asked_for_again_after_a_minute_and_one_that_is_wrong_each_time() -> None:
    asked: list[str] = []
    callers = Callers()

    def ask(token: str, now_ns: int) -> str | None:
        def found() -> str | None:
            asked.append(token)
            return "car-1" if token == "right" else None

        return callers.device_id(token, now_ns, found)

    assert [ask("right", 0), ask("right", REMEMBERED_NS - 1), ask("wrong", 1), ask("wrong", 2)] == [
        "car-1",
        "car-1",
        None,
        None,
    ]
    assert asked == ["right", "wrong", "wrong"]
    ask("right", REMEMBERED_NS)
    callers.forget()
    ask("right", REMEMBERED_NS + 1)
    assert asked[3:] == ["right", "right"]
