"""A thing that stays in sight is one alarm, and a rate says how little a short drive knows."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from edge.telemetry.exif import read_photos
from edge.telemetry.open import embedded, read_telemetry
from models.detector import Detector
from models.shipped import DATASETS
from models.store import open_detector
from pipeline.geo import distance_m
from pipeline.pose import Fix
from tests.models.tiny import write_tiny
from training.errors import TrainingError
from training.report.alarms import AlarmCount, DriveFigures, count_alarms, rate, together
from training.report.footage import Drive, frames, read_drives, read_truth

GREY = 110


def _photos(folder: Path, reds: list[tuple[int, int] | None]) -> Path:
    """A folder of photos with a red square of one cell at each place."""
    folder.mkdir()
    for number, place in enumerate(reds):
        picture = np.full((128, 192, 3), GREY, np.uint8)
        if place is not None:
            picture[place[1] : place[1] + 32, place[0] : place[0] + 32] = (0, 0, 255)
        cv2.imwrite(str(folder / f"{number:02}.png"), picture)
    return folder


@pytest.fixture
def red_is_litter(tmp_path: Path) -> Detector:
    labels = ("litter", "illegal_ad", "overflowing_bin")
    write_tiny(tmp_path / "store", labels=labels, width=192, height=128)
    return open_detector("tiny", tmp_path / "store", threads=1)


def _drive(**given: object) -> Drive:
    return Drive.model_validate({"name": "d", "kind": "real", "base": "data", "clip": "c", "km": 0.5, **given})


def _litter(told: DriveFigures) -> AlarmCount:
    return next(count for count in told.shipped if count.label == "litter")


def test_a_thing_in_sight_for_six_photos_is_one_alarm_and_a_glimpse_is_none(
    tmp_path: Path, red_is_litter: Detector
) -> None:
    stays = _photos(tmp_path / "stays", [(64, 32)] * 6)
    told = _litter(count_alarms(_drive(), stays, None, red_is_litter, {}))
    assert (told.frames, told.things, told.false) == (6, 1, 1)
    assert told.per_km is not None
    assert told.per_km.value == 2.0
    assert told.per_minute is None  # photos have no clock
    glimpse = _photos(tmp_path / "glimpse", [None, (64, 32), None, None, None, None])
    told = _litter(count_alarms(_drive(), glimpse, None, red_is_litter, {}))
    assert (told.frames, told.things) == (1, 0)


def test_where_the_clip_holds_one_nobody_judges_and_where_truth_is_known_it_does(
    tmp_path: Path, red_is_litter: Detector
) -> None:
    clip = _photos(tmp_path / "clip", [(64, 32)] * 6)
    told = _litter(count_alarms(_drive(holds=["litter"]), clip, None, red_is_litter, {}))
    assert (told.things, told.false, told.per_km) == (1, None, None)
    truth = tmp_path / "truth.jsonl"
    boxes = [{"label": "litter", "xyxy": [64, 32, 96, 64]}]
    truth.write_text("".join(json.dumps({"frame": at, "boxes": boxes}) + "\n" for at in range(6)), "utf-8")
    assert _litter(count_alarms(_drive(), clip, truth, red_is_litter, {})).false == 0
    truth.write_text("".join(json.dumps({"frame": at, "boxes": []}) + "\n" for at in range(6)), "utf-8")
    assert _litter(count_alarms(_drive(), clip, truth, red_is_litter, {})).false == 1


def test_a_rate_has_the_exact_poisson_interval() -> None:
    none = rate(0, 2.0)
    assert (none.value, none.low, none.high) == (0.0, 0.0, pytest.approx(2.9957 / 2, abs=1e-4))
    five = rate(5, 1.0)
    assert (five.low, five.high) == (pytest.approx(1.9701, abs=1e-4), pytest.approx(10.5130, abs=1e-4))


def test_drives_of_a_kind_count_together_and_only_where_the_way_is_known(
    tmp_path: Path, red_is_litter: Detector
) -> None:
    clip = _photos(tmp_path / "clip", [(64, 32)] * 6)
    known, unknown = (count_alarms(_drive(km=km), clip, None, red_is_litter, {}) for km in (0.5, None))
    both = together([known, unknown], "real")
    assert both is not None
    told = _litter(both)
    assert (both.km, told.false, told.per_km and told.per_km.value) == (0.5, 2, 2.0)
    assert together([known], "real") is None


def test_a_drive_that_says_something_unknown_is_refused_with_its_field(tmp_path: Path) -> None:
    path = tmp_path / "drives.toml"
    path.write_text('[[drive]]\nname = "a"\nkind = "real"\nbase = "data"\nclip = "c"\nkm = -1\n', "utf-8")
    with pytest.raises(TrainingError, match=r"drives.toml, field drive.0.km: Input should be greater than 0"):
        read_drives(path)


def _length_km(fixes: list[Fix]) -> float:
    return sum(distance_m(a.lat, a.lon, b.lat, b.lon) for a, b in pairwise(fixes)) / 1000


@pytest.mark.parametrize("drive", [one for one in read_drives(DATASETS / "drives.toml") if one.base == "datasets"])
def test_the_length_of_a_rendered_drive_is_that_of_its_telemetry(drive: Drive) -> None:
    clip = DATASETS / drive.clip
    telemetry = next(clip.with_suffix(suffix) for suffix in (".gpx", ".srt") if clip.with_suffix(suffix).is_file())
    assert _length_km(list(read_telemetry(telemetry).fixes)) == pytest.approx(drive.km, abs=1e-4)


@pytest.mark.shared
def test_the_length_of_a_real_drive_is_that_of_its_telemetry(shared_data: Path) -> None:
    known = {one.name: one for one in read_drives(DATASETS / "drives.toml")}
    log = embedded(shared_data / known["gopro_car_park"].clip)
    assert not isinstance(log, str)
    assert _length_km(list(log.fixes)) == pytest.approx(known["gopro_car_park"].km, abs=1e-4)
    photos = sorted((shared_data / known["lund_street"].clip).glob("*.jpg"))
    fixes = [fix for fix in read_photos(photos).fixes if fix is not None]
    assert len(fixes) == len(photos)
    assert _length_km(fixes) == pytest.approx(known["lund_street"].km, abs=1e-4)


def test_every_frame_of_a_rendered_drive_can_be_read() -> None:
    first = next(iter(frames(DATASETS / "demo_drive/car_a.mp4")))
    assert first[:2] == (0, 0)
    assert first[2].shape == (540, 960, 3)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"frame": 1, "boxes": [{"label": "litter", "xyxy": [0, 0, 9]}]}', r"line 2, field boxes\.0\.xyxy\.3"),
        ('{"frame": 1, "boxes": [{"label": "litter", "xyxy": [0, 0, 9, NaN]}]}', r"line 2, field boxes\.0\.xyxy\.3"),
        ('{"frame": 1e999, "boxes": []}', "line 2, field frame"),
        ("[]", "line 2: "),
    ],
)
def test_a_truth_with_a_box_of_other_than_four_corners_is_refused_with_its_line(
    tmp_path: Path, line: str, says: str
) -> None:
    truth = tmp_path / "truth.jsonl"
    truth.write_text('{"frame": 0, "boxes": [], "private": []}\n' + line + "\n", "utf-8")
    with pytest.raises(TrainingError, match=says):
        read_truth(truth)


def test_a_clip_whose_pictures_have_no_time_is_refused(tmp_path: Path) -> None:
    clip = tmp_path / "bare.h264"
    with av.open(str(clip), "w", format="h264") as made:
        stream = made.add_stream("libx264", rate=4)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(3):
            made.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="bgr24")))
        made.mux(stream.encode(None))
    with pytest.raises(TrainingError, match="it has no time"):
        list(frames(clip))


def test_a_clip_without_a_picture_is_refused(tmp_path: Path) -> None:
    clip = tmp_path / "sound.wav"
    with av.open(str(clip), "w", format="wav") as made:
        stream = made.add_stream("pcm_s16le", rate=8000)
        stream.layout = "mono"
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.sample_rate = 8000
        made.mux(stream.encode(sound))
    with pytest.raises(TrainingError, match="there is no picture in it"):
        list(frames(clip))
