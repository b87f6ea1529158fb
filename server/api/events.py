"""Live changes as server-sent events, read from the outbox that the changes themselves wrote."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Query
from sse_starlette import EventSourceResponse, ServerSentEvent

from server.access.people import signed_in
from server.api.access import CASEWORKERS_ONLY, ContextOf, Token
from server.api.shapes import errors
from server.context import Context
from server.errors import Gone
from server.measures import LIVE_PAGES
from server.records.news import follows_on, newest, news_since

router = APIRouter(tags=["events"])

BATCH = 200
LOOK_AGAIN_S = 15.0


@router.get(
    "/api/events",
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "One event a change: its kind (case, work_order, traverse) and the id of what changed",
            "content": {
                "text/event-stream": {"example": "id: 42\nevent: case\ndata: 0199d2c4-7a10-7c3e-9f55-3d2b8a6f0e11\n\n"}
            },
        },
        **errors(401, 403, 410, 422),
    },
    dependencies=[CASEWORKERS_ONLY],
)
def get_events(
    context: ContextOf,
    token: Token,
    last_event_id: Annotated[str | None, Header(pattern=r"^\d{1,18}$", description="resume after this event")] = None,
    after: Annotated[int | None, Query(ge=0, le=10**18, description="the same as a parameter")] = None,
) -> EventSourceResponse:
    """What changes from now on; after a lost connection the browser resumes by itself with Last-Event-ID. The stream
    ends soon after the session does, and long before what it has not told yet is forgotten."""
    start = int(last_event_id) if last_event_id is not None else after
    if start is not None and not follows_on(context.store, start):
        raise Gone(
            "events_forgotten",
            f"not all that changed after event {start} is known here any more: ask for cases and work orders afresh, "
            "and listen again without a number",
            "query.after" if last_event_id is None else "header.Last-Event-ID",
        )
    return EventSourceResponse(_changes(context, start, token), ping=20)


async def _changes(context: Context, start: int | None, token: str) -> AsyncIterator[ServerSentEvent]:
    looked_s = time.monotonic()
    with context.bell.listen() as rung, LIVE_PAGES.track_inprogress():
        last = start
        while last is None:
            last = await to_thread.run_sync(newest, context.store)
        yield ServerSentEvent(event="hello", data=str(last), id=str(last))
        while True:
            if time.monotonic() - looked_s >= LOOK_AGAIN_S:
                if not await to_thread.run_sync(_may_go_on, context, token):
                    return
                looked_s = time.monotonic()
            rung.clear()
            news = await to_thread.run_sync(news_since, context.store, last, BATCH)
            for row in news.rows:
                last = row.id
                yield ServerSentEvent(event=row.kind, data=row.subject_id, id=str(row.id))
            if news.settled and len(news.rows) < BATCH:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(rung.wait(), LOOK_AGAIN_S)


def _may_go_on(context: Context, token: str) -> bool:
    """Whether whoever listens is still signed in."""
    with context.store.read() as session:
        return signed_in(session, token, context.now_ns()) is not None
