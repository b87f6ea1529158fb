"""The live cameras of a vehicle: each is watched, each of its connections is a pass, all share models and positions.

    camera ─ thread that decodes ─► line ─ thread that looks ─► traverses ─► outbox
                                              │  └─ batcher: one batch for all cameras
    receiver ─ thread that listens ─► fixes ──┘

A pass of a live camera has no past: it is never taken up again, and what a kill interrupts is at most one traverse.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from edge.assemble import Assembled, put_together
from edge.care.health import Part, State
from edge.care.monitor import Monitor
from edge.care.vitals import Stage
from edge.config import EdgeConfig, LiveTable
from edge.detectors import Models
from edge.errors import EdgeError, OutboxError
from edge.jobs import job_of
from edge.outbox.outbox import Outbox, PassState, Progress
from edge.recorder import Recorder
from edge.renewal.running_models import RunningModels
from edge.say import Say
from edge.sources.camera import Camera
from edge.sources.line import Line
from edge.sources.optics import read_optics
from edge.sources.seat import CameraState, Seat
from edge.telemetry.fixes import Fixes, LivePoses
from edge.telemetry.positions import Positions
from edge.telemetry.receiver import Receiver, ReceiverState
from edge.upload.sender import Sender
from pipeline.events import Finished
from pipeline.inspect import inspect
from pipeline.observation import ClockQuality, SourceKind
from pipeline.pose import Mount

SECOND_NS: Final = 1_000_000_000
LOOK_S: Final = 0.2
ENDING_S: Final = 60.0
OLD_FIX_S: Final = 10.0
ASLEEP_S: Final = 30.0
"""Longer than a camera's thread may be busy with one frame."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all cameras of a vehicle share. outbox: its file; wake: there is something to send."""

    config: EdgeConfig
    running: RunningModels
    outbox: Path
    stop: threading.Event
    say: Say
    wake: Callable[[], None]
    monitor: Monitor
    recorder: Recorder


class Live:
    """See the module. `stop` ends it after what is whole has been recorded; so does a failure that it cannot mend."""

    def __init__(self, shared: Shared) -> None:
        table, fixes = shared.config.telemetry, None
        self._shared = shared
        self._receiver: Receiver | None = None
        if table is not None:
            fixes = Fixes(int(table.delay_s * SECOND_NS))
            self._receiver = Receiver(table, fixes, shared.stop, shared.say)
        self._watches = [Watch(one, shared, fixes) for one in shared.config.live]
        shared.monitor.more = self.parts
        shared.monitor.asleep = self._asleep

    def start(self) -> None:
        if not self._watches:
            return
        if self._receiver is None:
            self._shared.say("no [telemetry] in the configuration: what live cameras find has no place")
        else:
            self._receiver.start()
        for one in self._watches:
            one.start()

    def watch(self, sender: Sender | None) -> None:
        """Stay for as long as cameras are watched, what is found can be kept, and it can be sent."""
        while any(one.is_alive() for one in self._watches) and not self._shared.stop.is_set():
            if self.error is not None or (sender is not None and sender.error is not None):
                return
            self._shared.monitor.turn()
            self._shared.stop.wait(LOOK_S)

    def join(self) -> list[str]:
        """After `stop`: until what is whole is recorded. What went wrong with single cameras, in words."""
        for one in self._watches:
            if one.ident is not None:
                one.join(ENDING_S)
        return [one.failed for one in self._watches if one.failed]

    def _asleep(self) -> bool:
        """Whether a thread hangs or died that should run."""
        deaf = self._receiver is not None and self._receiver.ident is not None and not self._receiver.is_alive()
        return deaf or not all(one.awake for one in self._watches)

    @property
    def error(self) -> Exception | None:
        """What ended a camera's thread unforeseen; it must end the run."""
        return next((one.error for one in self._watches if one.error is not None), None)

    def parts(self) -> tuple[Part, ...]:
        """How each camera and the receiver are. Never BAD: no restart brings back what is unplugged."""
        parts = [_camera_part(one.camera.state) for one in self._watches]
        return tuple(parts if self._receiver is None else (*parts, _receiver_part(self._receiver.state)))


class Watch(threading.Thread):
    """Looks through one camera, pass after pass. failed: a mistake in its files; error: what must end the run."""

    def __init__(self, table: LiveTable, shared: Shared, fixes: Fixes | None) -> None:
        super().__init__(name=f"watch {table.name}", daemon=True)
        self._table, self._shared, self._fixes = table, shared, fixes
        seat = Seat(table.name, table.address, table.sizes, table.stall_s, table.trust_clock)
        moment = _unknown if fixes is None else fixes.moment_ns
        self.camera = Camera(seat, shared.stop, shared.say, moment)
        self.failed = ""
        self.error: Exception | None = None
        self._turned_s = time.monotonic()

    @property
    def awake(self) -> bool:
        """Whether it and its camera's thread came round of late, or it has ended."""
        if not self.is_alive():
            return True
        return self.camera.is_alive() and time.monotonic() - self._turned_s < ASLEEP_S

    def run(self) -> None:
        self.camera.start()
        try:
            with closing(Outbox.open(self._shared.outbox)) as outbox:
                while (line := self._next()) is not None:
                    self._watch(line, outbox)
        except OutboxError as error:
            self.error = error
        except EdgeError as error:
            self.failed = str(error)
            self._shared.monitor.vitals.failed()
            self._shared.say(f"{self._table.name}: {error}")
        except Exception as error:  # noqa: BLE001  (the thread's supervisor: the worker raises it again)
            self.error = error
        finally:
            self.camera.leave()

    def _turn(self) -> None:
        self._turned_s = time.monotonic()

    def _cool(self) -> None:
        self._turn()
        self._shared.monitor.turn()

    def _next(self) -> Line | None:
        """The camera's next connection; None where the worker ends and none is left."""
        while True:
            self._turn()
            try:
                return self.camera.lines.get(timeout=LOOK_S)
            except queue.Empty:
                if self._shared.stop.is_set():
                    return None

    def _watch(self, line: Line, outbox: Outbox) -> None:
        """One pass, told to the end of its line."""
        shared, monitor = self._shared, self._shared.monitor
        line.ending, line.turned = shared.stop, self._turn
        models = shared.running.now
        assembled = self._assembled(line, models)
        monitor.vitals.enter(Stage.INSPECTING, line.name)
        tools = monitor.equipped(shared.running.equipped(assembled.tools, models))
        so_far = Progress(0, 0)
        for told in inspect(line.shots(), tools, assembled.plan, relay=shared.running.relay(tools, models)):
            self._turn()
            monitor.told(told)
            monitor.before_the_next(tools, line.name, self._cool)
            if isinstance(told, Finished):
                so_far = Progress(told.number + 1, told.done_ns)
                shared.recorder.record(outbox, assembled, told, so_far)
                shared.wake()
        if so_far.traverses:
            outbox.record(assembled.fingerprint, Progress(so_far.traverses, so_far.done_ns, PassState.ENDED))

    def _assembled(self, line: Line, models: Models) -> Assembled:
        job = job_of(self._shared.config, self._table)
        kind = SourceKind(self._shared.config.device.kind)
        optics = read_optics(job.camera, line.width_px, line.height_px, kind)
        positions = self._positions(line, optics.mount)
        return put_together(job, models, line, uuid4().hex, kind, optics, positions)

    def _positions(self, line: Line, mount: Mount) -> Positions:
        """Where the camera is while the line lasts; without a receiver only when."""
        late_ns = 0 if self._table.trust_clock else int(self._table.late_s * SECOND_NS)
        fixes, stop = self._fixes, self._shared.stop
        poses = LivePoses(fixes or Fixes(), mount, line.start_ns, late_ns, self._table.late_sigma_s)
        if fixes is None:
            return Positions(None, poses.utc_ns, ClockQuality.DEVICE, True, None, ())
        line.until_known = lambda at_ns: fixes.wait(at_ns - late_ns, stop)
        return Positions(poses, poses.utc_ns, ClockQuality.GNSS, True, None, ())


def _camera_part(state: CameraState) -> Part:
    if not state.connected or state.size is None:
        return Part(f"camera {state.name}", State.WARN, state.said or "not yet connected")
    said = f"{state.place}, {state.size[0]}×{state.size[1]}, {state.frames} frames, connection {state.connections}"
    return Part(f"camera {state.name}", State.GOOD, said)


def _receiver_part(state: ReceiverState) -> Part:
    if not state.connected or state.last_fix_ns is None:
        return Part("receiver", State.WARN, f"{state.place}: {state.said or 'no position yet'}")
    age_s = (time.monotonic_ns() - state.last_fix_ns) / SECOND_NS
    said = f"{state.place}: {state.fixes} positions, the last {age_s:.0f} s ago"
    return Part("receiver", State.GOOD if age_s < OLD_FIX_S else State.WARN, said)


def _unknown(utc_ns: int) -> None:  # noqa: ARG001  (nothing says when that was)
    return None
