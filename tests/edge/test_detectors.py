"""How many pictures are looked into at a time depends on the cores; what comes out does not."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from edge.assemble import Job, assemble
from edge.detectors import open_models
from edge.inspection.footage import inspect_into
from models.providers import Provider
from tests.edge.footage import write_gpx, write_models, write_video


@pytest.mark.parametrize(("cores", "pictures"), [(1, 1), (2, 2), (3, 2)])
def test_no_more_pictures_are_looked_into_at_a_time_than_there_are_cores(
    tmp_path: Path, cores: int, pictures: int
) -> None:
    assert open_models(write_models(tmp_path), threads=cores).batcher.at_a_time == pictures


def test_where_sessions_queue_a_picture_of_a_recording_lies_ready_and_none_of_several_cameras(tmp_path: Path) -> None:
    folder = write_models(tmp_path)
    recording, cameras = (open_models(folder, threads=2, cameras=count).batcher for count in (1, 2))
    assert recording.ahead == recording.at_a_time + recording.detector.session.queues
    assert cameras.ahead == cameras.at_a_time
    assert open_models(folder, threads=2, provider=Provider.CPU).batcher.ahead == 2


def test_opencv_works_in_the_thread_that_asks_so_that_cores_are_left_to_the_detectors(tmp_path: Path) -> None:
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(2)
        open_models(write_models(tmp_path))
        assert cv2.getNumThreads() == 1
    finally:
        cv2.setNumThreads(before)


def test_one_core_and_two_leave_the_same_bytes(tmp_path: Path) -> None:
    write_video(tmp_path / "drive.mp4", 24)
    write_gpx(tmp_path / "drive.gpx")
    folder = write_models(tmp_path / "models")
    for cores in (1, 2):
        assembled = assemble(Job(tmp_path / "drive.mp4", distance_m=0.0), open_models(folder, threads=cores))
        assert assembled.plan.ahead >= cores
        inspect_into(assembled, tmp_path / f"found{cores}", False, lambda _: None)
    one, two = (
        {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.name == "observations.json"}
        | {path.name: path.read_bytes() for path in (out / "evidence").iterdir()}
        for out in (tmp_path / "found1", tmp_path / "found2")
    )
    assert len(one) > 1
    assert one == two
