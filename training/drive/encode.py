"""Frames into one H.264 video with exact timestamps and the start time as creation_time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image


def encode(pictures: Sequence[Path], out: Path, fps: int, start: datetime, crf: int = 23) -> int:
    """Writes an MP4 (yuv420p, a key frame every two seconds, one frame every 1/fps s from 0); gives its size in bytes.

    The file appears under its name only when it is complete.
    """
    partial = out.with_name(f".{out.stem}.part{out.suffix}")
    with av.open(str(partial), "w", format="mp4", options={"movflags": "+faststart"}) as box:
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
    partial.replace(out)
    return out.stat().st_size
