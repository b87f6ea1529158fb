"""What the sending thread says, and how often."""

from __future__ import annotations

import threading
from pathlib import Path

from edge.allowance import Limits
from edge.config import DeviceTable, ServerTable
from edge.outbox.outbox import Outbox
from edge.upload.enrol import Credentials
from edge.upload.sender import Door, Sender
from tests.chaos.patrol import drive
from tests.edge.loopback import DEVICE, TOKEN, City, serving
from tests.edge.weather import Sky
from tests.waiting import PATIENCE_S


def test_what_a_metered_link_keeps_back_is_said_once_however_many_records_go_over_it(tmp_path: Path) -> None:
    """Every interface is metered here, and records come one after another; each one leaves its pictures behind."""
    came, kept = threading.Semaphore(0), threading.Semaphore(0)
    said: list[str] = []

    def weather() -> Sky:
        came.release()
        return Sky.CLEAR

    def say(line: str) -> None:
        said.append(line)
        kept.release()

    path, stop = tmp_path / "outbox.sqlite3", threading.Event()
    outbox = Outbox.open(path)
    with serving(City(weather=weather)) as url:
        door = Door.of(ServerTable(url=url), DeviceTable(name="car", state_dir=tmp_path), Limits(interfaces=("*",)))
        credentials = Credentials(server=url, device_id=DEVICE, token=TOKEN)
        sender = Sender(door, credentials, path, stop, say)
        sender.start()
        for number in (1, 2):
            drive(outbox, number)
            sender.wake()
            assert came.acquire(timeout=PATIENCE_S)
            assert number > 1 or kept.acquire(timeout=PATIENCE_S)
        stop.set()
        sender.wake()
        sender.join(PATIENCE_S)
    assert sender.error is None
    assert said == ["upload: the link is metered: other pictures wait for another"]
    assert outbox.counts().acknowledged == outbox.counts().made == 6
    assert outbox.counts().pictures_waiting == 8
