"""Footage by the tree: the same bytes whoever inspects it, and what one bad piece costs."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import json
import multiprocessing
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.assemble import Job
from edge.bulk.piecework import Done, Failed, Task
from edge.bulk.processes import Processes
from edge.bulk.tree import Piece, find_pieces, is_tree
from edge.errors import SourceError
from tests.edge.footage import write_gpx, write_models, write_photos, write_video
from tests.edge.running import steward

PIECES = ("b/clip.mp4", "b/walk.photos", "broken.mp4", "drive.mp4")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree with two drives, photos and a video that is none; models beside it."""
    folder = tmp_path_factory.mktemp("bulk")
    (folder / "tree" / "b").mkdir(parents=True)
    write_video(folder / "tree" / "drive.mp4", 12)
    write_gpx(folder / "tree" / "drive.gpx")
    write_video(folder / "tree" / "b" / "clip.mp4", 10)
    write_photos(folder / "tree" / "b" / "walk", 3)
    (folder / "tree" / "broken.mp4").write_text("hello")
    write_models(folder / "models")
    return folder


def inspect(tree: Path, out: Path, root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return steward(
        "inspect", tree / "tree", "--models", tree / "models", "--distance", "0", "--out", out, *words, root=root
    )  # fmt: skip


@pytest.fixture(scope="module")
def alone(tree: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The results of one process, and what was said on stderr."""
    out = tmp_path_factory.mktemp("alone") / "found"
    done = inspect(tree, out, root, "--jobs", "1")
    assert done.returncode == 2, done.stderr
    assert "pieces: 4 = 3 inspected + 1 failed" in done.stdout
    return out, done.stderr


def content(out: Path) -> dict[str, str]:
    """The SHA-256 of every file below, by its path; how long it took is told apart."""
    files = (path for path in sorted(out.rglob("*")) if path.is_file() and path.name not in ("timing.json", ".lock"))
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_two_processes_leave_the_same_bytes_as_one(
    tree: Path, root: Path, alone: tuple[Path, str], tmp_path: Path
) -> None:
    assert inspect(tree, tmp_path / "found", root, "--jobs", "2").returncode == 2
    assert content(tmp_path / "found") == content(alone[0])


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="the extra `ray` is not installed")
def test_ray_leaves_the_same_bytes_as_processes(
    tree: Path, root: Path, alone: tuple[Path, str], tmp_path: Path
) -> None:
    assert inspect(tree, tmp_path / "found", root, "--engine", "ray", "--jobs", "2").returncode == 2
    assert content(tmp_path / "found") == content(alone[0])


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_a_name_that_is_no_utf_8_costs_nothing(tree: Path, root: Path, tmp_path: Path) -> None:
    name = os.fsdecode("东门.mp4".encode("gbk"))
    (tmp_path / "tree").mkdir()
    shutil.copy(tree / "tree" / "b" / "clip.mp4", tmp_path / "tree" / name)
    (tmp_path / "tree" / f"broken{name}").write_text("hello")
    asked = (tmp_path / "tree", "--models", tree / "models", "--out", tmp_path / "found")
    done = steward("inspect", *asked, "--json", root=root)
    told, index = json.loads(done.stdout), json.loads((tmp_path / "found" / "summary.json").read_bytes())
    assert done.returncode == 2, done.stderr
    assert [row["name"] for row in told["pieces"]] == [f"broken{name}", name]
    assert told["pieces"] == index["pieces"]
    assert json.loads((tmp_path / "found" / name / "observations.json").read_bytes())["summary"]["source"] == name
    rows = list(csv.DictReader((tmp_path / "found" / "summary.csv").read_text("utf-8").splitlines()))
    assert rows[1]["name"] == name.encode("utf-8", "backslashreplace").decode()
    assert steward("inspect", *asked, root=root).returncode == 2


def test_without_ray_its_engine_says_what_to_install(tree: Path, root: Path, tmp_path: Path) -> None:
    done = inspect(tree, tmp_path / "found", root, "--engine", "ray")
    assert done.returncode == 2
    assert "pip install 'citysteward[ray]'" in done.stderr


def test_a_broken_piece_is_said_and_the_others_go_on(alone: tuple[Path, str]) -> None:
    out, said = alone
    assert said.startswith("steward: broken.mp4: ")
    assert "not a video that can be read" in said
    assert len(said.strip().splitlines()) == 1
    with (out / "summary.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == list(PIECES)
    assert [row["name"] for row in rows if row["failed"]] == ["broken.mp4"]
    assert not (out / "broken.mp4").exists()
    told = json.loads((out / "summary.json").read_bytes())
    assert told["total"]["seen"] == 12 + 10 + 3 == sum(row["seen"] for row in told["pieces"])
    assert told["total"]["by_category"]["litter"] == told["total"]["observations"] > 0


def test_the_map_of_all_names_every_piece_and_its_pictures(alone: tuple[Path, str]) -> None:
    out, _ = alone
    features = json.loads((out / "observations.geojson").read_bytes())["features"]
    assert {one["properties"]["piece"] for one in features} == {"b/clip.mp4", "b/walk.photos", "drive.mp4"}
    pictures = [path for one in features for path in one["properties"].get("evidence", ())]
    assert pictures
    assert all((out / path).is_file() for path in pictures)


def test_what_was_done_is_not_done_again(tree: Path, root: Path, alone: tuple[Path, str], tmp_path: Path) -> None:
    out = shutil.copytree(alone[0], tmp_path / "found")
    kept = (out / "drive.mp4" / "timing.json").stat().st_mtime_ns
    draft = out / ".drive.mp4-left_by_a_kill"
    draft.mkdir()
    done = inspect(tree, out, root, "--jobs", "1")
    assert "pieces: 4 = 3 inspected, 3 of them before + 1 failed" in done.stdout
    assert (out / "drive.mp4" / "timing.json").stat().st_mtime_ns == kept
    assert not draft.exists()


def test_other_settings_never_mix_with_results_that_are_there(
    tree: Path, root: Path, alone: tuple[Path, str], tmp_path: Path
) -> None:
    out = shutil.copytree(alone[0], tmp_path / "found")
    done = steward(
        "inspect", tree / "tree" / "drive.mp4", "--jobs", "1", "--models", tree / "models", "--distance", "2",
        "--out", out, root=root,
    )  # fmt: skip
    assert done.returncode == 2
    assert "holds the result of other footage, settings or models" in done.stderr
    assert content(out / "drive.mp4") == content(alone[0] / "drive.mp4")


def test_telemetry_of_one_piece_is_refused_for_a_tree(tree: Path, root: Path, tmp_path: Path) -> None:
    done = inspect(tree, tmp_path / "found", root, "--telemetry", str(tree / "tree" / "drive.gpx"))
    assert done.returncode == 2
    assert "--telemetry belongs to one piece" in done.stderr
    assert not (tmp_path / "found").exists()


@pytest.fixture
def tasks(tree: Path, tmp_path: Path) -> list[Task]:
    """Two pieces, the first so long that it is seen to be under way."""
    (tmp_path / "found").mkdir()
    footage = (write_video(tmp_path / "long.mp4", 300, again_after=30), tree / "tree" / "drive.mp4")
    return [
        Task(number, Piece(path, path.name, 1), Job(None), tmp_path / "found" / path.name, tree / "models", False)
        for number, path in enumerate(footage)
    ]


def test_a_process_that_dies_costs_its_own_piece_only(tasks: list[Task], tmp_path: Path) -> None:
    def kill(number: int, _: float) -> None:
        if number == 0:
            for child in multiprocessing.active_children():
                child.kill()

    first, second = Processes(1).outcomes(tasks, kill)
    assert first == Failed(0, f"{tmp_path / 'long.mp4'}: the process that inspected it died (signal 9)")
    assert second == Done(1)


def test_a_run_that_is_ended_leaves_nothing_half_written(tasks: list[Task], tmp_path: Path) -> None:
    def leave(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(Processes(1).outcomes(tasks, leave))
    assert not multiprocessing.active_children()
    assert list((tmp_path / "found").iterdir()) == []


def test_a_full_disk_ends_the_run_at_once_and_the_next_goes_on(tree: Path, root: Path, tmp_path: Path) -> None:
    asked = ("inspect", tree / "tree", "--models", tree / "models", "--out", tmp_path / "found", "--jobs", "1")
    full = steward(*asked, root=root, disk_bytes=3000)
    (said,) = full.stderr.strip().splitlines()
    assert full.returncode == 2
    assert "the disk is full" in said
    assert "the same command again does the others" in said
    assert [path.name for path in (tmp_path / "found").rglob("*") if path.is_file()] == [".lock"]
    assert "pieces: 4 = 3 inspected + 1 failed" in steward(*asked, root=root).stdout


def test_a_tree_is_told_from_one_piece(tree: Path) -> None:
    inside = tree / "tree"
    assert is_tree([inside])
    assert is_tree([inside / "drive.mp4", inside / "b" / "clip.mp4"])
    assert not is_tree([inside / "drive.mp4"])
    assert not is_tree([inside / "b" / "walk"])


def test_results_within_a_tree_are_no_footage(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "results" / "evidence").mkdir(parents=True)
    (tmp_path / "results" / "observations.json").write_text("{}")
    write_photos(tmp_path / "results" / "evidence", 1)
    write_photos(tmp_path / "out" / "x", 1)
    write_photos(tmp_path / ".hidden", 1)
    write_photos(tmp_path / "walk", 1)
    assert [piece.name for piece in find_pieces([tmp_path], tmp_path / "out")] == ["walk.photos"]


def test_two_pieces_never_share_a_result_folder(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_photos(tmp_path / name / "walk", 1)
    with pytest.raises(SourceError, match=r"would share the folder walk\.photos"):
        find_pieces([tmp_path / "one" / "walk", tmp_path / "two" / "walk"], tmp_path / "out")
    assert len(find_pieces([tmp_path / "one", tmp_path / "two"], tmp_path / "out")) == 2


def test_a_link_to_a_photo_that_is_gone_costs_no_other_piece(tmp_path: Path) -> None:
    write_photos(tmp_path / "walk", 1)
    (tmp_path / "walk" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (piece,) = find_pieces([tmp_path], tmp_path / "out")
    assert piece.size_bytes > 0


def test_a_tree_without_footage_is_said(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(SourceError, match="there is no footage in it"):
        find_pieces([tmp_path], tmp_path / "out")
