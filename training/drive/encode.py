"""Frames into one H.264 video with exact timestamps and the start time as creation_time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from models.wholefile import whole_file


def encode(pictures: Sequence[Path], out: Path, fps: int, start: datetime, crf: int = 23) -> int:
    """Writes an MP4 (yuv420p, a key frame every two seconds, one frame every 1/fps s from 0); gives its size in bytes.

    The file appears under its name only when it is complete.
    """
    with tempfile.TemporaryDirectory() as scratch:
        video = Path(scratch) / out.name  # the index is moved to its start at the end, which wants a file with a name
        _encode(pictures, video, fps, start, crf)
        with video.open("rb") as done, whole_file(out) as place:
            shutil.copyfileobj(done, place)
    return out.stat().st_size


def _encode(pictures: Sequence[Path], video: Path, fps: int, start: datetime, crf: int) -> None:
    with av.open(str(video), "w", format="mp4", options={"movflags": "+faststart"}) as box:
        box.metadata["creation_time"] = start.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        first = Image.open(pictures[0])
        stream = box.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, fps)
        stream.options = {"crf": str(crf), "preset": "slow", "g": str(2 * fps), "bf": "2"}
        for number, path in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.asarray(Image.open(path).convert("RGB")), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            for packet in stream.encode(frame):
                box.mux(packet)
        for packet in stream.encode(None):
            box.mux(packet)
