"""Configuration, optics and files: what is wrong is named with its file and field, and nothing is half-written."""

from __future__ import annotations

import errno
import math
import re
import stat
from pathlib import Path

import pytest

from edge.config import read_config
from edge.errors import ConfigError, OutputError
from edge.files import whole_folder, write_private
from edge.sources.optics import (
    ASSUMED_HEIGHT_M,
    ASSUMED_HEIGHT_SIGMA_M,
    ASSUMED_HFOV_SIGMA_DEG,
    ASSUMED_SIGMA_DEG,
    TOLD_HFOV_SIGMA_DEG,
    read_optics,
)
from pipeline.observation import SourceKind

GOOD = """
[device]
name = "car-07"
state_dir = "state"
[server]
url = "http://127.0.0.1:8600/"
[[source]]
path = "drive.mp4"
"""


def written(place: Path, text: str) -> Path:
    path = place / "edge.toml"
    path.write_text(text, "utf-8")
    return path


def test_paths_are_relative_to_the_configurations_own_folder(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, GOOD))
    assert config.source[0].path == tmp_path / "drive.mp4"
    assert config.device.state_dir == tmp_path / "state"
    assert config.server is not None
    assert config.server.url == "http://127.0.0.1:8600"
    assert (config.sampling.distance_m, config.sampling.closer_m) == (3.0, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[device", "not a TOML file"),
        ("", "field device: Field required"),
        (GOOD.replace('name = "car-07"', 'naem = "car-07"'), "field device.name"),
        (GOOD.replace('state_dir = "state"', 'state_dir = "state"\nkind = "boat"'), "field device.kind"),
        (GOOD.replace("http://", "ftp://"), "field server.url"),
        (GOOD.replace("http://127.0.0.1:8600", "http://"), "field server.url"),
        (GOOD.replace("http://127.0.0.1:8600", "http://my city"), "field server.url"),
        (GOOD.replace("http://127.0.0.1:8600", "http://city:99999"), "field server.url"),
        (GOOD + '[health]\nlisten = "127.0.0.1:99999"\n', "field health.listen"),
        (GOOD + "[sampling]\ndistance_m = -1\n", "field sampling.distance_m"),
        (GOOD + "[sampling]\ndistance_m = 1\ncloser_m = 2\n", "closer_m may be 1 at most"),
        (GOOD + "pahts = 1\n", "field source.0.pahts"),
        (GOOD.split("[[source]]", maxsplit=1)[0], "field source: there is nothing to inspect"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"edge\.toml") as told:
        read_config(written(tmp_path, text))
    assert said in str(told.value)


def test_a_configuration_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: there is no such file"):
        read_config(tmp_path / "absent.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not a text file"):
        read_config(tmp_path / "bytes.toml")


def test_without_a_camera_file_angles_are_taken_as_uncertain() -> None:
    optics = read_optics(None, 1280, 720, SourceKind.VEHICLE)
    assert optics.assumed
    assert optics.hfov_deg == 70.0
    assert optics.mount.height_m == ASSUMED_HEIGHT_M[SourceKind.VEHICLE]
    assert optics.mount.angle_sigma_deg == ASSUMED_SIGMA_DEG
    assert optics.mount.height_sigma_m == ASSUMED_HEIGHT_SIGMA_M[SourceKind.VEHICLE]


@pytest.mark.parametrize(
    ("kind", "said", "sigma_m"),
    [(SourceKind.VEHICLE, "", 0.05), (SourceKind.DRONE, "", 1.0), (SourceKind.DRONE, "height_sigma_m = 0.2\n", 0.2)],
)
def test_a_height_in_a_camera_file_is_as_sure_as_it_says_or_as_one_of_its_kind(
    tmp_path: Path, kind: SourceKind, said: str, sigma_m: float
) -> None:
    path = tmp_path / "camera.toml"
    path.write_text("[mount]\nheight_m = 25.0\n" + said)
    assert read_optics(path, 960, 540, kind).mount.height_sigma_m == sigma_m


@pytest.mark.parametrize(
    ("said", "sigma_deg"),
    [("", ASSUMED_HFOV_SIGMA_DEG), ("hfov_deg = 90.0\n", TOLD_HFOV_SIGMA_DEG), ("hfov_sigma_deg = 3.0\n", 3.0)],
)
def test_a_lens_is_as_sure_as_its_file_says_or_as_one_that_is_described_or_not(
    tmp_path: Path, said: str, sigma_deg: float
) -> None:
    path = tmp_path / "camera.toml"
    path.write_text("[camera]\n" + said)
    camera = read_optics(path, 960, 540, SourceKind.VEHICLE).camera
    sine = math.radians(sigma_deg) / camera.focal_sigma
    assert sine == pytest.approx(math.sin(2.0 * math.atan(480.0 / camera.fx_px)))


def test_a_camera_file_is_scaled_to_the_footage_and_refused_for_another_shape(tmp_path: Path) -> None:
    path = tmp_path / "camera.toml"
    path.write_text("[camera]\nwidth = 1920\nheight = 1080\nhfov_deg = 90.0\n[mount]\nheight_m = 2.5\npitch_deg = -5\n")
    optics = read_optics(path, 960, 540, SourceKind.VEHICLE)
    assert optics.camera.fx_px == pytest.approx(480.0)
    assert (optics.mount.height_m, optics.mount.pitch_deg, optics.assumed) == (2.5, -5.0, False)
    with pytest.raises(ConfigError, match=r"camera\.toml, field camera\.width: 1920×1080"):
        read_optics(path, 640, 480, SourceKind.VEHICLE)


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "a" / "found") as draft:
        (draft / "one").write_text("1")
        assert not (tmp_path / "a" / "found").exists()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["found"]
    assert (tmp_path / "a" / "found" / "one").read_text() == "1"


def _write_and_fail(place: Path, error: Exception) -> None:
    with whole_folder(place) as draft:
        (draft / "one").write_text("1")
        raise error


def test_a_folder_does_not_appear_at_all_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(tmp_path / "found", ZeroDivisionError())
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="the disk is full"):
        _write_and_fail(tmp_path / "found", OSError(errno.ENOSPC, "No space left on device"))
    assert list(tmp_path.iterdir()) == []


def test_results_never_mix_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "old").write_text("old")
    with pytest.raises(OutputError, match="not empty"), whole_folder(tmp_path / "found"):
        pass
    assert (tmp_path / "found" / "old").read_text() == "old"


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "found").mkdir()
    with whole_folder(tmp_path / "found") as draft:
        (draft / "one").write_text("1")
    assert (tmp_path / "found" / "one").exists()


def test_a_secret_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_private(tmp_path / "state" / "token", b"secret")
    assert stat.S_IMODE((tmp_path / "state" / "token").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["token"]


LIVE = """
[device]
name = "car-07"
state_dir = "state"
[telemetry]
gpsd = "127.0.0.1:2947"
[[live]]
name = "front"
address = "rtsp://ben:hush@camera:554/user=ben&password=hush/stream"
camera = "front.toml"
sizes = [[1920, 1080]]
"""


def test_a_live_camera_is_told_by_its_address_and_its_password_never_comes_out(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, LIVE))
    (front,) = config.live
    assert front.address.shown == "rtsp://camera:554/…"
    assert front.camera == tmp_path / "front.toml"
    assert "hush" not in repr(config) + str(config)


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (LIVE.replace("rtsp://", "http://"), "field live.0.address: Value error, a live camera is rtsp://HOST/PATH"),
        (LIVE.replace("gpsd =", 'serial = "/dev/ttyS0"\ngpsd ='), "field telemetry: Value error, give one of serial"),
        (LIVE.replace(":2947", ""), "field telemetry.gpsd"),
        (LIVE.replace(":2947", ":99999"), "field telemetry.gpsd: Value error, a port is 65535 at most"),
        (LIVE + '[[live]]\nname = "front"\naddress = "/dev/video0"\n', "two cameras have the same name"),
        (LIVE.replace("[[1920, 1080]]", "[[0, 1080]]"), "field live.0.sizes"),
    ],
)
def test_a_mistake_in_a_live_camera_names_its_field_and_repeats_no_secret(
    spoilt: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)) as caught:
        read_config(written(tmp_path, spoilt))
    assert "hush" not in str(caught.value)
