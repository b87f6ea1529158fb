"""What the doctor finds before a vehicle drives off, which else the worker would say hours later."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.config import read_config
from edge.doctor import Finding, examine
from tests.edge.footage import write_gpx, write_models, write_video
from tests.edge.rtsp import Film, playing


@pytest.fixture(scope="module")
def fitted_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vehicle's folder: footage with positions, models, and one file of every kind that holds nonsense."""
    folder = tmp_path_factory.mktemp("vehicle")
    write_models(folder / "models")
    write_video(folder / "drive.mp4", 12)
    write_gpx(folder / "drive.gpx")
    for name in ("camera.toml", "zones.geojson", "bins.geojson", "positions.gpx", "key.pub", "token"):
        (folder / name).write_text("nonsense", "utf-8")
    return folder


def wrong(folder: Path, more: str) -> dict[str, str]:
    """What is wrong, by what it is about, with this at the end of the configuration."""
    config = folder / "edge.toml"
    config.write_text(f'[device]\nname = "car-07"\nstate_dir = "state"\n[model]\nfolder = "models"\n{more}', "utf-8")
    return {one.what: one.said for one in examine(read_config(config)) if not one.good}


SOURCE = '[[source]]\npath = "drive.mp4"\n'


def test_nothing_is_wrong_with_footage_and_its_positions(fitted_out: Path) -> None:
    assert wrong(fitted_out, SOURCE) == {}
    said = {one.what: one.said for one in examine(read_config(fitted_out / "edge.toml"))}
    assert said["source"].startswith("drive.mp4: 320×240, 12 frames, ")
    assert said["source"].endswith(" positions (gpx)")


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("camera", "camera.toml"), ("zones", "zones.geojson"), ("bins", "bins.geojson"), ("telemetry", "positions.gpx"),
        ("camera", "gone.toml"), ("zones", "gone.geojson"), ("telemetry", "gone.gpx"),
    ],
)  # fmt: skip
def test_a_file_of_a_source_that_cannot_be_used_is_named(fitted_out: Path, field: str, name: str) -> None:
    assert str(fitted_out / name) in wrong(fitted_out, f'{SOURCE}{field} = "{name}"\n')["source"]


def test_the_keys_that_plates_are_sealed_to_are_looked_at(fitted_out: Path) -> None:
    assert "key.pub: not an X25519" in wrong(fitted_out, f'{SOURCE}[enforcement]\npublic_key = "key.pub"\n')["source"]


def test_what_the_worker_asks_for_later_is_asked_for_now(fitted_out: Path) -> None:
    health = '[health]\nlisten = "127.0.0.1:9"\nlive = true\nlive_token_file = "token"\n'
    updates = '[updates]\nurl = "http://127.0.0.1:9"\nroot = "root.json"\nfolder = "taken"\n'
    found = wrong(fitted_out, SOURCE + health + updates)
    assert "at least 16 characters" in found["live view"]
    assert "root.json" in found["updates"]
    assert len(found) == 2


@pytest.mark.parametrize(("field", "name"), [("zones", "zones.geojson"), ("camera", "camera.toml")])
def test_a_file_of_a_camera_that_cannot_be_used_is_named(fitted_out: Path, field: str, name: str) -> None:
    with playing(Film()) as url:
        live = f'[[live]]\nname = "front"\naddress = "{url}"\n{field} = "{name}"\n'
        assert wrong(fitted_out, live)["camera"].startswith(f"front: {fitted_out / name}")


SHADOW = '[shadow]\nfolder = "{}"\n'


def told(folder: Path, what: str) -> Finding:
    """What was found of one thing with the configuration that `wrong` wrote last."""
    [found] = [one for one in examine(read_config(folder / "edge.toml")) if one.what == what]
    return found


def test_a_challenger_that_can_look_along_is_named(fitted_out: Path) -> None:
    assert wrong(fitted_out, SOURCE + SHADOW.format("models")) == {}
    assert told(fitted_out, "shadow").said.endswith(" looks along on 10% of the frames")


def test_a_challenger_that_is_not_there_is_wrong(fitted_out: Path) -> None:
    said = wrong(fitted_out, SOURCE + SHADOW.format("gone"))["shadow"]
    assert str(fitted_out / "gone" / "cards" / "street.toml") in said


def test_a_challenger_that_knows_other_labels_is_wrong(fitted_out: Path) -> None:
    said = wrong(fitted_out, SOURCE + SHADOW.format("models") + 'model = "privacy"\n')["shadow"]
    assert said.startswith("privacy: its labels are not the champion's")


def test_a_computer_without_sensors_is_worth_a_look_and_not_wrong(fitted_out: Path) -> None:
    assert wrong(fitted_out, SOURCE + '[thermal]\nsensors = "gone"\n') == {}
    found = told(fitted_out, "temperature")
    assert found.look
    assert "take [thermal] out" in found.said
    shown = CliRunner().invoke(app, ["doctor", "--config", str(fitted_out / "edge.toml")])
    assert shown.exit_code == 0
    assert f"look  temperature: {fitted_out / 'gone'}" in shown.output
