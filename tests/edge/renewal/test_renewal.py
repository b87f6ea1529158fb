"""New models come in between two frames and go again when they do badly, with real models and a real repository."""

from __future__ import annotations

import math
import random
import shutil
import threading
from pathlib import Path

import pytest

from edge.assemble import Job, assemble
from edge.care.vitals import Vitals
from edge.config import DeviceTable, EdgeConfig, ModelTable, SourceTable, UpdateTable
from edge.detectors import Models, open_models
from edge.errors import EdgeError
from edge.renewal.model_updates import LOOK_S, ModelUpdates, open_at_start, survived_start
from edge.renewal.outcomes import Taken, UpToDate
from edge.renewal.probation import MOST_STARTS, WELL_S, Why, read_probation
from edge.renewal.running_models import SLOW_BY, TIMED, RunningModels
from edge.renewal.slots import refused_cards, update
from models.card import read_card
from models.errors import ModelError
from models.store import SHIPPED
from pipeline.events import Finished, Looked
from pipeline.inspect import inspect
from tests.edge.footage import write_gpx, write_video
from tests.edge.modelshop import Shop, write_street
from tests.training.signed_world import served


@pytest.fixture(scope="module")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drive")
    write_video(folder / "drive.mp4", 48, again_after=16)
    write_gpx(folder / "drive.gpx", 8)
    return folder


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stores")
    write_street(folder / "old", "1")
    write_street(folder / "new", "2", box_px=60)
    write_street(folder / "broken", "3", box_px=math.inf)
    return folder


class Pass:
    """One drive told with a stand; `at` does something before a frame."""

    def __init__(self, drive: Path, running: RunningModels) -> None:
        models = running.now
        assembled = assemble(Job(drive / "drive.mp4", distance_m=0.0), models)
        tools = running.equipped(assembled.tools, models)
        self.models, self.digest, self.frames = running, models.street.digest, 0
        self.story = inspect(
            assembled.source.shots(), tools, assembled.plan, relay=self._asked(running.relay(tools, models))
        )
        self.steps: dict[int, Models] = {}

    def _asked(self, relay):  # type: ignore[no-untyped-def]
        def ask():  # type: ignore[no-untyped-def]
            if self.frames in self.steps:
                self.models.replace(self.steps[self.frames], on_probation=True)
            self.frames += 1
            return relay()

        return ask

    def tell(self) -> tuple[list[int], list[tuple[int, set[str]]]]:
        """The frames' indices; and of each traverse its frames and the digests of its observations."""
        frames, traverses = [], []
        for told in self.story:
            if isinstance(told, Looked):
                frames.append(told.index)
            if isinstance(told, Finished):
                seen = told.traverse
                traverses.append((seen.frames.seen, {one.model_digest for one in seen.observations}))
        return frames, traverses


def test_new_models_take_over_between_two_frames_and_each_observation_names_its_own(drive: Path, stores: Path) -> None:
    old, new = open_models(stores / "old"), open_models(stores / "new")
    vitals = Vitals()
    told = Pass(drive, RunningModels(old, vitals))
    told.steps[20] = new
    frames, traverses = told.tell()
    assert frames == list(range(48))
    assert traverses == [(20, {old.street.digest}), (28, {new.street.digest})]
    assert vitals.pulse().models["street"] == new.street.digest


def test_models_that_fail_in_a_frame_are_turned_back_and_no_frame_is_lost(drive: Path, stores: Path) -> None:
    old, broken = open_models(stores / "old"), open_models(stores / "broken")
    running = RunningModels(old, Vitals())
    back: list[tuple[Why, str]] = []
    running.turned_back = lambda why, said: back.append((why, said))
    told = Pass(drive, running)
    told.steps[20] = broken
    frames, traverses = told.tell()
    assert frames == list(range(48))
    assert [why for why, _ in back] == [Why.FAILED]
    assert "not finite" in back[0][1]
    assert running.now is old
    assert sum(seen for seen, _ in traverses) == 48
    assert traverses[0] == (20, {old.street.digest})
    assert traverses[-1][1] == {old.street.digest}


def test_models_that_fail_off_probation_end_the_pass_as_before(drive: Path, stores: Path) -> None:
    with pytest.raises(ModelError, match="not finite"):
        Pass(drive, RunningModels(open_models(stores / "broken"), Vitals())).tell()


def test_models_that_are_several_times_slower_are_turned_back(drive: Path, stores: Path) -> None:
    old, new = open_models(stores / "old"), open_models(stores / "new")
    now, each = [0.0], {"s": 0.01}

    def clock() -> float:
        now[0] += each["s"]
        return now[0]

    running = RunningModels(old, Vitals(), clock=clock)
    back: list[Why] = []
    running.turned_back = lambda why, said: back.append(why)
    Pass(drive, running).tell()
    running.replace(new, on_probation=True)
    each["s"] *= SLOW_BY + 1
    Pass(drive, running).tell()
    assert TIMED < 48
    assert back == [Why.SLOW]
    assert running.now is old


class Car:
    """A vehicle with a repository to ask, its clock and what it said."""

    def __init__(self, shop: Shop, address: str, home: Path) -> None:
        self.updates = UpdateTable(
            url=address, root=shop.root, folder=home / "models", models=("street", "privacy"), every_s=3600
        )
        self.config = EdgeConfig(
            device=DeviceTable(name="car", state_dir=home / "state"), updates=self.updates,
            model=ModelTable(folder=home / "models" / "current"), source=(SourceTable(path=home / "drive.mp4"),),
        )  # fmt: skip
        self.now: list[float] = [0.0]
        self.said: list[str] = []
        self.vitals = Vitals(lambda: self.now[0])
        self.start()

    def start(self) -> None:
        """The worker starts."""
        survived_start(self.config, self.said.append)
        self.running = RunningModels(open_at_start(self.config, self.said.append), self.vitals)
        self.renewal = ModelUpdates(
            self.config, self.updates, self.running, self.vitals, threading.Event(), self.said.append,
            random.Random(1), lambda: self.now[0],
        )  # fmt: skip

    def after(self, seconds: float) -> None:
        self.now[0] += seconds
        self.vitals.turn()
        self.renewal.step()

    @property
    def runs(self) -> str:
        return self.running.now.street.card.version

    @property
    def privacy(self) -> str:
        """The version of the privacy model on the disk."""
        current = self.updates.folder / "current"
        return read_card((current if current.exists() else SHIPPED) / "cards" / "privacy.toml").version


def shipped_privacy() -> str:
    return read_card(SHIPPED / "cards" / "privacy.toml").version


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop.make(tmp_path_factory.mktemp("shop"))
    shop.publish("5")
    return shop


def test_a_worker_takes_new_models_itself_and_settles_on_them_when_they_have_worked(
    first: Shop, tmp_path: Path
) -> None:
    with served(first.repository) as address:
        car = Car(first, address, tmp_path)
        shipped = car.runs
        car.after(LOOK_S)
        assert car.runs == shipped
        car.after(3600)
        assert car.runs == "5"
        assert read_probation(car.updates.folder / "current") is not None
        for _ in range(200):
            car.vitals._analysed += 1
            car.after(WELL_S / 100)
    assert read_probation(car.updates.folder / "current") is None
    assert "models: street 5 passed the probation" in car.said
    assert car.running.back(car.running.now, Why.SLOW, "") is None


def test_a_worker_that_keeps_ending_with_new_models_goes_back_and_does_not_take_them_again(
    first: Shop, tmp_path: Path
) -> None:
    with served(first.repository) as address:
        car = Car(first, address, tmp_path)
        shipped = car.runs
        car.after(3600)
        for _ in range(MOST_STARTS - 1):
            car.start()
            assert car.runs == "5"
        car.start()
        assert car.runs == shipped
        assert any("turned back (crashed)" in line for line in car.said)
        assert len(refused_cards(car.updates.folder)) == 1
        car.after(3600)
        assert car.runs == shipped
    assert any("did_badly" in line for line in car.said)


def test_what_was_turned_back_stays_so_until_another_version_comes(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path / "shop")
    shop.publish("5")
    with served(shop.repository) as address:
        car = Car(shop, address, tmp_path / "car")
        car.after(3600)
        car.running.back(car.running.now, Why.FAILED, "it gave numbers that are not finite")
        assert car.vitals.pulse().turned_back == {"failed": 1}
        assert not (car.updates.folder / "current").exists()
        shop.publish("6", box_px=60)
        car.after(7200)
        assert car.runs == "6"


def proven(car: Car) -> None:
    """What is on probation works long enough."""
    for _ in range(200):
        car.vitals._analysed += 1
        car.after(WELL_S / 100)


def test_models_come_one_at_a_time_each_with_its_own_probation(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path / "shop")
    shop.publish("5")
    shop.publish_privacy("7")
    with served(shop.repository) as address:
        car = Car(shop, address, tmp_path / "car")
        car.after(3600)
        assert (car.runs, car.privacy) == ("5", shipped_privacy())
        proven(car)
        assert (car.runs, car.privacy) == ("5", "7")


def test_one_model_that_did_badly_or_is_refused_holds_up_no_other(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path / "shop")
    shop.publish("5")
    with served(shop.repository) as address:
        car = Car(shop, address, tmp_path / "car")
        shipped = car.runs
        car.after(3600)
        car.running.back(car.running.now, Why.FAILED, "it gave numbers that are not finite")
        shop.publish_privacy("7")
        car.after(7200)
        assert (car.runs, car.privacy) == (shipped, "7")
        proven(car)
        assert "did_badly" in car.said[-1]
        for cut in (shop.repository / "targets" / "street" / "5").glob("*.onnx"):
            cut.write_bytes(cut.read_bytes()[:100])
        shop.publish_privacy("8")
        car.after(7200)
        assert (car.runs, car.privacy) == (shipped, "8")


@pytest.mark.parametrize("before", ["nothing", "another"])
def test_killed_at_the_switch_new_models_are_on_probation_all_the_same(tmp_path: Path, before: str) -> None:
    shop = Shop.make(tmp_path / "shop")
    with served(shop.repository) as address:
        car = Car(shop, address, tmp_path / "car")
        if before == "another":
            shop.publish("4")
            car.after(3600)
            proven(car)
        shop.publish("5", box_px=60)
        was = car.runs
        assert update(car.updates) == Taken(("street 5",))
        for _ in range(MOST_STARTS - 1):
            car.start()
            assert car.runs == "5"
        car.start()
        assert car.runs == was
        for _ in range(MOST_STARTS + 1):
            car.start()
            assert car.runs == was


@pytest.mark.parametrize("lost", ["weights", "card", "slot"])
def test_models_that_the_disk_lost_are_taken_again_and_those_before_run_until_then(tmp_path: Path, lost: str) -> None:
    shop = Shop.make(tmp_path / "shop")
    shop.publish("5")
    with served(shop.repository) as address:
        car = Car(shop, address, tmp_path / "car")
        shipped = car.runs
        car.after(3600)
        proven(car)
        current = car.updates.folder / "current"
        match lost:
            case "weights":
                (current / "weights" / "street.onnx").write_bytes(b"")
            case "card":
                (current / "cards" / "street.toml").write_text("name = ", "utf-8")
            case "slot":
                shutil.rmtree(current.resolve())
        car.start()
        assert car.runs == shipped
        assert "cannot be opened, so those before them run" in car.said[-1]
        car.after(3600)
        assert car.runs == "5"


def test_what_a_kill_left_of_a_download_goes_with_the_next_look(first: Shop, tmp_path: Path) -> None:
    with served(first.repository) as address:
        car = Car(first, address, tmp_path)
        left = car.updates.folder / "slots" / ".draft-killed"
        left.mkdir(parents=True)
        (left / "street.onnx").write_bytes(b"half of it")
        car.after(3600)
        assert not left.exists()
        assert isinstance(update(car.updates), UpToDate)


def test_where_no_channel_has_a_model_the_vehicle_runs_what_shipped_and_copies_nothing(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path / "shop")
    with served(shop.repository) as address:
        car = Car(shop, address, tmp_path / "car")
        assert update(car.updates) == UpToDate(())
        assert not (car.updates.folder / "current").is_symlink()


def test_a_repository_that_is_away_is_said_once(first: Shop, tmp_path: Path) -> None:
    car = Car(first, "http://127.0.0.1:9", tmp_path)
    for _ in range(3):
        car.after(7200)
    assert car.said == ["models: the model repository cannot be reached; the models stay"]


def test_without_a_root_it_says_which_file_it_wants(first: Shop, tmp_path: Path) -> None:
    car = Car(first, "http://127.0.0.1:9", tmp_path)
    absent = car.updates.model_copy(update={"root": tmp_path / "absent"})
    with pytest.raises(EdgeError):
        update(absent)
    car.renewal._asked = absent
    car.after(7200)
    assert "absent" in car.said[0]


def test_a_disk_that_refuses_is_said_and_the_thread_goes_on(first: Shop, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where a folder should be", "utf-8")
    car = Car(first, "http://127.0.0.1:9", tmp_path)
    car.after(7200)
    assert len(car.said) == 1
    assert "cannot be written" in car.said[0] or "File exists" in car.said[0]
