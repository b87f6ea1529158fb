"""`steward edge run`: inspects its sources into the outbox and uploads what is there, at the same time.

What is recorded survives a kill at any moment: a traverse, its pictures and how far its source has come are one commit.
A source that was interrupted is taken up where its last recorded traverse ended.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from edge.assemble import Assembled, assemble
from edge.care.monitor import Monitor, monitored
from edge.care.vitals import Stage
from edge.config import EdgeConfig, SourceTable
from edge.errors import ConfigError, EdgeError, OutboxError
from edge.files import held
from edge.jobs import job_of
from edge.live import Live, Shared
from edge.outbox.counts import OutboxCounts
from edge.outbox.janitor import swept
from edge.outbox.outbox import OUTBOX_FILE, Outbox, PassState, Progress
from edge.proof.devicekey import device_key
from edge.reading import NOT_INSTALLED
from edge.recorder import Recorder
from edge.renewal.model_updates import ModelUpdates, open_at_start, survived_start
from edge.renewal.running_models import Relay, RunningModels
from edge.renewal.shadow import Shadow
from edge.renewal.steering import Steering, steered
from edge.say import Say
from edge.upload.enrol import ServerAway
from edge.upload.sender import Door, Sender
from models.errors import ModelError
from pipeline.events import Finished, Resume
from pipeline.inspect import inspect

WARM_UP_NS: Final = 30_000_000_000
LOOK_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. failed: sources that could not be inspected to their end, and why."""

    counts: OutboxCounts
    failed: tuple[str, ...]


@dataclass(slots=True)
class Worker:
    """One run; set `stop`, from a signal for instance, to end it after the current frame."""

    config: EdgeConfig
    say: Say
    stop: threading.Event = field(default_factory=threading.Event)
    failed: list[str] = field(default_factory=list)
    _monitor: Monitor = field(init=False)
    _recorder: Recorder = field(init=False)
    _sender: Sender | None = field(init=False, default=None)

    def run(self) -> Ended:
        """Until stopped, or until all is inspected and sent where the configuration says so. Raises EdgeError."""
        with only_one(self.config.device.state_dir):
            own, self.config = self.config, steered(self.config, self.say)
            with monitored(self.config, self.stop, self.say) as self._monitor:
                return self._run(own)

    def _run(self, own: EdgeConfig) -> Ended:
        """The same, by the configuration as it is steered from afar; own: as its file has it."""
        self._recorder = Recorder(self.say, device_key(self.config.device.state_dir))
        survived_start(self.config, self.say)
        running = self._running(own)
        shadow = self._shadow(running)
        if running.now.reader is None:
            self.say(NOT_INSTALLED)
        path = self.config.device.state_dir / OUTBOX_FILE
        with closing(Outbox.open(path)) as outbox:
            self._work(outbox, path, running)
            if shadow is not None:
                shadow.close()
            return Ended(outbox.counts(), tuple(self.failed))

    def _work(self, outbox: Outbox, path: Path, running: RunningModels) -> None:
        """Inspect, watch and send at the same time; every thread has ended when this returns, or raises EdgeError."""
        sender = self._sender = self._started_sender(path)
        wake = sender.wake if sender is not None else _nobody
        live = Live(Shared(self.config, running, path, self.stop, self.say, wake, self._monitor, self._recorder))
        try:
            with swept(path, self.config.disk.keep_free_mb << 20, self.say):
                live.start()
                self._inspect_all(outbox, running)
                live.watch(sender)
                self._wait(outbox)
        finally:
            self.stop.set()
            self.failed += live.join()
            if sender is not None:
                sender.wake()
                sender.join()
        for error in (live.error, None if sender is None else sender.error):
            if error is not None:
                raise error

    def _running(self, own: EdgeConfig) -> RunningModels:
        """The models that run, and beside them who brings others, or other settings, where that is configured."""
        running = RunningModels(
            open_at_start(self.config, self.say), self._monitor.vitals, max(1, len(self.config.live))
        )
        if own.updates is not None and own.updates.every_s is not None:
            ModelUpdates(own, own.updates, running, self._monitor.vitals, self.stop, self.say).start()
            if own.updates.steered:
                Steering(own, own.updates, self._monitor, self.stop, self.say).start()
        return running

    def _shadow(self, running: RunningModels) -> Shadow | None:
        """A challenger that looks along, where one is configured; without it the work is the same."""
        asked = self.config.shadow
        if asked is None:
            return None
        labels, vitals = running.now.street.card.labels, self._monitor.vitals
        try:
            shadow = Shadow(asked, labels, self.config.device.state_dir, vitals, self.say)
        except ModelError as error:
            self.say(f"shadow: {error}")
            return None
        running.tap = shadow.look
        return shadow

    def _started_sender(self, outbox_path: Path) -> Sender | None:
        """The uploading thread. A code that the server refuses ends the run here; a server that is away does not."""
        server = self.config.server
        if server is None:
            self.say("no [server] in the configuration: observations stay in the outbox")
            return None
        door, credentials = Door.of(server, self.config.device, self.config.upload.limits()), None
        try:
            credentials = door.credentials()
        except ServerAway as error:
            self.say(f"{error} Inspecting goes on; what is found waits in the outbox.")
        sender = Sender(door, credentials, outbox_path, self.stop, self.say, self._monitor.vitals)
        sender.start()
        return sender

    def _inspect_all(self, outbox: Outbox, running: RunningModels) -> None:
        for one in self.config.source:
            if self._halted:
                return
            try:
                self._inspect(outbox, one, running)
            except OutboxError:
                raise
            except EdgeError as error:
                self.failed.append(str(error))
                self._monitor.vitals.failed()
                self.say(str(error))

    def _inspect(self, outbox: Outbox, one: SourceTable, running: RunningModels) -> None:
        models = running.now
        assembled = assemble(job_of(self.config, one), models)
        tools = self._monitor.equipped(running.equipped(assembled.tools, models))
        assembled, relay = replace(assembled, tools=tools), running.relay(tools, models)
        name, source = assembled.fingerprint, assembled.source
        self._monitor.vitals.enter(Stage.INSPECTING, source.name)
        so_far = outbox.progress(name) or Progress(0, 0)
        if so_far.state is PassState.ENDED:
            self.say(f"{source.name}: was inspected before")
            return
        for note in assembled.notes:
            self.say(f"{source.name}: {note}")
        if so_far.traverses:
            self.say(f"{source.name}: taken up after {so_far.traverses} traverses, at {so_far.done_ns / 1e9:.0f} s")
        try:
            so_far = self._tell(outbox, assembled, relay, so_far)
        except OutboxError:
            raise
        except EdgeError as error:
            at = outbox.progress(name) or so_far
            outbox.record(name, Progress(at.traverses, at.done_ns, PassState.FAILED, str(error)))
            raise
        if not self._halted:
            outbox.record(name, Progress(so_far.traverses, so_far.done_ns, PassState.ENDED))

    @property
    def _halted(self) -> bool:
        """Told to stop, or what is found can no longer be sent."""
        return self.stop.is_set() or (self._sender is not None and self._sender.error is not None)

    def _tell(self, outbox: Outbox, assembled: Assembled, relay: Relay, so_far: Progress) -> Progress:
        """Inspect on from where it was; every traverse is recorded before the next begins."""
        shots = assembled.source.shots(max(0, so_far.done_ns - WARM_UP_NS))
        resume = Resume(so_far.traverses, so_far.done_ns)
        for told in inspect(shots, assembled.tools, assembled.plan, resume, relay):
            self._monitor.told(told)
            self._monitor.before_the_next(assembled.tools, assembled.source.name)
            if self._halted:
                return so_far
            if isinstance(told, Finished):
                so_far = Progress(told.number + 1, told.done_ns)
                self._recorder.record(outbox, assembled, told, so_far)
                if self._sender is not None:
                    self._sender.wake()
        return so_far

    def _wait(self, outbox: Outbox) -> None:
        """Sources have ended: stay while there is something to send, or until stopped where that is wanted."""
        self._monitor.vitals.enter(Stage.WAITING)
        while self._sender is not None and self._sender.is_alive() and not self.stop.is_set():
            self._monitor.turn()
            if self.config.device.until_empty and not outbox.holds_any():
                return
            self.stop.wait(LOOK_S)


def _nobody() -> None:
    """There is no uploading thread to wake."""


def only_one(state_dir: Path) -> AbstractContextManager[None]:
    """Holds a state folder for one worker; the system lets go of it however that worker ends."""
    return held(
        state_dir / "worker.lock",
        0o600,
        ConfigError(f"{state_dir}: another `steward edge run` is using this state_dir"),
    )
