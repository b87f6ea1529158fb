"""A city's own set-up: several processes on PostgreSQL, pictures in an S3 store, vehicles that deliver at once."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL
from typer.testing import CliRunner

from edge.outbox.parcels import Item, ItemKind
from edge.upload.answers import Accepted, Unreachable
from edge.upload.transport import HttpTransport
from server.cli import app
from server.pictures.s3 import S3Objects
from server.setup.file import read_setup
from server.setup.founding import found
from tests.contract.test_object_store import written
from tests.contract.test_server_process import Process, enrolled, signed_in
from tests.contract.test_workers import workers_of
from tests.server.cluster import cluster, tools
from tests.server.replay.test_replay import replayed
from tests.server.setupfile import write_setup
from tests.server.town import Clock, open_town, picture
from tests.waiting import PATIENCE_S
from tests.weed import STEWARD_KEYS, Weed

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("keys")]
CARS = 4
PICTURES = 6


@pytest.fixture
def database() -> Iterator[URL]:
    at = tools()
    if isinstance(at, str):
        pytest.skip(at)
    with cluster(at) as running:
        yield running.address(running.create())


class Car:
    """A vehicle that delivers one traverse and its pictures, each until it is acknowledged."""

    def __init__(self, url: str, device_id: str, device: httpx.Client, body: dict[str, object], seeds: range) -> None:
        self.waiting = [picture(seed) for seed in seeds]
        self._url, self._device_id, self._body = url, device_id, body
        self._headers = {"Authorization": device.headers["Authorization"]}

    def deliver(self, one_is_there: threading.Event) -> None:
        path = f"{self._url}/api/traverses/{self._body['id']}"
        with httpx.Client(timeout=PATIENCE_S) as client:
            while True:
                try:
                    assert client.put(path, json=self._body, headers=self._headers).status_code in (200, 201)
                    break
                except httpx.TransportError:
                    continue
            token = self._headers["Authorization"].removeprefix("Bearer ")
            transport = HttpTransport(client, self._url, self._device_id, token)
            for content in self.waiting:
                item = Item(hashlib.sha256(content).hexdigest(), ItemKind.EVIDENCE, content, "image/jpeg", 0)
                while not isinstance(answer := transport.send(item), Accepted):
                    assert isinstance(answer, Unreachable), answer
                one_is_there.set()


def deliver_all(cars: Sequence[Car], process: Process) -> None:
    """All at the same time, while one of the processes that answer is killed."""
    one_is_there = threading.Event()
    with ThreadPoolExecutor(len(cars)) as pool:
        work = [pool.submit(car.deliver, one_is_there) for car in cars]
        assert one_is_there.wait(PATIENCE_S)
        os.kill(max(workers_of(process.child.pid)), signal.SIGKILL)
        for done in work:
            done.result(PATIENCE_S)


def test_a_city_loses_and_doubles_nothing_when_one_of_its_processes_is_killed(
    database: URL, root: Path, tmp_path: Path, weed: Weed
) -> None:
    bucket, home = weed.new_bucket(), tmp_path / "home"
    found(home, read_setup(write_setup(tmp_path / "setup")), 0, time.time_ns(), written(bucket), database)
    process = Process(home, root, "--workers", "2")
    town = open_town(home, Clock(time.time_ns()), objects=S3Objects(bucket, STEWARD_KEYS))
    cars = []
    for number in range(CARS):
        device_id, device = enrolled(process.url)
        seeds = range(number * PICTURES, (number + 1) * PICTURES)
        seen = [town.seen("litter", east_m=10.0 * number, pictures=tuple(picture(seed) for seed in seeds))]
        cars.append(Car(process.url, device_id, device, town.traverse(device_id, *seen), seeds))
    deliver_all(cars, process)
    names = {hashlib.sha256(content).hexdigest() for car in cars for content in car.waiting}
    assert sorted(one.name for one in S3Objects(bucket, STEWARD_KEYS).kept()) == sorted(names)
    with signed_in(process.url, "supervisor") as desk:
        figures = desk.get("/api/figures").json()
        assert all(law["holds"] for law in figures["laws"])
        assert (figures["traverses"], figures["pictures_declared"]) == (CARS, len(names))
    town.context.store.close()
    assert process.end() == 0
    checked = CliRunner().invoke(app, ["check", "--read", "--home", str(home), "--json"])
    assert checked.exit_code == 0, checked.output
    assert json.loads(checked.output)
    assert replayed(town)["identical"]
