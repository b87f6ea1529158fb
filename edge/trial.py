"""A short try of what runs: does a camera give pictures, does the receiver give positions?"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from edge.config import LiveTable, TelemetryTable
from edge.sources.camera import OPEN_S, Camera
from edge.sources.line import Line
from edge.sources.seat import Seat
from edge.telemetry.fixes import Fixes
from edge.telemetry.receiver import SILENT_S, Receiver

LOOKED_S: Final = 2.0
ENOUGH: Final = 3
TURN_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Tried:
    """good: it gives pictures of a size that its optics hold for. said: what to know of it, without credentials. size:
    width and height in px, None where no picture came."""

    good: bool
    said: str
    size: tuple[int, int] | None = None


def try_camera(table: LiveTable) -> Tried:
    """What a camera gives, in a few seconds."""
    stop = threading.Event()
    camera = Camera(Seat(table.name, table.address, table.sizes, table.stall_s), stop, lambda _: None)
    with _running(camera, stop):
        line = _first_line(camera)
        if line is None:
            return Tried(False, f"{table.name}: {camera.state.said or 'no picture came'}")
        stop.wait(LOOKED_S)
        pace, size = camera.state.frames / LOOKED_S, (line.width_px, line.height_px)
        shown = f"{size[0]}×{size[1]}"
        if line.lost_all:
            return Tried(False, f"{table.name}: gives no picture of {shown}, which its optics are told for")
        return Tried(True, f"{table.name}: {table.address.shown}, {shown}, {pace:.0f} frames a second", size)


def try_receiver(table: TelemetryTable) -> tuple[bool, str]:
    """Whether the receiver gives positions, and how well it knows them."""
    stop, fixes = threading.Event(), Fixes()
    receiver = Receiver(table, fixes, stop, lambda _: None)
    with _running(receiver, stop):
        for _ in range(int(SILENT_S / TURN_S)):
            if receiver.state.fixes >= ENOUGH or receiver.state.said:
                break
            stop.wait(TURN_S)
    heard, state = fixes.heard().fixes, receiver.state
    if not heard:
        why = state.said or ", ".join(f"{count} {reason.value}" for reason, count in fixes.rejected.most_common())
        return False, f"{state.place}: {why or 'nothing was said'}"
    return True, f"{state.place}: positions, known to {heard[-1].sigma_m:.1f} m"


def _first_line(camera: Camera) -> Line | None:
    """The first connection, within the time that opening one and seeing a first picture may take."""
    for _ in range(int((OPEN_S + camera.seat.stall_s) / TURN_S)):
        if camera.state.said:
            return None
        try:
            return camera.lines.get(timeout=TURN_S)
        except queue.Empty:
            continue
    return None


@contextmanager
def _running(thread: threading.Thread, stop: threading.Event) -> Iterator[None]:
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(OPEN_S)
