"""The threads of live cameras: what ends one unforeseen ends the run, and is not taken for a camera that is through."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.care.heartbeat import Heart
from edge.care.monitor import Monitor
from edge.care.vitals import Vitals
from edge.config import DeviceTable, EdgeConfig, LiveTable
from edge.live import Live, Shared
from edge.recorder import Recorder
from edge.renewal.running_models import RunningModels
from edge.sources.address import Address
from edge.sources.line import Line
from tests.ports import free_port
from tests.waiting import PATIENCE_S


def test_a_mistake_in_a_cameras_thread_ends_the_run(tmp_path: Path) -> None:
    stop, said = threading.Event(), list[str]()
    camera = LiveTable(name="left", address=Address.parse(f"rtsp://127.0.0.1:{free_port()}/none"))
    config = EdgeConfig(device=DeviceTable(name="car-07", state_dir=tmp_path), live=(camera,))
    monitor = Monitor(Vitals(), Heart(None, stop.set), stop, None, None)
    recorder = Recorder(said.append, Ed25519PrivateKey.generate())
    no_models = cast(RunningModels, object())
    live = Live(
        Shared(config, no_models, tmp_path / "outbox.sqlite3", stop, said.append, lambda: None, monitor, recorder)
    )
    (watch,) = live._watches
    watch.camera.lines.put(Line("left", 320, 240, 25.0, time.monotonic_ns()))
    live.start()
    watch.join(PATIENCE_S)
    assert isinstance(live.error, AttributeError)
    live.watch(None)
    stop.set()
    assert live.join() == []
