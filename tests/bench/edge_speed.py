"""What a vehicle's box can do, every figure beside what it is compared with, in one run in turns.

    make bench-edge
    make bench-edge ARGS="--runs 1 --no-install --no-accuracy"

All sides take turns (A B C D A B ...), so that a machine whose speed drifts is fair to all; ratios are within a round,
their median is told. Each is told by the clock and by processor time (of the process and all its threads): on a machine
that does other work believe the latter. Times run from the first frame asked for to the last result, without the start
and the model's load. `steward` analyses every frame (distance 0) and does more than the others in that time: it
follows, locates, judges, redacts and writes evidence. ultralytics runs the same ONNX file at the same input on
onnxruntime's CPU provider, and follows. Of the camera it is told how many such one box keeps up with.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from statistics import median

import av
import numpy as np

from tests.bench import edge_accuracy, edge_install
from tests.bench.running import ROOT, Ran, ours, steward, theirs

WEIGHTS = ROOT / "models/weights/street.onnx"
DEMO = ROOT / "datasets/demo_drive/car_a.mp4"
KM_H, SPACING_M = 40.0, 3.0
CAMERA, CAMERA_FPS = (1920, 1080), 30


@dataclass(slots=True)
class Sides:
    """What every round gave, by side."""

    rounds: list[dict[str, Ran]] = field(default_factory=list)

    def ratio(self, one: str, other: str, key: str) -> float:
        """How many times as many frames `one` does in a second, by `key`: seconds, or cpu_s."""
        return median(self._rate(row[one], key) / self._rate(row[other], key) for row in self.rounds)

    def rate(self, one: str, key: str) -> float:
        return median(self._rate(row[one], key) for row in self.rounds)

    @staticmethod
    def _rate(ran: Ran, key: str) -> float:
        return float(ran.told["frames"] / ran.told[key])


COMPARED = (
    ("steward", "bare session", 0.90, "footage to observations ÷ bare session, provider ladder"),
    ("steward", "bare session, two at a time", 0.90, "the same, beside two frames at a time"),
    ("steward on CPU", "bare session on CPU", 0.90, "both on the CPU provider"),
    ("steward", "ultralytics", 3.0, "footage to observations ÷ ultralytics track, provider ladder"),
    ("steward on CPU", "ultralytics", 1.5, "the same, CPU provider"),
)
UNREAD = ", no numbers read"
"""The same pass as on a vehicle without the extra `ocr`: reading costs what is between the two."""


def speed(clip: Path, python: Path, shape: tuple[str, str], runs: int, ads: bool = False) -> list[Ran]:
    """Print the ratios on a clip, where it shows ads also without reading them; gives the runs of `steward`."""
    sides = Sides()
    for _ in range(runs):
        row = {
            "bare session": ours("bare", clip),
            "bare session, two at a time": ours("bare", clip, at_a_time=2),
            "steward": ours("inspect", clip),
            "bare session on CPU": ours("bare", clip, "cpu"),
            "steward on CPU": ours("inspect", clip, "cpu"),
            "ultralytics": theirs(python, "track", WEIGHTS, clip, *shape),
        }
        if ads:
            row[f"steward{UNREAD}"] = ours("inspect", clip, unread=1)
            row[f"steward on CPU{UNREAD}"] = ours("inspect", clip, "cpu", unread=1)
        sides.rounds.append(row)
    print(f"{clip.name}: frames a second by the clock, and a second of processor time; median of {runs}")
    for name in sides.rounds[0]:
        print(f"  {name:<32} {sides.rate(name, 'seconds'):7.1f} {sides.rate(name, 'cpu_s'):7.1f}")
    for one, other, wanted, said in compared(ads):
        clock, cpu = sides.ratio(one, other, "seconds"), sides.ratio(one, other, "cpu_s")
        print(
            f"  {said:<80} {clock:5.2f} by the clock, {cpu:5.2f} by processor time; asked for {wanted:.2f}", flush=True
        )
    return [row["steward"] for row in sides.rounds]


def compared(ads: bool) -> Iterator[tuple[str, str, float, str]]:
    """What is held against what, how often as fast is asked for, and how that is said."""
    for one, other, wanted, said in COMPARED:
        yield one, other, wanted, said
        if ads:
            yield f"{one}{UNREAD}", other, wanted, f"{said}{UNREAD}"


def cameras(clip: Path, folder: Path, runs: int) -> None:
    """Print how many cameras at KM_H and SPACING_M this box keeps up with."""
    film, seconds = full_hd(clip, folder / "camera.mp4")
    track = folder / "camera.gpx"
    track.write_text(straight_on(seconds), "utf-8")
    all_ = [ours("inspect", film, telemetry=track, distance_m=SPACING_M) for _ in range(runs)]
    by_clock = median(ran.told["footage_s"] / ran.told["seconds"] for ran in all_)
    by_cpu = median((os.cpu_count() or 1) * ran.told["footage_s"] / ran.told["cpu_s"] for ran in all_)
    first = all_[0].told
    print(
        f"cameras of {CAMERA[0]}x{CAMERA[1]}, {CAMERA_FPS} frames/s, at {KM_H:.0f} km/h, a look every {SPACING_M:.0f} m"
    )
    print(f"  {by_clock:.1f} by the clock of one pass, {by_cpu:.1f} by processor time of {os.cpu_count()} cores")
    print(f"  ({first['frames']} frames decoded, {first['analysed']} analysed, {first['footage_s']:.1f} s)", flush=True)


def full_hd(clip: Path, path: Path) -> tuple[Path, float]:
    """The clip enlarged to what a dashcam films, and its length in s."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=CAMERA_FPS, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = *CAMERA, "yuv420p"
        frames = 0
        for frame in source.decode(video=0):
            large = frame.reformat(*CAMERA, format="yuv420p")
            large.pts, large.time_base, frames = frames, Fraction(1, CAMERA_FPS), frames + 1
            target.mux(stream.encode(large))
        target.mux(stream.encode(None))
    return path, frames / CAMERA_FPS


def straight_on(seconds: float) -> str:
    """GPX of a way north at KM_H, a fix a second."""
    start = np.datetime64("2026-03-01T02:00:00")
    points = "".join(
        f'<trkpt lat="{30.0 + second * KM_H / 3.6 / 110_852:.7f}" lon="120.0">'
        f"<time>{start + np.timedelta64(second, 's')}Z</time></trkpt>"
        for second in range(int(seconds) + 2)
    )
    return f'<?xml version="1.0"?><gpx version="1.1"><trk><trkseg>{points}</trkseg></trk></gpx>'


def start_and_memory(clip: Path, passes: list[Ran], folder: Path, runs: int) -> None:
    """Print the time from the command to a photo's observations on the disk, and the most memory that was held."""
    photo = folder / "photo.png"
    with av.open(str(clip)) as source:
        next(source.decode(video=0)).to_image().save(photo)
    starts = [steward("edge", "inspect", photo, "--out", folder / f"photo{n}", "--json") for n in range(runs)]
    clock, cpu = median(ran.seconds for ran in starts), median(ran.cpu_s for ran in starts)
    print(f"start to the first observation, one photo: {clock:.1f} s, {cpu:.1f} s of processor time; asked for 3 s")
    config = folder / "edge.toml"
    config.write_text(
        f'[device]\nname = "bench"\nstate_dir = "{folder}/state"\nuntil_empty = true\n[sampling]\ndistance_m = 0.0\n'
        f'[[source]]\npath = "{clip}"\n',
        "utf-8",
    )
    held = {
        "steward edge inspect of a photo": max(ran.peak_mb for ran in starts),
        "footage to observations": max(ran.peak_mb for ran in passes),
        "the same, and a number read": ours("inspect", clip, read=1).peak_mb,
        "steward edge run": steward("edge", "run", "--config", config).peak_mb,
    }
    print("resident memory at its peak, MB of 2^20 bytes; asked for at most 450")
    for name, peak_mb in held.items():
        print(f"  {name:<34} {peak_mb:5.0f}", flush=True)


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--baseline-python", type=Path, required=True, help="a Python that has ultralytics")
    asks.add_argument("--data", type=Path, default=ROOT.parent / "shared/data", help="with footage/ and detection/")
    asks.add_argument("--clip", type=Path, help="footage to measure on [default: max-heromode.mp4 of --data]")
    asks.add_argument("--shape", nargs=2, default=("384", "640"), help="height and width that ultralytics is fed at")
    asks.add_argument("--runs", type=int, default=2)
    asks.add_argument("--every", type=int, default=3, help="one of so many photos is asked for AP50")
    asks.add_argument("--accuracy", action=argparse.BooleanOptionalAction, default=True, help="measure AP50")
    asks.add_argument("--install", action=argparse.BooleanOptionalAction, default=True, help="measure the install")
    told = asks.parse_args()
    clip = (told.clip or told.data / "footage/max-heromode.mp4").resolve()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load average {load:.1f} at the start, {told.runs} rounds in turns", flush=True)
    passes = speed(clip, told.baseline_python.absolute(), told.shape, told.runs)
    speed(DEMO, told.baseline_python.absolute(), told.shape, told.runs, ads=True)
    with tempfile.TemporaryDirectory() as folder:
        cameras(clip, Path(folder), told.runs)
        start_and_memory(clip, passes, Path(folder), told.runs)
    if told.accuracy:
        edge_accuracy.tell(told.baseline_python.absolute(), told.data, told.every)
    if told.install:
        edge_install.tell(450.0)


if __name__ == "__main__":
    main()
