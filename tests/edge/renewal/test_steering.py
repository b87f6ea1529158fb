"""A vehicle is set from afar by what is signed for it, whole or not at all, and goes back when it ails with it."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.care.heartbeat import Heart
from edge.care.monitor import Monitor
from edge.care.shedding import Shedding
from edge.care.vitals import Vitals
from edge.config import DeviceTable, EdgeConfig, SourceTable, ThermalTable, UpdateTable
from edge.errors import DiskFull
from edge.renewal.desired import DesiredStore
from edge.renewal.probation import ILL_S, MOST_STARTS, WELL_FRAMES, WELL_S
from edge.renewal.steering import Steering, steered
from models.desired import LARGEST_BYTES, parse_desired
from models.errors import ModelError
from pipeline.sampling import Sampler
from tests.edge.modelshop import Shop
from tests.training.signed_world import NOW, served
from training.errors import TrainingError
from training.repository.config import configure
from training.repository.repository import Addition, Repository

ZONES = json.dumps({
    "type": "FeatureCollection",
    "features": [{
        "type": "Feature", "id": "z1", "properties": {"id": "z1", "kind": "no_parking"},
        "geometry": {"type": "Polygon", "coordinates": [[[120, 30], [120.1, 30], [120.1, 30.1], [120, 30]]]},
    }],
})  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path / "shop")


@pytest.fixture
def address(shop: Shop) -> Iterator[str]:
    with served(shop.repository) as there:
        yield there


class Car:
    """A vehicle, its clock, and what holds in it."""

    def __init__(self, shop: Shop, address: str, home: Path) -> None:
        self.shop, self.home = shop, home
        self.updates = UpdateTable(url=address, root=shop.root, folder=home / "models", every_s=3600, steered=True)
        self.own = EdgeConfig(
            device=DeviceTable(name="car-07", state_dir=home / "state"), updates=self.updates,
            thermal=ThermalTable(sensors=home), source=(SourceTable(path=home / "drive.mp4"),),
        )  # fmt: skip
        self.now: list[float] = [0.0]
        self.said: list[str] = []
        self.vitals = Vitals(lambda: self.now[0])
        self.start()

    def start(self) -> None:
        """The worker starts."""
        self.config = steered(self.own, self.said.append)
        stop = threading.Event()
        assert self.config.thermal is not None
        self.shedding = Shedding(self.config.thermal, self.vitals, self.said.append)
        self.monitor = Monitor(self.vitals, Heart(None, stop.set), stop, None, self.shedding)
        clock, rng = (lambda: self.now[0]), random.Random(1)
        self.steering = Steering(self.own, self.updates, self.monitor, stop, self.said.append, rng, clock)

    def publish(self, text: str, zones: str | None = None) -> None:
        settings, drawn = self.home / "settings.toml", self.home / "zones.geojson"
        settings.parent.mkdir(exist_ok=True)
        settings.write_text(text, "utf-8")
        if zones is not None:
            drawn.write_text(zones, "utf-8")
        configure(
            Repository(self.shop.repository), self.shop.keys, "car-07", settings, None if zones is None else drawn, NOW
        )

    def after(self, seconds: float, frames: int = 0, turns: bool = True) -> None:
        self.now[0] += seconds
        self.vitals._analysed += frames
        if turns:
            self.vitals.turn()
        self.steering.step()

    @property
    def distance_m(self) -> float:
        """How far apart the next frames are."""
        sampler = Sampler(self.config.sampling.distance_m)
        if self.monitor._sampling is not None:
            sampler.distance_m = self.monitor._sampling.distance_m
        return sampler.distance_m


@pytest.fixture
def car(shop: Shop, address: str, tmp_path: Path) -> Car:
    return Car(shop, address, tmp_path / "car")


def test_what_is_signed_for_it_holds_from_the_next_frame_on(car: Car) -> None:
    car.publish("[sampling]\ndistance_m = 3.0\n[thermal]\nwarm_c = 60\nhot_c = 70\ncritical_c = 80\n")
    car.after(7200)
    assert car.distance_m == 3.0
    assert car.shedding.limits.warm_c == 60
    assert car.vitals.pulse().configuration == "1, on probation"
    car.after(WELL_S, WELL_FRAMES)
    assert car.vitals.pulse().configuration == "1"


def test_it_survives_a_restart_and_zones_and_upload_hold_from_then_on(car: Car) -> None:
    car.publish("[upload]\ndaily_mb = 500\n", ZONES)
    car.after(7200)
    car.start()
    assert car.config.upload.daily_mb == 500
    zones = car.config.source[0].zones
    assert zones is not None
    assert json.loads(zones.read_text("utf-8")) == json.loads(ZONES)
    assert car.config.sampling == car.own.sampling


def test_zones_are_kept_while_a_pass_may_open_them_and_go_when_no_way_leads_back(car: Car) -> None:
    for _ in range(3):
        car.publish("", ZONES)
        car.after(7200)
        car.after(WELL_S, WELL_FRAMES)
    folder = car.own.device.state_dir / "desired"
    assert sorted(path.name for path in folder.glob("zones-*")) == [f"zones-{serial}.geojson" for serial in (1, 2, 3)]
    car.start()
    assert sorted(path.name for path in folder.glob("zones-*")) == ["zones-2.geojson", "zones-3.geojson"]


def test_with_a_configuration_that_it_ails_with_it_goes_back_to_the_last_good(car: Car) -> None:
    car.publish("[sampling]\ndistance_m = 3.0\n")
    car.after(7200)
    car.after(WELL_S, WELL_FRAMES)
    car.publish("[sampling]\ndistance_m = 0.0\n")
    car.after(7200)
    assert car.distance_m == 0.0
    car.after(ILL_S, turns=False)
    assert car.distance_m == 3.0
    assert car.vitals.pulse().turned_back == {"unhealthy": 1}
    car.after(7200)
    assert car.distance_m == 3.0
    car.publish("[sampling]\ndistance_m = 2.0\n")
    car.after(7200)
    assert car.distance_m == 2.0


def test_where_the_disk_refuses_to_go_back_it_is_tried_again(car: Car, monkeypatch: pytest.MonkeyPatch) -> None:
    car.publish("[sampling]\ndistance_m = 0.0\n")
    car.after(7200)

    def full(path: Path, _: bytes) -> None:
        raise DiskFull(f"{path}: the disk is full")

    with monkeypatch.context() as here:
        here.setattr("edge.renewal.desired.write_private", full)
        car.after(ILL_S, turns=False)
    assert car.distance_m == 0.0
    assert "the disk is full" in car.said[-1]
    car.after(ILL_S, turns=False)
    assert car.distance_m == car.own.sampling.distance_m
    assert car.vitals.pulse().turned_back == {"unhealthy": 1}


def test_a_worker_that_keeps_ending_with_it_goes_back_to_its_own(car: Car) -> None:
    car.publish("[sampling]\ndistance_m = 0.0\n")
    car.after(7200)
    for _ in range(MOST_STARTS):
        car.start()
    assert car.config == car.own
    assert any("turned back (crashed)" in line for line in car.said)


def test_one_for_another_device_under_this_name_is_refused(car: Car) -> None:
    content = b'device = "car-08"\nserial = 1\n[sampling]\ndistance_m = 9\n'
    Repository(car.shop.repository).publish([Addition("config/car-07.toml", content, {})], car.shop.keys, NOW)
    car.after(7200)
    assert car.vitals.pulse().configuration == "own"
    assert "it is for car-08" in car.said[-1]


WRONG = [
    ("[server]\nurl = 'https://evil.example'\n", "server"),
    ("[sampling]\ndistance_m = -1\n", "distance_m"),
    ("[thermal]\nwarm_c = 60\n", "hot_c"),
    ("[model]\nfolder = '/'\n", "model"),
    ("serial = 9\n", "serial"),
    ("not toml", "cannot be read"),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_what_may_not_be_set_from_afar_is_not_even_signed(car: Car, text: str, says: str) -> None:
    with pytest.raises((TrainingError, ModelError), match=says):
        car.publish(text)


def test_bands_that_do_not_rise_are_not_signed(car: Car) -> None:
    with pytest.raises(TrainingError, match=r"field thermal: .*rise in this order"):
        car.publish("[thermal]\nwarm_c = 90\nhot_c = 80\ncritical_c = 95\n")


def test_broken_zones_are_refused_by_the_vehicle_with_all_that_came_along(car: Car) -> None:
    car.publish("[sampling]\ndistance_m = 9\n", "{}")
    car.after(7200)
    assert car.distance_m == car.own.sampling.distance_m
    assert "zones" in car.said[-1]


def test_a_file_that_is_too_large_or_damaged_is_none(car: Car) -> None:
    with pytest.raises(ModelError, match="at most"):
        parse_desired(b"#" * (LARGEST_BYTES + 1), "config")
    store = DesiredStore.of(car.own)
    store.folder.mkdir(parents=True, exist_ok=True)
    (store.folder / "current.toml").write_bytes(b"\xff")
    assert store.current() is None
    assert store.applied(car.own) == car.own
