"""The thread that listens to a vehicle's receiver, and listens anew for as long as the worker runs."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final, Protocol

from edge.backoff import Backoff
from edge.config import TelemetryTable
from edge.errors import TelemetryError
from edge.say import Say
from edge.telemetry import gpsd, nmea
from edge.telemetry.fixes import Fixes
from edge.telemetry.mavlink import Messages
from edge.telemetry.ports import Lines, Port, serial, tcp, udp
from pipeline.pose import Fix
from pipeline.reasons import Reason

SILENT_S: Final = 10.0
LOOK_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0


class Speech(Protocol):
    """What a receiver says, piece by piece."""

    def feed(self, piece: bytes) -> tuple[Fix | Reason, ...]: ...


class ByLine:
    """What is said in lines of a length that is not exceeded."""

    def __init__(self, speech: Speech, longest: int) -> None:
        self._speech, self._lines = speech, Lines(longest)

    def feed(self, piece: bytes) -> tuple[Fix | Reason, ...]:
        return tuple(told for line in self._lines.feed(piece) for told in self._speech.feed(line))


@dataclass(frozen=True, slots=True)
class ReceiverState:
    """How the receiver is, for people and for health. said: the last trouble."""

    place: str
    connected: bool = False
    fixes: int = 0
    last_fix_ns: int | None = None
    said: str = ""


class Receiver(threading.Thread):
    """See the module; `state` may be read by any thread."""

    def __init__(self, table: TelemetryTable, fixes: Fixes, stop: threading.Event, say: Say) -> None:
        super().__init__(name="receiver", daemon=True)
        self._table, self._fixes, self._ending, self._say = table, fixes, stop, say
        self._backoff = Backoff(random.Random(), cap_s=LONGEST_PAUSE_S)  # noqa: S311  (jitter, no secret)
        self.state = ReceiverState(_place(table))

    def run(self) -> None:
        while not self._ending.is_set():
            try:
                with _opened(self._table) as (port, speech):
                    why = self._listen(port, speech)
            except TelemetryError as error:
                why = str(error)
            except UnicodeError:
                why = "cannot be heard: not the name of a computer"
            except OSError as error:
                why = f"cannot be heard: {(error.strerror or str(error)).lower()}"
            if self._ending.is_set():
                return
            is_new = why != self.state.said
            self.state = replace(self.state, connected=False, said=why)
            if is_new:
                self._say(f"{self.state.place}: {why}; it is tried again until it works")
            self._ending.wait(self._backoff.next_s(time.monotonic()))

    def _listen(self, port: Port, speech: Speech) -> str:
        """Until it is silent for too long; raises OSError where the line is gone."""
        heard_ns = time.monotonic_ns()
        while not self._ending.is_set():
            piece = port.read(LOOK_S)
            now_ns = time.monotonic_ns()
            if not piece and now_ns - heard_ns > SILENT_S * 1e9:
                return f"said nothing for {SILENT_S:.0f} s"
            heard_ns = now_ns if piece else heard_ns
            for told in speech.feed(piece):
                self._took(told, now_ns)
        return ""

    def _took(self, told: Fix | Reason, heard_ns: int) -> None:
        if isinstance(told, Reason):
            self._fixes.reject(told)
            return
        self._fixes.add(told, heard_ns)
        is_new = not self.state.connected
        self.state = replace(self.state, connected=True, fixes=self.state.fixes + 1, last_fix_ns=heard_ns, said="")
        if is_new:
            self._backoff.passed(time.monotonic())
            self._say(f"{self.state.place}: gives positions, known to {told.sigma_m:.1f} m")


@contextmanager
def _opened(table: TelemetryTable) -> Iterator[tuple[Port, Speech]]:
    """The line, and who understands it; raises OSError, and TelemetryError without the extra for it."""
    if table.serial is not None:
        with serial(table.serial, table.baud) as port:
            yield port, ByLine(nmea.Epochs(_today), nmea.LONGEST)
    elif table.gpsd is not None:
        with tcp(table.gpsd, gpsd.HELLO) as port:
            yield port, ByLine(gpsd.Reports(_today), gpsd.LONGEST)
    else:
        assert table.mavlink is not None  # noqa: S101  (the configuration has one of them)
        with udp(table.mavlink) as port:
            yield port, Messages()


def _place(table: TelemetryTable) -> str:
    """What people call it."""
    if table.serial is not None:
        return str(table.serial)
    return f"gpsd {table.gpsd}" if table.gpsd is not None else f"MAVLink {table.mavlink}"


def _today() -> date:
    return datetime.now(UTC).date()
