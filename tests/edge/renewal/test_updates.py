"""A vehicle takes a model only when it is signed, whole and scores as it should; else it keeps what it has."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.config import UpdateTable
from edge.errors import UpdateError
from edge.renewal import slots
from edge.renewal.outcomes import Kept, NotTaken, Taken, UpToDate
from edge.renewal.slots import update
from models.card import ModelCard, read_card
from models.channel import Release
from models.providers import Precision
from models.store import open_detector
from tests.training.signed_world import NOW, OPEN, World, challenge, make_world, promote, publish_run, served
from tests.training.tiny_shop import write_model, write_twin
from tests.waiting import PATIENCE_S
from training.cardfile import card_text
from training.promotion.promote import promoted_card
from training.repository.repository import Addition, channel_addition, next_channel
from training.repository.settings import RoleName

SYNCS = 7
"""How often an update of one model brings something to the disk."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("city"))


@pytest.fixture
def world(made: World, tmp_path: Path) -> World:
    return made.copy(tmp_path / "city")


@pytest.fixture
def address(world: World) -> Iterator[str]:
    with served(world.folder) as there:
        yield there


@pytest.fixture
def asked(world: World, address: str, tmp_path: Path) -> UpdateTable:
    root = tmp_path / "root.json"
    root.write_bytes((world.before / "metadata" / "1.root.json").read_bytes())
    return UpdateTable(url=address, root=root, folder=tmp_path / "models", models=("tiny",))


def running(asked: UpdateTable, slot: str = "current") -> str:
    return open_detector("tiny", asked.folder / slot, threads=1).card.version


def test_a_new_vehicle_takes_the_champion_and_then_is_up_to_date(asked: UpdateTable) -> None:
    assert update(asked) == Taken(("tiny 2",))
    assert running(asked) == "2"
    assert update(asked) == UpToDate(("tiny 2",))


def test_the_model_before_stays_in_the_previous_slot_and_older_ones_go(
    made: World, world: World, asked: UpdateTable
) -> None:
    assert update(asked) == Taken(("tiny 2",))
    publish_version(made, world, "3")
    assert update(asked) == Taken(("tiny 3",))
    assert (running(asked), running(asked, "previous")) == ("3", "2")
    publish_version(made, world, "4")
    assert update(asked) == Taken(("tiny 4",))
    assert (running(asked), running(asked, "previous")) == ("4", "3")
    assert len(list((asked.folder / "slots").iterdir())) == 2


def test_a_channel_that_goes_back_brings_the_model_back(world: World, asked: UpdateTable) -> None:
    update(asked)
    world.repository().turn_back("tiny", "stable", world.keys, NOW)
    assert update(asked) == Taken(("tiny 1",))
    assert (running(asked), running(asked, "previous")) == ("1", "2")


def test_a_model_without_a_channel_stays_as_it_shipped(asked: UpdateTable) -> None:
    both = asked.model_copy(update={"models": ("tiny", "privacy")})
    assert update(both) == Taken(("tiny 2",))
    assert open_detector("privacy", asked.folder / "current", threads=1).card.name == "privacy"


def test_a_twin_comes_with_its_model(made: World, world: World, asked: UpdateTable) -> None:
    publish_run(world, challenge(made.home, "3", twin=True), NOW)
    assert update(asked) == Taken(("tiny 3",))
    open_detector("tiny", asked.folder / "current", threads=1, precision=Precision.INT8)


def test_a_model_without_a_channel_keeps_its_twin(tmp_path: Path) -> None:
    write_twin(write_model(tmp_path / "shipped", "1"))
    for part in ("cards", "weights"):
        (tmp_path / "draft" / part).mkdir(parents=True)
    slots._copy("tiny", tmp_path / "shipped", tmp_path / "draft")
    open_detector("tiny", tmp_path / "draft", threads=1, precision=Precision.INT8)


def publish_version(made: World, world: World, version: str, card: ModelCard | None = None, **custom: str) -> None:
    """Model `version` in the channel, past all gates; with a card of its own where one is given."""
    run = challenge(made.home, version)
    own = card or promoted_card(run, OPEN, NOW)
    weights = (made.home / version / "weights" / "tiny.onnx").read_bytes()
    files = [
        Addition(f"tiny/{version}/tiny.toml", card_text(own).encode(), custom),
        Addition(f"tiny/{version}/tiny.onnx", weights, custom),
    ]
    if own.int8 is not None and (made.home / version / "weights" / own.int8.weights).is_file():
        twin = (made.home / version / "weights" / own.int8.weights).read_bytes()
        files.append(Addition(f"tiny/{version}/{own.int8.weights}", twin, custom))
    release = Release(
        version=version, card=files[0].path, card_digest=_sha256(files[0].content), weights=files[1].path,
        digest=_sha256(weights),
    )  # fmt: skip
    repository = world.repository()
    stands = repository.channel(repository.state(), "tiny", "stable")
    repository.publish([*files, channel_addition(next_channel(stands, "tiny", "stable", release))], world.keys, NOW)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def reason(outcome: object) -> NotTaken:
    assert isinstance(outcome, Kept), outcome
    assert outcome.why
    return outcome.reason


def damaged_weights(made: World, world: World) -> None:
    publish_version(made, world, "3")
    path = world.target("tiny/3/tiny.onnx")
    path.write_bytes(path.read_bytes()[:-1] + b"\0")


def expired(made: World, world: World) -> None:
    world.repository().renew(RoleName.TIMESTAMP, world.keys, NOW - timedelta(days=30))


def needs_newer_software(made: World, world: World) -> None:
    publish_version(made, world, "3", least_software="99.0.0")


def card_of_other_weights(made: World, world: World) -> None:
    card = promoted_card(challenge(made.home, "3"), OPEN, NOW)
    publish_version(made, world, "3", card.model_copy(update={"digest": "0" * 64}))


def card_of_another_label_set(made: World, world: World) -> None:
    card = promoted_card(challenge(made.home, "3"), OPEN, NOW)
    other = {"labels": ("red", "green", "violet"), "thresholds": dict.fromkeys(("red", "green", "violet"), 0.5)}
    publish_version(made, world, "3", card.model_copy(update=other))


def other_scores_than_in_the_workshop(made: World, world: World) -> None:
    card = promoted_card(challenge(made.home, "3"), OPEN, NOW)
    publish_version(made, world, "3", card.model_copy(update={"golden": {**card.golden, "red": 0.123}}))


def no_golden_scores(made: World, world: World) -> None:
    card = promoted_card(challenge(made.home, "3"), OPEN, NOW)
    publish_version(made, world, "3", card.model_copy(update={"golden": {}}))


def twin_card(made: World, **changed: str) -> ModelCard:
    """The card of model 3 with its twin, of which it says something else."""
    card = promoted_card(challenge(made.home, "3", twin=True), OPEN, NOW)
    assert card.int8 is not None
    return card.model_copy(update={"int8": card.int8.model_copy(update=changed)})


def damaged_twin(made: World, world: World) -> None:
    publish_run(world, challenge(made.home, "3", twin=True), NOW)
    path = world.target("tiny/3/tiny.int8.onnx")
    path.write_bytes(path.read_bytes()[:-1] + b"\0")


def unsigned_twin(made: World, world: World) -> None:
    publish_version(made, world, "3", twin_card(made, weights="absent.onnx"))


def twin_outside_the_folder(made: World, world: World) -> None:
    publish_version(made, world, "3", twin_card(made, weights="../tiny.int8.onnx"))


def card_of_another_twin(made: World, world: World) -> None:
    publish_version(made, world, "3", twin_card(made, digest="0" * 64))


def gone(made: World, world: World) -> None:
    (world.metadata / "timestamp.json").unlink()


REFUSED = [
    # what is wrong                      what the vehicle says
    (gone,                               NotTaken.UNREACHABLE),
    (expired,                            NotTaken.EXPIRED),
    (damaged_weights,                    NotTaken.NOT_SIGNED),
    (needs_newer_software,               NotTaken.NEEDS_NEWER_SOFTWARE),
    (card_of_other_weights,              NotTaken.OTHER_FILE),
    (card_of_another_label_set,          NotTaken.UNUSABLE),
    (other_scores_than_in_the_workshop,  NotTaken.OTHER_SCORES),
    (no_golden_scores,                   NotTaken.OTHER_SCORES),
    (damaged_twin,                       NotTaken.NOT_SIGNED),
    (unsigned_twin,                      NotTaken.NOT_SIGNED),
    (twin_outside_the_folder,            NotTaken.OTHER_FILE),
    (card_of_another_twin,               NotTaken.UNUSABLE),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "says"), REFUSED, ids=[row[0].__name__ for row in REFUSED])
def test_the_vehicle_keeps_what_it_has(made: World, world: World, asked: UpdateTable, wrong, says) -> None:  # type: ignore[no-untyped-def]
    update(asked)
    wrong(made, world)
    assert reason(update(asked)) == says
    assert running(asked) == "2"
    assert len(list((asked.folder / "slots").iterdir())) == 1


def test_every_reason_has_a_line_in_the_docs(root: Path) -> None:
    text = (root / "docs" / "edge.md").read_text("utf-8")
    assert [one for one in NotTaken if f"| `{one}` |" not in text] == []


def test_a_vehicle_without_the_first_root_says_which_file_it_wants(asked: UpdateTable, tmp_path: Path) -> None:
    with pytest.raises(UpdateError, match=r"1\.root\.json"):
        update(asked.model_copy(update={"root": tmp_path / "absent.json"}))


@pytest.mark.parametrize("step", range(SYNCS))
def test_killed_in_the_middle_it_runs_the_old_model_or_the_new(
    made: World, world: World, asked: UpdateTable, step: int
) -> None:
    update(asked)
    publish_version(made, world, "3")
    # A fork of this process would inherit locks that the inference runtime's threads may hold just then.
    dying = forkserver().Process(target=update_and_die, args=(asked, step))
    dying.start()
    dying.join(PATIENCE_S)
    assert dying.exitcode == -signal.SIGKILL
    assert running(asked) in {"2", "3"}
    assert isinstance(update(asked), Taken | UpToDate)
    assert (running(asked), running(asked, "previous")) == ("3", "2")


@cache
def forkserver() -> ForkServerContext:
    """Processes that have loaded this module and run no thread."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def update_and_die(asked: UpdateTable, step: int) -> None:
    die_before_sync(step)
    update(asked)


def die_before_sync(step: int) -> None:
    """In this process alone: be killed before the sync of that number."""
    done = iter(range(step))
    sync = slots.sync

    def dying(path: Path) -> None:
        if next(done, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(path)

    slots.sync = dying


def test_the_command_says_what_it_did(world: World, asked: UpdateTable, tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    config.write_text(
        '[device]\nname = "car-07"\nstate_dir = "state"\n[[source]]\npath = "drive.mp4"\n[updates]\n'
        f'url = "{asked.url}"\nroot = "root.json"\nfolder = "models"\nmodels = ["tiny"]\n',
        "utf-8",
    )
    done = CliRunner().invoke(app, ["update", "--config", str(config)])
    assert (done.exit_code, done.output) == (0, "taken, for the worker's next start: tiny 2\nup to date: tiny 2\n")
    expired(world, world)
    kept = CliRunner().invoke(app, ["update", "--config", str(config)])
    assert kept.exit_code == 3
    assert "kept the models there are (expired)" in kept.output


def test_a_promoted_card_has_golden_scores_and_the_challengers_own_has_none(made: World, tmp_path: Path) -> None:
    world = made.copy(tmp_path / "city")
    for part in ("1", "exam"):
        shutil.copytree(made.home / part, world.home / part)
    assert set(promote(world, "3", NOW).card.golden) == {"red", "green", "blue"}
    assert read_card(world.home / "3" / "cards" / "tiny.toml").golden == {}
