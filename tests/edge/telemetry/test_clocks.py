"""Footage and fixes with clocks of their own are compared by what both saw; what cannot be compared is not believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest

from edge.sources.open import open_source
from edge.sources.optics import Optics, read_optics
from edge.telemetry.clocks import TIED_SIGMA_S, UNKNOWN_SIGMA_S, Tie
from edge.telemetry.positions import Positions, find_positions
from pipeline.observation import ClockQuality, SourceKind
from pipeline.pose import Camera, Fix, Mount, Pose
from tests.pipeline.filmed import START_NS, Film, Way, fixes_of, steady, stop_and_go

CAMERA, MOUNT, FPS = Camera.from_hfov(320, 180, 75.0), Mount(1.8, -4.0, 10.0), 5


def utc(utc_ns: int) -> str:
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=utc_ns // 1000):%Y-%m-%dT%H:%M:%S.%fZ}"


def write_film(path: Path, way: Way, seconds: float, seed: int) -> Path:
    film = Film(way, CAMERA, MOUNT, seed)
    with av.open(str(path), "w") as container:
        container.metadata["creation_time"] = utc(START_NS)
        stream = container.add_stream("libx264", rate=FPS, options={"g": "10", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = CAMERA.width_px, CAMERA.height_px, "yuv420p"
        for number in range(round(seconds * FPS)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(film.picture(number / FPS), format="bgr24")))
        container.mux(stream.encode(None))
    return path


def write_fixes(path: Path, fixes: list[Fix]) -> Path:
    rows = "".join(
        f'<trkpt lat="{fix.lat:.8f}" lon="{fix.lon:.8f}"><time>{utc(fix.utc_ns or 0)}</time>'
        f"<speed>{fix.speed_mps:.2f}</speed><course>{fix.course_deg:.1f}</course></trkpt>"
        for fix in fixes
    )
    path.write_text(f"<gpx><trk><trkseg>{rows}</trkseg></trk></gpx>", "utf-8")
    return path


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Way]:
    way = stop_and_go(30, 1)
    return write_film(tmp_path_factory.mktemp("film") / "town.mp4", way, 30, 1), way


def positions(footage: Path, telemetry: Path | None, given_s: float | None = None) -> Positions:
    return find_positions(open_source(footage), telemetry, Optics(CAMERA, MOUNT, 75.0, False), given_s)


@pytest.mark.parametrize("offset_s", [-3.0, 0.0, 3.0])
def test_a_cameras_wrong_clock_is_found_by_looking(town: tuple[Path, Way], tmp_path: Path, offset_s: float) -> None:
    film, way = town
    told = positions(film, write_fixes(tmp_path / "town.gpx", fixes_of(way, 1, offset_s)))
    assert told.clocks is not None
    assert told.clocks.tie is Tie.ESTIMATED
    assert told.clocks.offset_s == pytest.approx(offset_s, abs=0.2)
    assert told.clock is ClockQuality.GNSS
    assert not told.notes


def test_where_nothing_changes_the_clock_stays_unknown_and_everything_says_so(tmp_path: Path) -> None:
    way = steady(15, 2)
    fixes = write_fixes(tmp_path / "road.gpx", fixes_of(way, 2, 3.0))
    told = positions(write_film(tmp_path / "road.mp4", way, 15, 2), fixes)
    assert told.clocks is not None
    assert told.clocks.told() == {
        "tie": "unknown", "offset_s": 0.0, "sigma_s": UNKNOWN_SIGMA_S, "why": "nothing_changes"
    }  # fmt: skip
    assert told.clock is ClockQuality.UNKNOWN
    assert "--clock-offset" in told.notes[0]
    assert told.poses is not None
    pose = told.poses.pose(0, 7 * 10**9)
    assert isinstance(pose, Pose)
    assert pose.along_sigma_m == pytest.approx(12.0 * UNKNOWN_SIGMA_S, rel=0.05)


def test_an_offset_that_is_given_is_taken_as_it_is(town: tuple[Path, Way], tmp_path: Path) -> None:
    film, way = town
    told = positions(film, write_fixes(tmp_path / "town.gpx", fixes_of(way, 1)), 1.25)
    assert told.clocks is not None
    assert told.clocks.told() == {"tie": "given", "offset_s": 1.25, "sigma_s": TIED_SIGMA_S}
    assert told.poses is not None
    assert told.clock is ClockQuality.GNSS


def test_fixes_that_the_footage_carries_may_still_be_late(tmp_path: Path) -> None:
    film = write_film(tmp_path / "road.mp4", steady(15, 2), 15, 2)
    told = positions(film, write_fixes(tmp_path / "road.gpx", fixes_of(steady(15, 2), 2)), 0.0)
    assert told.poses is not None
    pose = told.poses.pose(0, 7 * 10**9)
    assert isinstance(pose, Pose)
    assert pose.along_sigma_m == pytest.approx(12.0 * TIED_SIGMA_S, rel=0.05)


def test_a_drones_subtitles_are_its_footages_own(root: Path) -> None:
    drive = root / "datasets" / "demo_drive"
    told = positions(drive / "drone.mp4", drive / "drone.srt")
    assert told.clocks is not None
    assert told.clocks.tie is Tie.BUILT_IN
    assert told.clocks.sigma_s == TIED_SIGMA_S


def test_the_short_even_demo_drive_does_not_tell_and_is_not_guessed(root: Path) -> None:
    drive = root / "datasets" / "demo_drive"
    optics = read_optics(drive / "car_a.toml", 960, 540, SourceKind.VEHICLE)
    told = find_positions(open_source(drive / "car_a.mp4"), drive / "car_a.gpx", optics)
    assert told.clocks is not None
    assert told.clocks.tie is Tie.UNKNOWN
