"""The stream of changes ends with the session of whoever listens."""

from __future__ import annotations

import asyncio

import pytest

from server.access.people import end_session
from server.api import events
from tests.looping import finished
from tests.server.town import Town
from tests.waiting import PATIENCE_S


def test_a_stream_ends_when_its_listener_has_signed_out(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LOOK_AGAIN_S", 0.01)
    town.send(town.seen())
    token = town.as_("operator")["Authorization"].removeprefix("Bearer ")

    async def heard() -> list[str | None]:
        stream = events._changes(town.context, 0, token)
        first = [(await anext(stream)).event, (await anext(stream)).event]
        with town.context.store.write() as session:
            end_session(session, token)
        return first + [one.event async for one in stream]

    told = finished(asyncio.wait_for(heard(), PATIENCE_S))
    assert told[0] == "hello"
