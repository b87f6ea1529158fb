"""What looks after a running worker: its vitals, sign of life and window, in one place that the worker tells."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from edge.care.health import Health, Part, as_json, judge
from edge.care.healthserver import HealthServer
from edge.care.heartbeat import Heart
from edge.care.live_view import LivePicture, LiveView
from edge.care.metrics import exposition
from edge.care.shedding import Shedding, limits_of
from edge.care.supervised import read_supervised
from edge.care.thermal import Band
from edge.care.vitals import Stage, Vitals
from edge.config import EdgeConfig, HealthTable, SamplingTable
from edge.errors import ConfigError, EdgeError
from edge.outbox.counts import OutboxCounts
from edge.outbox.outbox import OUTBOX_FILE, Outbox
from edge.say import Say
from pipeline.events import Finished, Looked
from pipeline.tools import Tools

LONGEST_TOKEN: Final = 1024
COUNTED_S: Final = 2.0
"""For how long the outbox's counts are told again without looking."""


class Monitor:
    """The worker tells what it does; whoever asks from outside is answered from here."""

    def __init__(
        self, vitals: Vitals, heart: Heart, stop: threading.Event, live_view: LiveView | None, shedding: Shedding | None
    ) -> None:
        self.vitals = vitals
        self._heart = heart
        self._stop = stop
        self._live_view = live_view
        self._shedding = shedding
        self.more: Callable[[], tuple[Part, ...]] = tuple
        """Further parts of the worker's health, each time it is asked for."""
        self.asleep: Callable[[], bool] = lambda: False
        """Whether a thread that should have come round has not: then there is no sign of life, whatever others do."""
        self._sampling: SamplingTable | None = None

    def steer(self, config: EdgeConfig) -> None:
        """What can change while it works holds from each pass's next frame on."""
        self._sampling = config.sampling
        if self._shedding is not None and config.thermal is not None:
            self._shedding.limits = limits_of(config.thermal)

    def equipped(self, tools: Tools) -> Tools:
        """The tools of a pass, with the live view's wish among them."""
        return tools if self._live_view is None else replace(tools, watched=self._live_view.wanted)

    def before_the_next(self, tools: Tools, source: str, turn: Callable[[], None] | None = None) -> None:
        """Between two frames: look as densely as is wanted and it is cool enough for, and wait while it is critical.

        turn: told now and then while waiting, instead of `turn` here.
        """
        if self._sampling is not None:
            tools.sampler.distance_m, tools.sampler.closer_m = self._sampling.distance_m, self._sampling.closer_m
        if self._shedding is None:
            return
        if self._shedding.band() is Band.CRITICAL:
            self.vitals.enter(Stage.COOLING, source)
            self._shedding.wait(self._stop, turn or self.turn)
            self.vitals.enter(Stage.INSPECTING, source)
        self._shedding.apply(tools.sampler)

    def told(self, told: Looked | Finished) -> None:
        """One step of the story."""
        if isinstance(told, Finished):
            self.vitals.finished(told)
        else:
            self.vitals.looked(told)
            if told.picture is not None and self._live_view is not None:
                self._live_view.keep(told.picture)
        self._beat()

    def turn(self) -> None:
        """The main loop came round without a frame."""
        self.vitals.turn()
        self._beat()

    def _beat(self) -> None:
        if not self.asleep():
            self._heart.beat()


@contextmanager
def monitored(config: EdgeConfig, stop: threading.Event, say: Say) -> Iterator[Monitor]:
    """Care for one run of the worker; the health server answers inside the block, where it is configured."""
    live_view = LiveView() if config.health is not None and config.health.live else None
    vitals = Vitals()
    shedding = None if config.thermal is None else Shedding(config.thermal, vitals, say)
    monitor = Monitor(vitals, Heart.of_environment(os.environ, stop.set), stop, live_view, shedding)
    with ExitStack() as open_here:
        if config.health is not None:
            window = _Window(monitor, config.device.state_dir, live_view)
            try:
                open_here.enter_context(health_server(config.health, window))
                say(f"health: http://{config.health.listen}/healthz")
            except OSError as error:
                say(f"health: {config.health.listen} cannot be listened on ({error.strerror}); working on without it")
        yield monitor
        monitor.vitals.enter(Stage.ENDING)


def health_server(asked: HealthTable, pages: Any) -> HealthServer:
    """The server that a configuration asks for; raises ConfigError without its token file, OSError without its port."""
    return HealthServer(asked.host, asked.port, pages, live_token(asked))


def live_token(asked: HealthTable) -> str | None:
    """Who knows it may look from elsewhere; None: nobody may. Raises ConfigError where its file does not hold it."""
    if asked.live_token_file is None:
        return None
    try:
        with asked.live_token_file.open("rb") as stream:
            token = stream.readline(LONGEST_TOKEN).decode("ascii").strip()
    except OSError as error:
        raise ConfigError(f"{asked.live_token_file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{asked.live_token_file}: a token is a line of ASCII letters and digits") from error
    if len(token) < 16:
        raise ConfigError(f"{asked.live_token_file}: a token has at least 16 characters")
    return token


@dataclass(slots=True)
class _Window:
    """The pages of a running worker."""

    monitor: Monitor
    state_dir: Path
    live_view: LiveView | None
    _counts: OutboxCounts | None = None
    _counted_s: float = float("-inf")

    def healthz(self) -> tuple[bool, dict[str, Any]]:
        health = self._health()
        return health.good, as_json(health)

    def metrics(self) -> bytes | None:
        return exposition(self._health())

    def view(self) -> LivePicture | None:
        return None if self.live_view is None else self.live_view.look()

    def _health(self) -> Health:
        pulse, supervised = self.monitor.vitals.pulse(), read_supervised(self.state_dir)
        return judge(pulse, self._count(), self._free(), supervised, self.monitor.more())

    def _count(self) -> OutboxCounts | None:
        now_s = time.monotonic()
        if now_s - self._counted_s >= COUNTED_S:
            try:
                outbox = Outbox.open(self.state_dir / OUTBOX_FILE)
                try:
                    self._counts = outbox.counts()
                finally:
                    outbox.close()
            except EdgeError:
                self._counts = None
            self._counted_s = now_s
        return self._counts

    def _free(self) -> int | None:
        try:
            return shutil.disk_usage(self.state_dir).free
        except OSError:
            return None
