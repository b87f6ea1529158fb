"""`steward train data`: examples in the help, exit code 2 on bad input, and the whole way from build to check."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.training.photos import sets_file, sources_file, yolo_source
from training.cli import app

RUN = CliRunner()


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """Where a tiny set's descriptions, pictures and products lie."""
    yolo_source(tmp_path / "data/a", ["a1", "a2"])
    yolo_source(tmp_path / "data/v", ["v1"], first_seed=50)
    classes = '{ 0 = "litter" }'
    sources = sources_file(tmp_path / "sources.toml", f"a yolo none {classes}", f"v yolo all_held_out {classes}")
    sets = sets_file(tmp_path / "sets.toml", ["a", "v"])
    return ["--data", str(tmp_path / "data"), "--sources", str(sources), "--sets", str(sets)]


def test_build_list_and_check_a_set(tmp_path: Path, options: list[str]) -> None:
    out = ["--out", str(tmp_path / "out")]
    built = RUN.invoke(app, ["data", "build", "tiny", *options, *out])
    assert built.exit_code == 0, built.output
    assert "built; train 2, val 1" in built.stdout
    again = RUN.invoke(app, ["data", "build", "tiny", *options, *out])
    assert "nothing changed" in again.stdout
    listed = RUN.invoke(app, ["data", "list", *out, *options[-2:]])
    assert "tiny 1: litter" in listed.stdout
    assert "built tiny@1-" in listed.stdout
    assert RUN.invoke(app, ["data", "check", "tiny", *out]).exit_code == 0
    next((tmp_path / "out").rglob("a__a1.txt")).write_text("", "utf-8")
    checked = RUN.invoke(app, ["data", "check", "tiny", *out])
    assert checked.exit_code == 2
    assert "labels/train/a__a1.txt: its SHA-256 is" in checked.stderr


def test_pairs_are_listed_and_drawn(tmp_path: Path, options: list[str]) -> None:
    yolo_source(tmp_path / "data/w", ["w1"], first_seed=50)
    sources_file(tmp_path / "sources.toml", *(f'{n} yolo {r} {{ 0 = "litter" }}' for n, r in _RULES))
    sets_file(tmp_path / "sets.toml", ["w", "v"])
    sheet = tmp_path / "sheets/pairs.png"
    shown = RUN.invoke(app, ["data", "pairs", "tiny", *options, "--sheet", str(sheet)])
    assert "w/w1.png ~ v/v1.png: same_file" in shown.stdout
    assert "tiny: 1 pairs, 1 held-out pictures in them" in shown.stdout
    assert sheet.is_file()


_RULES = (("w", "none"), ("v", "all_held_out"))


@pytest.mark.parametrize("command", ["build", "pairs", "list", "check"])
def test_the_help_of_every_command_has_an_example(command: str) -> None:
    shown = RUN.invoke(app, ["data", command, "--help"])
    assert f"Example: steward train data {command}" in shown.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["build", "nothing"], "no set 'nothing'; it describes tiny"),
        (["build", "tiny", "--data", "/nowhere"], "no such folder"),
        (["pairs", "nothing"], "no set 'nothing'"),
        (["pairs", "tiny", "--sheet", "pairs.txt"], "give it a name that ends in .png"),
    ],
)
def test_bad_input_ends_with_exit_code_2(options: list[str], words: list[str], says: str) -> None:
    ended = RUN.invoke(app, ["data", *words[:2], *options, *words[2:]])
    assert ended.exit_code == 2
    assert says in ended.stderr


def test_an_address_of_nothing_ends_with_exit_code_2(tmp_path: Path) -> None:
    ended = RUN.invoke(app, ["data", "check", "tiny@1", "--out", str(tmp_path)])
    assert ended.exit_code == 2
    assert "steward train data build tiny" in ended.stderr


def test_a_trainer_reads_the_set_as_it_lies(tmp_path: Path, options: list[str]) -> None:
    trainer = pytest.importorskip("ultralytics.data.utils", reason="ultralytics is not installed here")
    assert RUN.invoke(app, ["data", "build", "tiny", *options, "--out", str(tmp_path / "out")]).exit_code == 0
    (file,) = (tmp_path / "out").rglob("data.yaml")
    read = trainer.check_det_dataset(str(file))
    assert (Path(read["train"]), Path(read["val"])) == (file.parent / "images/train", file.parent / "images/val")
    assert read["names"] == {0: "litter"}
