"""What this vehicle has sent, remembered over restarts, and what it may send next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final

import httpx
from pydantic import BaseModel, Field, ValidationError

from edge.allowance import Limits
from edge.outbox.outbox import Outbox
from edge.upload.limits import SLOTS, Leave, Ledger, Pace, away_s, leave
from edge.upload.link import is_metered, way_out

LEDGER: Final = "sent"
HEAD_BYTES: Final = 800
"""What a request and its answer cost beside the body, with TLS and TCP around them: an allowance."""

SAVE_BYTES: Final = 1_000_000
SAVE_S: Final = 60.0


class Saved(BaseModel):
    """The ledger as it lies in the outbox's file, and what the clock said then."""

    hours: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=SLOTS, max_length=SLOTS)]
    into_s: Annotated[float, Field(ge=0)]
    utc_s: float


class MeteredClient(httpx.Client):
    """An HTTP client that counts what it puts on the link, also of requests that were cut off midway."""

    sent_bytes = 0

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        if isinstance(request.stream, httpx.SyncByteStream):
            request.stream = _Counted(request.stream, self)
        return super().send(request, **options)


class _Counted(httpx.SyncByteStream):
    """A request's body; it is read once the connection stands, so what never left is not counted."""

    def __init__(self, body: httpx.SyncByteStream, client: MeteredClient) -> None:
        self._body, self._client = body, client

    def __iter__(self) -> Iterator[bytes]:
        self._client.sent_bytes += HEAD_BYTES
        for chunk in self._body:
            self._client.sent_bytes += len(chunk)
            yield chunk

    def close(self) -> None:
        self._body.close()


class Meter:
    """Time is told by a monotonic clock; the wall's is asked only for how long the vehicle was off.

    A kill loses at most what was sent since the last saving: 1 MB or 60 s.
    """

    def __init__(
        self,
        limits: Limits,
        outbox: Outbox,
        sent_bytes: Callable[[], int],
        utc_s: Callable[[], float] = time.time,
        interface: Callable[[], str | None] = way_out,
    ) -> None:
        self._limits, self._outbox = limits, outbox
        self._sent_bytes, self._utc_s, self._interface = sent_bytes, utc_s, interface
        self._seen = sent_bytes()
        self._pace = Pace()
        self._now_s: float | None = None
        self._ledger, self._saved_utc_s = self._read()
        self._given_back_s = 0.0
        self._unsaved, self._saved_s = 0, float("-inf")
        self._started_s: float | None = None

    def leave(self, now_s: float) -> Leave:
        """What may be sent at this monotonic second."""
        self._pass_to(now_s)
        metered = is_metered(self._interface(), self._limits.interfaces) if self._limits.interfaces else False
        return leave(self._limits, metered, self._ledger.spent, self._pace.wait_s(now_s))

    def spent(self, now_s: float) -> None:
        """A step was made: count what it put on the link."""
        sent, self._seen = self._sent_bytes() - self._seen, self._sent_bytes()
        if self._limits.bytes_s is not None:
            self._pace = self._pace.spend(sent, now_s, self._limits.bytes_s)
        if self._limits.day_bytes is None or sent == 0:
            return
        self._pass_to(now_s)
        self._ledger = self._ledger.spend(sent)
        self._unsaved += sent
        if self._unsaved >= SAVE_BYTES or now_s - self._saved_s >= SAVE_S:
            self.save(now_s)

    def save(self, now_s: float) -> None:
        """Write the ledger down, where there is something new."""
        if self._unsaved:
            told = Saved(hours=self._ledger.hours, into_s=self._ledger.into_s, utc_s=self._utc_s())
            self._outbox.remember(LEDGER, told.model_dump_json())
            self._unsaved, self._saved_s = 0, now_s

    def _pass_to(self, now_s: float) -> None:
        """Let the time pass that did, and once more of the time before the start if the clock was set right since."""
        if self._limits.day_bytes is None:
            return
        if self._now_s is None or self._started_s is None:
            self._now_s = self._started_s = now_s
        away = 0.0
        if self._saved_utc_s is not None:
            away = away_s(self._utc_s() - (now_s - self._started_s), self._saved_utc_s)
        back_s = max(0.0, away - self._given_back_s)
        self._given_back_s += back_s
        self._ledger = self._ledger.later(now_s - self._now_s + back_s)
        self._now_s = now_s

    def _read(self) -> tuple[Ledger, float | None]:
        text = self._outbox.remembered(LEDGER)
        if text is None:
            return Ledger(), None
        try:
            saved = Saved.model_validate_json(text)
        except ValidationError:
            return Ledger(), None
        return Ledger(saved.hours, saved.into_s), saved.utc_s
