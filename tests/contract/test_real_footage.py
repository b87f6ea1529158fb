"""Real footage from the files on disk through edge processes and a server process over HTTP to work orders."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from edge.cli import app as edge
from tests.contract.conftest import Line
from tests.contract.line import steward
from tests.contract.paired import Moment, abreast, read_track, write_geotagged

pytestmark = [pytest.mark.shared, pytest.mark.slow]

TRACK = "telemetry/vehicle_tracks/00000056/00000056.track"
STREET_STARTS, APART, PHOTOS = 1425, 6, 14
HALF_TURN_S = 300.0


def frames_add_up(frames: dict[str, object]) -> bool:
    told = frames["analysed"] + sum(frames["skipped"].values()) + sum(frames["quarantined"].values())  # type: ignore
    return bool(frames["seen"] == told)


def inspected(root: Path, out: Path, *words: str | Path) -> dict[str, object]:
    told = steward(root, "edge", "inspect", *words, "--out", out, "--json")
    assert told.code == 0, told.err
    return dict(json.loads(told.out))


def test_the_street_photos_are_placed_by_their_own_exif(root: Path, shared_data: Path, tmp_path: Path) -> None:
    summary = inspected(root, tmp_path / "out", shared_data / "footage/lund_street")
    assert summary["frames"]["seen"] == 15  # type: ignore[index]
    assert frames_add_up(summary["frames"])  # type: ignore[arg-type]
    stretches = json.loads((tmp_path / "out/observations.json").read_text())["traverses"]
    places = [(pose["lat"], pose["lon"]) for one in stretches for pose in one["poses"]]
    assert len(places) == summary["frames"]["analysed"]  # type: ignore[index]
    assert all(55.6 < lat < 55.8 and 13.1 < lon < 13.3 for lat, lon in places)


def test_the_clip_is_placed_by_the_gps_that_its_camera_wrote_into_it(
    root: Path, shared_data: Path, tmp_path: Path
) -> None:
    summary = inspected(root, tmp_path / "out", shared_data / "footage/max-heromode.mp4", "--distance", "1")
    assert frames_add_up(summary["frames"])  # type: ignore[arg-type]
    stretches = json.loads((tmp_path / "out/observations.json").read_text())["traverses"]
    poses = [pose for one in stretches for pose in one["poses"]]
    assert len(poses) >= 5
    lat = np.array([pose["lat"] for pose in poses])
    assert np.ptp(lat) < 0.001
    assert (tmp_path / "out/annotated.mp4").stat().st_size > 10_000


def test_every_subtitle_ends_in_positions_or_in_a_sentence(shared_data: Path, tmp_path: Path) -> None:
    clip = shared_data / "footage/karma.mp4"
    folder = shared_data / "telemetry/dji_srt"
    short = tmp_path / "clip.mp4"
    cut(clip, short, 8)
    for subtitle in sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".srt"):
        out = tmp_path / re.sub(r"\W", "_", str(subtitle.relative_to(folder)))
        words = ["inspect", short, "--telemetry", subtitle, "--out", out, "--json", "--no-annotate"]
        told = CliRunner().invoke(edge, [str(word) for word in words])
        assert told.exit_code in (0, 2), (subtitle, told.output, told.exception)
        if told.exit_code == 2:
            assert subtitle.name in told.stderr
            assert not out.exists()
        else:
            assert frames_add_up(json.loads(told.stdout)["frames"])


@pytest.mark.place(44.8595, -93.362, 3000.0)
def test_paired_photos_of_a_street_passed_twice_become_one_work_order_each(
    line: Line, shared_data: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    pair(shared_data, first, second)
    for name, footage in (("car-1", first), ("car-2", second)):
        told = line.patrol(name, footage)
        assert told.code == 0, told.err
    operator = line.desk("op")
    cases = [case for case in operator.get("/api/cases", limit=200)["items"] if case["category"] != "improper_parking"]
    whole = [operator.get(f"/api/cases/{case['id']}") for case in cases]
    assert len(cases) >= PHOTOS // 2
    seen_again = [case for case in whole if len({one["device_name"] for one in case["observations"]}) == 2]
    assert len(seen_again) >= 0.7 * len(cases)
    orders = operator.get("/api/work-orders", limit=200)["items"]
    assert {order["case_id"] for order in orders} >= {case["id"] for case in cases}
    assert len({order["case_id"] for order in orders}) == len(orders)
    pictures = [item["sha256"] for case in whole for one in case["observations"] for item in one["evidence"]]
    assert pictures
    assert cv2.imdecode(np.frombuffer(operator.picture(pictures[0]), np.uint8), cv2.IMREAD_COLOR) is not None


def pair(shared_data: Path, first: Path, second: Path) -> None:
    """Photos that show litter or an overflowing bin, each at its place along the street, as two passes saw it."""
    first.mkdir()
    second.mkdir()
    track = read_track(shared_data / TRACK)
    photos = waste_photos(shared_data)
    placed = 0
    for moment in track[STREET_STARTS::APART]:
        again: Moment | None = abreast(track, moment, HALF_TURN_S)
        if again is None or placed == PHOTOS:
            continue
        write_geotagged(photos[placed], first / f"{placed:03}.jpg", moment)
        write_geotagged(photos[placed], second / f"{placed:03}.jpg", again)
        placed += 1
    assert placed == PHOTOS


def waste_photos(shared_data: Path) -> list[Path]:
    """Photos with one heap or overflowing bin that stands whole on ground before the camera, in the order of names."""
    folder = shared_data / "detection/street_waste_val"
    found = []
    for labels in sorted((folder / "labels").glob("*.txt")):
        rows = [row.split() for row in labels.read_text().splitlines()]
        if len(rows) == 1 and len(rows[0]) == 5 and rows[0][0] in ("0", "2"):
            x, y, wide, tall = (float(number) for number in rows[0][1:])
            if 0.6 < y + tall / 2 < 0.95 and x - wide / 2 > 0.02 and x + wide / 2 < 0.98 and tall > 0.15:
                found.append(folder / "images" / f"{labels.stem}.jpg")
    assert len(found) >= PHOTOS
    return found


def cut(clip: Path, to: Path, frames: int) -> None:
    """The first frames of a clip, written anew."""
    import av

    with av.open(str(clip)) as source, av.open(str(to), "w") as target:
        video = source.streams.video[0]
        out = target.add_stream("libx264", rate=video.average_rate)
        out.width, out.height, out.pix_fmt = 640, 360, "yuv420p"
        for index, frame in enumerate(source.decode(video)):
            if index == frames:
                break
            target.mux(out.encode(frame.reformat(640, 360, "yuv420p")))
        target.mux(out.encode())
