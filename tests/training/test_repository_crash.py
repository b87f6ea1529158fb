"""A command killed before any of its writes leaves the old repository or the new one, and the next run goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from models.wholefile import PART
from tests.training.signed_world import NOW, OPEN, Got, Vehicle, World, challenge, make_world, publish_run, served
from training.compare.report import Run
from training.errors import TrainingError
from training.files import Disk
from training.promotion.gates import Ruling
from training.promotion.promote import publish
from training.repository.cli import SETTINGS
from training.repository.repository import make_repository
from training.repository.settings import RoleName

Change = Callable[[World, Disk], object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def third(made: World) -> Run:
    return challenge(made.home, "3")


class Steps:
    """Remembers the steps of a disk; with `die_at`, the process is killed before the step of that number."""

    def __init__(self, die_at: int | None = None) -> None:
        self.names: list[str] = []
        self._die_at = die_at

    def __call__(self, name: str) -> None:
        if len(self.names) == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.names.append(name)


def killed_at(step: int, change: Callable[[Disk], object]) -> None:
    """Run the change in a process of its own that is killed before its step of this number."""
    child = os.fork()
    if child == 0:
        change(Disk(Steps(step)))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"it ended by itself before step {step}"
    assert os.WTERMSIG(status) == signal.SIGKILL


def updated(world: World, home: Path) -> Got:
    with served(world.folder) as address:
        return Vehicle(home, world.before / "metadata" / "1.root.json").update(address)


def test_promotion_killed_at_every_write(made: World, third: Run, tmp_path: Path) -> None:
    whole = made.copy(tmp_path / "whole")
    steps = Steps()
    publish_run(whole, third, NOW, Disk(steps))
    assert len([name for name in steps.names if name.startswith("rename")]) == 6
    assert steps.names[-2] == "rename timestamp.json"

    seen = []
    for step in range(len(steps.names)):
        world = made.copy(tmp_path / f"killed_{step}")
        killed_at(step, lambda disk, at=world: publish_run(at, third, NOW, disk))
        seen.append(updated(world, tmp_path / f"vehicle_{step}").channel.current.version)
        again = publish_run(world, third, NOW)
        assert again.channel.previous is not None
        assert (again.channel.current.version, again.channel.previous.version) == ("3", "2")
        assert updated(world, tmp_path / f"vehicle_{step}").channel.current.version == "3"
        assert not list(world.folder.rglob(f".*{PART}"))
    assert seen == ["2"] * (len(seen) - 1) + ["3"]


@pytest.mark.parametrize("role", [RoleName.ROOT, RoleName.TARGETS, RoleName.TIMESTAMP])
def test_a_key_change_killed_at_every_write(made: World, tmp_path: Path, role: RoleName) -> None:
    def rotate(at: World, disk: Disk) -> None:
        repository = at.repository(disk)
        repository.rotate(role, repository.state().key_ids(role)[0], at.keys, NOW)

    steps = Steps()
    rotate(made.copy(tmp_path / "whole"), Disk(steps))
    for step in range(len(steps.names)):
        world = made.copy(tmp_path / f"killed_{step}")
        killed_at(step, lambda disk, at=world: rotate(at, disk))
        assert updated(world, tmp_path / f"vehicle_{step}").channel.current.version == "2"
        rotate(world, Disk())
        assert updated(world, tmp_path / f"vehicle_{step}").channel.current.version == "2"


@pytest.mark.parametrize("role", [RoleName.TARGETS, RoleName.TIMESTAMP])
def test_a_lost_key_whose_replacement_is_killed_at_every_write(made: World, tmp_path: Path, role: RoleName) -> None:
    """Clients may refuse it in between, since nobody can sign for both roots; doing it again mends it."""

    def replace(at: World, disk: Disk) -> None:
        at.repository(disk).replace_lost(role, at.keys, NOW)

    def bereft(home: Path) -> World:
        world = made.copy(home)
        (world.home / "keys" / f"{role}-1.pem").unlink()
        return world

    steps = Steps()
    replace(bereft(tmp_path / "whole"), Disk(steps))
    for step in range(len(steps.names)):
        world = bereft(tmp_path / f"killed_{step}")
        killed_at(step, lambda disk, at=world: replace(at, disk))
        replace(world, Disk())
        assert updated(world, tmp_path / f"vehicle_{step}").channel.current.version == "2"


def test_a_repository_killed_in_the_making_is_not_there_and_is_made_anew(made: World, tmp_path: Path) -> None:
    def make(home: Path, disk: Disk) -> None:
        make_repository(home / "repository", SETTINGS, made.keys, NOW, disk)

    steps = Steps()
    (tmp_path / "whole").mkdir()
    make(tmp_path / "whole", Disk(steps))
    for step in range(len(steps.names)):
        home = tmp_path / f"killed_{step}"
        home.mkdir()
        killed_at(step, lambda disk, at=home: make(at, disk))
        there = (home / "repository").exists()
        assert there == (step == len(steps.names) - 1)
        if not there:
            make(home, Disk())
        assert (home / "repository" / "metadata" / "timestamp.json").is_file()


def test_two_commands_do_not_write_at_once(made: World, tmp_path: Path) -> None:
    world = made.copy(tmp_path / "city")
    with (
        world.repository().changing(),
        pytest.raises(TrainingError, match="another command is writing"),
        world.repository().changing(),
    ):
        pass


def test_a_champion_that_changed_while_another_was_measured_is_not_replaced(
    made: World, third: Run, tmp_path: Path
) -> None:
    world = made.copy(tmp_path / "city")
    with pytest.raises(TrainingError, match="another champion than when it was measured"):
        publish(world.repository(), world.keys, third, OPEN, "stable", 1, NOW)
    assert updated(world, tmp_path / "vehicle").channel.current.version == "2"


def test_a_closed_gate_publishes_nothing(made: World, third: Run, tmp_path: Path) -> None:
    world = made.copy(tmp_path / "city")
    closed = (*OPEN, Ruling("latency", 1.2, 1.1, False, "slower"))
    for rulings in (closed, ()):
        with pytest.raises(TrainingError, match="not promoted"):
            publish(world.repository(), world.keys, third, rulings, "stable", 2, NOW)


def test_a_channel_that_somebody_changed_on_the_server_is_not_built_upon(
    made: World, third: Run, tmp_path: Path
) -> None:
    world = made.copy(tmp_path / "city")
    path = world.target("channels/tiny/stable.json")
    path.write_bytes(path.read_bytes().replace(b'"serial": 2', b'"serial": 7'))
    with pytest.raises(TrainingError, match="not the file that was signed"):
        publish_run(world, third, NOW)
