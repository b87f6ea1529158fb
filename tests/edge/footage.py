"""Footage made by the tests themselves, and the detectors that see what is in it.

A camera 1.8 m above a street moves north at 5 m/s towards a red thing (litter), 14 m ahead and 1 m to the right at the
start; a striped green one (a face) hangs in the picture's left. `write_gpx` tells the same drive.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from models.shipped import read_taxonomy
from tests.models.tiny import COLOURS, write_tiny

WIDTH, HEIGHT, FPS = 320, 240, 10
SPEED_MPS, CAMERA_M, HFOV_DEG = 5.0, 1.8, 70.0
AHEAD_M, RIGHT_M, SIZE_M = 14.0, 1.0, 1.0
FRAMES = 16
LAT, LON = 30.0, 120.0
FACE = (20, 60, 60, 100)
F_PX = WIDTH / 2 / math.tan(math.radians(HFOV_DEG / 2))


def picture(step: int, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """uint8 [H, W, 3] BGR: what the camera sees in a frame; at other sizes only the texture is of use."""
    rng = np.random.default_rng(7)
    wide = cv2.resize(rng.integers(60, 190, (height // 8, width // 2), np.uint8), (width * 4, height))
    part = cv2.cvtColor(np.ascontiguousarray(wide[:, step * 2 % (width * 3) :][:, :width]), cv2.COLOR_GRAY2BGR)
    away_m = AHEAD_M - step * SPEED_MPS / FPS
    if away_m > 0.5:
        middle, foot = width / 2 + F_PX * RIGHT_M / away_m, height / 2 + F_PX * CAMERA_M / away_m
        half = F_PX * SIZE_M / away_m / 2
        corners = (round(middle - half), round(foot - 2 * half)), (round(middle + half), round(foot))
        cv2.rectangle(part, *corners, (0, 0, 255), cv2.FILLED)
    x1, y1, x2, y2 = FACE
    part[y1:y2, x1:x2] = (0, 255, 0)
    part[y1:y2, x1 + 2 : x2 : 4] = (0, 150, 0)
    return np.asarray(part, np.uint8)


def write_models(folder: Path) -> Path:
    """A store with both detectors: red is litter, blue a person; green is a face."""
    labels = read_taxonomy().labels
    street = np.zeros((len(labels), 3), np.float32)
    street[labels.index("litter")], street[labels.index("person")] = COLOURS[0], COLOURS[2]
    write_tiny(folder, "street", labels, width=640, height=480, box_px=64, colours=street)
    privacy = np.stack([COLOURS[1], np.zeros(3, np.float32)])
    write_tiny(folder, "privacy", ("face", "plate"), width=640, height=480, box_px=96, colours=privacy)
    card = folder / "cards" / "street.toml"
    card.write_text(card.read_text("utf-8").replace("nms_iou = 0.5", "nms_iou = 0.1"), "utf-8")
    return folder


def write_video(
    path: Path,
    frames: int = 30,
    fps: int = FPS,
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
    again_after: int | None = None,
    slices: int = 1,
) -> Path:
    """An H.264 file of so many pictures, each in so many slices; again_after: the drive's begin anew after so many."""
    with av.open(str(path), "w", options=options or {}) as container:
        container.metadata.update(metadata or {})
        # One thread, or the encoder's choices and so the bytes vary from run to run and with the machine's cores.
        settings = {"g": "10", "crf": "18", "threads": "1", "slices": str(slices)}
        stream = container.add_stream("libx264", rate=fps, options=settings)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for step in range(frames):
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(picture(step % (again_after or frames)), format="bgr24"))
            )
        container.mux(stream.encode(None))
    return path


def without_a_slice(video: Path, path: Path, hurt: int) -> Path:
    """A video (MP4) of whose packet number `hurt` the last slice is missing."""
    with av.open(str(video)) as given, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(given.streams.video[0])
        for number, packet in enumerate(packet for packet in given.demux(video=0) if packet.size):
            content, place, last = bytes(packet), 0, 0
            while place < len(content):
                last, place = place, place + 4 + int.from_bytes(content[place : place + 4])
            kept = av.Packet(content[:last] if number == hurt else content)
            kept.pts, kept.dts, kept.time_base = packet.pts, packet.dts, packet.time_base
            kept.duration, kept.is_keyframe, kept.stream = packet.duration, packet.is_keyframe, stream
            container.mux(kept)
    return path


def rotten(video: bytes, rng: random.Random, flips: int) -> bytes:
    """A video (MP4 with its index at the front) with so many bits of its pictures turned over."""
    content, pictures = bytearray(video), video.index(b"mdat") + 4
    for _ in range(flips):
        content[rng.randrange(pictures, len(video))] ^= 1 << rng.randrange(8)
    return bytes(content)


def write_drive(folder: Path, seconds: int) -> Path:
    """A drive on which the same litter comes by every 16 s, a frame a second, with telemetry and models."""
    write_video(folder / "drive.mp4", seconds, fps=1, again_after=FRAMES)
    write_gpx(folder / "drive.gpx", seconds)
    write_models(folder / "models")
    return folder


def write_photos(folder: Path, count: int = 4) -> Path:
    """Photos without any metadata, named 8.jpg, 9.jpg, 10.jpg …"""
    folder.mkdir(parents=True, exist_ok=True)
    for step in range(count):
        cv2.imwrite(str(folder / f"{step + 8}.jpg"), picture(step + 8))
    return folder


def write_gpx(path: Path, seconds: int = 4, start: str = "2026-03-01T02:00:00") -> Path:
    """A GPX track northwards, a fix a second."""
    base, points = np.datetime64(start), []
    for second in range(seconds):
        lat = LAT + second * SPEED_MPS / 110_852.0
        points.append(f'<trkpt lat="{lat:.7f}" lon="{LON}"><time>{base + np.timedelta64(second, "s")}Z</time></trkpt>')
    path.write_text(
        '<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
        + "".join(points)
        + "</trkseg></trk></gpx>",
        "utf-8",
    )
    return path
