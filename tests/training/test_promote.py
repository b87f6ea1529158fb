"""A challenger becomes the champion through every gate or not at all: the command, run as a process."""

from __future__ import annotations

import hashlib
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from models.card import read_card
from tests.training.tiny_shop import steward, write_model, write_photos, write_twin, write_workshop
from training.promotion.facts import lacking
from training.repository.repository import Repository


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A workshop, an exam, a champion, and an empty repository with its keys."""
    write_workshop(tmp_path)
    write_photos(tmp_path / "exam", 20)
    write_model(tmp_path / "champion", "1")
    made = steward("repository", "init", "repository", "--keys", "keys", home=tmp_path)
    assert made.returncode == 0, made.stderr
    return tmp_path


def promote(home: Path, challenger: str, *more: str, champion: str = "champion") -> CompletedProcess[str]:
    return steward(
        "promote", f"{challenger}/cards/tiny.toml", "--champion", f"{champion}/cards/tiny.toml",
        "--repository", "repository", "--keys", "keys", "--photos", "exam", "--gates", "gates.toml",
        "--recipe", "recipe.toml", "--sources", "sources.toml", "--data", ".", "--work", "work", *more, home=home,
    )  # fmt: skip


def contents(folder: Path) -> dict[str, str]:
    """Every file of a folder and its SHA-256."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_through_all_gates_into_the_channel_and_the_one_before_is_remembered(home: Path) -> None:
    first = promote(home, "champion")
    assert first.returncode == 0, first.stderr
    assert "FAILED" not in first.stdout
    write_model(home / "second", "2")
    second = promote(home, "second", "--out", "page")
    assert second.returncode == 0, second.stderr
    assert "tiny 2 is the champion of stable, before it 1" in second.stdout
    assert "准入关卡" in (home / "page" / "index.html").read_text("utf-8")

    store = Repository(home / "repository")
    channel = store.channel(store.state(), "tiny", "stable")
    assert channel is not None
    assert channel.previous is not None
    assert (channel.serial, channel.current.version, channel.previous.version) == (2, "2", "1")
    entry = store.state().targets.signed.targets["tiny/2/tiny.toml"]
    (home / "got.toml").write_bytes(store.content(entry))
    card = read_card(home / "got.toml")
    assert card.promotion is not None
    assert card.promotion.champion == "tiny 1"
    assert card.promotion.champion_digest == read_card(home / "champion" / "cards" / "tiny.toml").digest
    assert card.promotion.pictures == 20
    assert {gate.gate for gate in card.gates} >= {"size", "latency", "accuracy of red on exam (people)"}
    assert entry.custom["labels"] == ["red", "green", "blue"]
    assert entry.custom["card_sha256"] == channel.current.card_digest


def test_a_blind_challenger_is_refused_with_every_gate_listed_and_nothing_changed(home: Path) -> None:
    write_model(home / "blind", "2", blind="green", parity=False)
    before = contents(home / "repository")
    refused = promote(home, "blind")
    assert refused.returncode == 2
    assert "| accuracy of green on exam (people) | 1 | 0.01 | FAILED |" in refused.stdout
    assert "| accuracy of red on exam (people) | 0 | 0.01 | passed |" in refused.stdout
    assert "| parity of boxes with torch | none | 0.99 | FAILED |" in refused.stdout
    assert "| size |" in refused.stdout
    assert "3 of 11 gates failed. Nothing was changed." in refused.stderr
    assert contents(home / "repository") == before


def test_a_twin_is_measured_on_the_same_photos_and_published_beside_the_model(home: Path) -> None:
    twin = write_twin(home / "champion" / "cards" / "tiny.toml")
    done = promote(home, "champion")
    assert done.returncode == 0, done.stderr
    assert "| twin on green of exam (people) | 0 | 0.01 | passed | AP 100.00 in 8-bit integers" in done.stdout
    store = Repository(home / "repository")
    published = store.state().targets.signed.targets["tiny/1/tiny.int8.onnx"]
    assert store.content(published) == twin.read_bytes()


def test_a_twin_that_finds_less_or_is_not_there_closes_its_gate(home: Path) -> None:
    twin = write_twin(home / "champion" / "cards" / "tiny.toml", blind="green")
    refused = promote(home, "champion", "--dry-run")
    assert refused.returncode == 2
    assert "| twin on green of exam (people) | 1 | 0.01 | FAILED |" in refused.stdout
    assert "1 of 13 gates failed" in refused.stderr
    twin.unlink()
    absent = promote(home, "champion", "--dry-run")
    assert "| twin on green | none | 0.01 | FAILED |" in absent.stdout
    assert "3 of 13 gates failed" in absent.stderr


def test_a_dry_run_rules_and_publishes_nothing_and_opens_no_key(home: Path) -> None:
    before = contents(home / "repository")
    for key in (home / "keys").iterdir():
        key.unlink()
    tried = promote(home, "champion", "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "all 11 gates passed" in tried.stdout
    assert contents(home / "repository") == before


def test_an_exam_picture_that_was_trained_on_closes_a_gate(home: Path) -> None:
    copied = (home / "exam" / "images" / "cells_004.png").read_bytes()
    (home / "learnt" / "images" / "another_name.png").write_bytes(copied)
    refused = promote(home, "champion", "--dry-run")
    assert refused.returncode == 2
    assert "| held out | 1 | 0 | FAILED |" in refused.stdout


def test_what_no_gate_ruled_on_is_said(home: Path) -> None:
    few = (home / "gates.toml").read_text("utf-8").replace('"red", "green", "blue"', '"red"')
    (home / "gates.toml").write_text(few, "utf-8")
    write_photos(home / "few", 2, seed=3)
    told = promote(home, "champion", "--dry-run", "--photos", "few")
    assert "AP 100.0 → 100.0" in told.stdout
    assert "red on few (people) 4" in told.stdout
    assert "in no gate 无关卡, 未裁定: green, blue" in told.stdout
    # The card's own figures are of 48 boxes of red and of none of the others.
    assert "nothing chose the score from which they count: green (" in told.stdout
    assert "未经检验: green (" in told.stdout


def test_a_recipe_that_cannot_answer_is_refused_before_anything_is_measured(home: Path) -> None:
    recipe = (home / "recipe.toml").read_text("utf-8")
    (home / "recipe.toml").write_text(
        recipe.replace('"learnt" }', '"learnt", without = "cells@1-0123456789ab" }'), "utf-8"
    )
    unbuilt = promote(home, "champion")
    assert "no set 'cells@1-0123456789ab' is built" in unbuilt.stderr
    (home / "recipe.toml").write_text(recipe.replace('"tiny"', '"other"'), "utf-8")
    another = promote(home, "champion")
    assert "pass its own --recipe" in another.stderr
    for refused in (unbuilt, another):
        assert refused.returncode == 2
        assert "looked at" not in refused.stdout


def test_a_weak_champion_does_not_stand_in_for_the_one_that_the_channel_names(home: Path) -> None:
    assert promote(home, "champion").returncode == 0
    write_model(home / "weak", "0", blind="red")
    write_model(home / "second", "2")
    refused = promote(home, "second", champion="weak")
    assert refused.returncode == 2
    assert "| against the champion | 1 | 0 | FAILED |" in refused.stdout


@pytest.mark.parametrize(
    ("version", "says"),
    [("1", "is published already; give the challenger a new version"), ("../2", "cannot name a file")],
)
def test_a_version_that_cannot_be_published_is_refused_before_anything_is_measured(
    home: Path, version: str, says: str
) -> None:
    assert promote(home, "champion").returncode == 0
    write_model(home / "second", version)
    refused = promote(home, "second")
    assert refused.returncode == 2
    assert says in refused.stderr
    assert "looked at" not in refused.stdout


def test_a_key_that_others_may_read_is_refused_before_anything_is_measured(home: Path) -> None:
    (home / "keys" / "targets-1.pem").chmod(0o640)
    refused = promote(home, "champion")
    assert refused.returncode == 2
    assert "others may read or write it" in refused.stderr
    assert "looked at" not in refused.stdout


def test_a_card_says_what_it_lacks(tmp_path: Path) -> None:
    card = read_card(write_model(tmp_path, "1"))
    assert lacking(card) == ()
    bare = card.model_copy(update={"sources": (), "weaknesses": (" ",), "metrics": (), "licence": ""})
    assert lacking(bare) == ("a licence", "its sources", "pictures in its sources", "its weaknesses", "figures")
    unsaid = card.sources[0].model_copy(update={"licence": " "})
    assert lacking(card.model_copy(update={"sources": (unsaid,)})) == ("the licence of every source",)
