"""Sends what the outbox holds. `Uploader.step` does at most one request and never sleeps; the loop is the worker's."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Self, assert_never

from edge.backoff import Backoff
from edge.outbox.outbox import Outbox
from edge.outbox.parcels import Item, ItemKind, ParkReason, Rank
from edge.upload.answers import Accepted, Answer, Busy, Faulty, Partly, Refused, StoreAway, Unauthorised, Unreachable
from edge.upload.limits import Leave
from edge.upload.meter import Meter
from edge.upload.transport import Transport

UNAUTHORISED_PAUSE_S = 300.0
POISON_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Pause:
    """How long to leave the uploader alone. seconds is None: until something new is put into the outbox.

    kept_back: nothing went wrong; what is left may not go over this link now.
    """

    seconds: float | None
    why: str = ""
    kept_back: bool = False

    @classmethod
    def none(cls) -> Self:
        return cls(0.0)

    @classmethod
    def for_s(cls, seconds: float, why: str) -> Self:
        return cls(seconds, why)

    @classmethod
    def until_woken(cls) -> Self:
        return cls(None)


@dataclass(frozen=True, slots=True)
class Sent:
    """What this uploader has done since it started."""

    accepted: int = 0
    parked: int = 0
    failed: int = 0


class Uploader:
    """Most urgent first, a traverse before its pictures. All that it claims is acknowledged, waits on or is parked."""

    def __init__(self, outbox: Outbox, transport: Transport, rng: random.Random, meter: Meter | None = None) -> None:
        """meter: what limits the link; without one nothing does."""
        self._outbox = outbox
        self._transport = transport
        self._meter = meter
        self._backoff, self._store_backoff = Backoff(rng), Backoff(rng)
        self._not_before_s = self._no_picture_before_s = float("-inf")
        self._why = self._why_no_picture = ""
        self.sent = Sent()

    def step(self, now_s: float) -> Pause:
        """Send one item. now_s: monotonic seconds; a call before a pause is over only returns the rest of the pause."""
        if now_s < self._not_before_s:
            return Pause.for_s(self._not_before_s - now_s, self._why)
        leave = self._allowed(now_s)
        item = None if leave.most is None else self._outbox.claim(leave.most)
        if item is None:
            return self._nothing_to_send(leave, now_s)
        answer = self._transport.send(item)
        if self._meter is not None:
            self._meter.spent(now_s)
        return self._answered(item, answer, now_s)

    def _allowed(self, now_s: float) -> Leave:
        """What may be sent now: what the link's limits leave, and records alone while no store takes pictures."""
        leave = Leave() if self._meter is None else self._meter.leave(now_s)
        if leave.most is None or leave.most <= Rank.RECORD or now_s >= self._no_picture_before_s:
            return leave
        return Leave(Rank.RECORD, self._no_picture_before_s - now_s, self._why_no_picture)

    def _nothing_to_send(self, leave: Leave, now_s: float) -> Pause:
        if self._meter is not None:
            self._meter.save(now_s)
        if leave == Leave() or not self._outbox.holds_any():
            return Pause.until_woken()
        return Pause(leave.wait_s, leave.why, kept_back=True)

    def _answered(self, item: Item, answer: Answer, now_s: float) -> Pause:
        if isinstance(answer, Accepted | Partly | Refused):
            self._backoff.passed(now_s)
        match answer:
            case Accepted() as yes:
                self._accepted(item, yes, now_s)
                return Pause.none()
            case Partly() as step:
                self._outbox.note(item.id, step.progress)
                return Pause.none()
            case Refused() as no:
                self._park(item, no.reason, no.message)
                return Pause.none()
            case Unauthorised() as no:
                return self._hold(now_s, UNAUTHORISED_PAUSE_S, f"the server refuses this device: {no.message}")
            case Busy() as no:
                wait_s = self._backoff.next_s(now_s) if no.retry_after_s is None else no.retry_after_s
                return self._hold(now_s, wait_s, "the server asks to wait")
            case StoreAway() as no:
                self._outbox.defer(item.id, fault=False)
                return self._hold_pictures(now_s, no)
            case Unreachable() as no:
                self._outbox.defer(item.id, fault=False)
                return self._hold(now_s, self._backoff.next_s(now_s), no.message)
            case Faulty() as no:
                return self._failed(item, no.message, now_s)
            case other:
                assert_never(other)

    def _accepted(self, item: Item, answer: Accepted, now_s: float) -> None:
        if item.kind is ItemKind.EVIDENCE:
            self._store_backoff.passed(now_s)
        self._outbox.acknowledge(item.id, answer.not_needed)
        self.sent = replace(self.sent, accepted=self.sent.accepted + 1)

    def _park(self, item: Item, reason: ParkReason, message: str) -> None:
        self._outbox.park(item.id, reason, message)
        self.sent = replace(self.sent, parked=self.sent.parked + 1)

    def _failed(self, item: Item, message: str, now_s: float) -> Pause:
        """A fault of the server: wait, and park the item only when others passed while it kept failing."""
        faults = self._outbox.defer(item.id, fault=True)
        if faults >= POISON_ATTEMPTS:
            self._park(item, ParkReason.SERVER_FAULT, f"failed {faults} times while others passed; last: {message}")
            return Pause.none()
        return self._hold(now_s, self._backoff.next_s(now_s), message)

    def _hold(self, now_s: float, wait_s: float, why: str) -> Pause:
        self.sent = replace(self.sent, failed=self.sent.failed + 1)
        self._not_before_s, self._why = now_s + wait_s, why
        return Pause.for_s(wait_s, why)

    def _hold_pictures(self, now_s: float, no: StoreAway) -> Pause:
        """Records go on at once; pictures wait."""
        self.sent = replace(self.sent, failed=self.sent.failed + 1)
        wait_s = self._store_backoff.next_s(now_s) if no.retry_after_s is None else no.retry_after_s
        self._no_picture_before_s, self._why_no_picture = now_s + wait_s, f"pictures wait: {no.message}"
        return Pause.none()
