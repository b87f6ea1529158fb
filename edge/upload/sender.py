"""The thread that uploads: enrols when it must, then steps the uploader, sleeping as long as it says."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from edge.allowance import Limits
from edge.backoff import Backoff
from edge.care.vitals import Vitals
from edge.config import DeviceTable, ServerTable
from edge.errors import EnrolError
from edge.outbox.outbox import Outbox
from edge.say import Say
from edge.upload.enrol import Credentials, ServerAway, enrol, read_credentials
from edge.upload.meter import Meter, MeteredClient
from edge.upload.transport import HttpTransport
from edge.upload.trust import trusted
from edge.upload.uploader import Pause, Uploader

REFUSED_PAUSE_S: Final = 300.0
TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)


@dataclass(frozen=True, slots=True)
class Door:
    """The way to the server: its address, and the credentials that let this device in."""

    client: MeteredClient
    server: ServerTable
    device: DeviceTable
    limits: Limits

    @classmethod
    def of(cls, server: ServerTable, device: DeviceTable, limits: Limits | None = None) -> Door:
        """Raises ConfigError where the server's certificates cannot be read."""
        return cls(MeteredClient(timeout=TIMEOUT, verify=trusted(server)), server, device, limits or Limits())

    def credentials(self) -> Credentials:
        """Those of an earlier enrolment, or new ones for the configured code; raises EnrolError."""
        known = read_credentials(self.device.state_dir)
        if known is not None and known.server == self.server.url:
            return known
        code = self.server.enrolment_code
        if code is None:
            raise EnrolError(
                f"{self.device.state_dir}: this device is not enrolled at {self.server.url}. "
                "Run `steward edge enrol`, or set server.enrolment_code."
            )
        return enrol(self.client, self.server.url, code, self.device)


class Sender(threading.Thread):
    """Runs until told to stop; `error` holds what ended it otherwise. It has its own connection to the outbox."""

    def __init__(
        self,
        door: Door,
        credentials: Credentials | None,
        outbox: Path,
        stop: threading.Event,
        say: Say,
        vitals: Vitals | None = None,
    ) -> None:
        super().__init__(name="sender", daemon=True)
        self._door, self._credentials, self._path = door, credentials, outbox
        self._halt, self._say, self._vitals = stop, say, vitals or Vitals()
        self._rng = random.Random()  # noqa: S311  (jitter)
        self._said = self._kept_back = ""
        self.woken = threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            outbox = Outbox.open(self._path)
            try:
                self._loop(outbox)
            finally:
                outbox.close()
        except Exception as error:  # noqa: BLE001  (the thread's supervisor: the worker raises it again)
            self.error = error

    def wake(self) -> None:
        """Something was put into the outbox, or the end has come."""
        self.woken.set()

    def _loop(self, outbox: Outbox) -> None:
        credentials = self._credentials or self._enrolled()
        if credentials is None:
            return
        url, device, token = self._door.server.url, credentials.device_id, credentials.token
        client = self._door.client
        meter = Meter(self._door.limits, outbox, lambda: client.sent_bytes)
        uploader = Uploader(outbox, HttpTransport(client, url, device, token), self._rng, meter)
        while not self._halt.is_set():
            self.woken.clear()
            before = uploader.sent.accepted
            pause = uploader.step(time.monotonic())
            if uploader.sent.accepted != before:
                self._vitals.uploaded()
            self._tell(pause)
            if pause.seconds != 0.0:
                self.woken.wait(pause.seconds)
        meter.save(time.monotonic())

    def _enrolled(self) -> Credentials | None:
        """Try until it works: the server may only be away. None when told to stop."""
        backoff = Backoff(self._rng)
        while not self._halt.is_set():
            try:
                return self._door.credentials()
            except ServerAway as error:
                wait_s, why = backoff.next_s(), str(error)
            except EnrolError as error:
                wait_s, why = REFUSED_PAUSE_S, str(error)
            self._tell(Pause.for_s(wait_s, why))
            self._halt.wait(wait_s)
        return None

    def _tell(self, pause: Pause) -> None:
        """Say why it waits, once for each new cause, and what is kept back, once until all was sent."""
        if pause.why:
            self._vitals.upload_waits(pause.why)
        if pause.kept_back:
            if pause.why and pause.why != self._kept_back:
                self._say(f"upload: {pause.why}")
                self._kept_back = pause.why
            return
        if pause.seconds is None:
            self._kept_back = ""
        if pause.why and pause.why != self._said:
            self._say(f"upload waits: {pause.why}. Nothing is lost; trying again.")
        if pause.seconds == 0.0 and self._said:
            self._say("upload goes on")
        self._said = pause.why
