"""Frames into a video: every one of them, and whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import av
import pytest
from PIL import Image

from training.drive.encode import encode

START = datetime(2026, 5, 4, 8, tzinfo=UTC)


def frames(folder: Path, count: int) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"{number:04d}.png" for number in range(count)]
    for number, path in enumerate(paths):
        Image.new("RGB", (64, 48), (40 * number, 90, 90)).save(path)
    return paths


def test_every_frame_is_in_the_video_at_its_time(tmp_path: Path) -> None:
    out = tmp_path / "new" / "car.mp4"
    size = encode(frames(tmp_path / "frames", 5), out, 10, START)
    assert size == out.stat().st_size
    with av.open(str(out)) as box:
        assert [frame.time for frame in box.decode(video=0)] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
        assert box.metadata["creation_time"].startswith("2026-05-04T08:00:00")
    assert [path.name for path in out.parent.iterdir()] == ["car.mp4"]


def test_a_frame_that_cannot_be_read_leaves_the_video_before_it_and_nothing_else(tmp_path: Path) -> None:
    pictures = frames(tmp_path / "frames", 3)
    pictures[2].write_bytes(b"no picture")
    out = tmp_path / "out" / "car.mp4"
    out.parent.mkdir()
    out.write_bytes(b"the one before")
    with pytest.raises(OSError, match="cannot identify"):
        encode(pictures, out, 10, START)
    assert [path.name for path in out.parent.iterdir()] == ["car.mp4"]
    assert out.read_bytes() == b"the one before"
