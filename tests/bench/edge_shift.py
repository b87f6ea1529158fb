"""Does a worker that drives for long keep the memory that it began with?

The demo drive's first car goes its street again and again, each time where the last one ended, and `steward edge run`
inspects all of it without a server. What it holds is read every second and told for each tenth of the time from its
first traverse on.

    python -m tests.bench.edge_shift --rounds 100
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av

from edge.telemetry.gpx import read_gpx
from tests.bench.running import ROOT
from tests.resident import held

DRIVE = ROOT / "datasets/demo_drive/car_a.mp4"
PARTS = 10
MB = 2**20
START = datetime(2026, 3, 1, 2, tzinfo=UTC)
FIRST = "traverse 1:"
CONFIG = """
[device]
name = "bench"
state_dir = "state"
until_empty = true
[sampling]
distance_m = 3
[[source]]
path = "long.mp4"
telemetry = "long.gpx"
camera = "{camera}"
clock_offset_s = 0.0
"""


def long_footage(rounds: int, path: Path) -> float:
    """The drive's frames so often one after the other; returns how many seconds a round lasts."""
    with av.open(str(path), "w") as target:
        stream = None
        for turn in range(rounds):
            with av.open(str(DRIVE)) as source:
                video = source.streams.video[0]
                assert video.duration is not None
                assert video.time_base is not None
                stream = stream or target.add_stream_from_template(video)
                for packet in source.demux(video):
                    if packet.dts is not None and packet.pts is not None:
                        packet.pts += turn * video.duration
                        packet.dts += turn * video.duration
                        packet.stream = stream
                        target.mux(packet)
        return float(video.duration * video.time_base)


def long_way(rounds: int, lasts_s: float, path: Path) -> None:
    """Its fixes so often, each round from where the last one ended."""
    fixes = read_gpx(DRIVE.with_suffix(".gpx")).fixes
    east, north = fixes[-1].lon - fixes[0].lon, fixes[-1].lat - fixes[0].lat
    points = []
    for turn in range(rounds):
        for fix in fixes:
            assert fix.utc_ns is not None
            assert fixes[0].utc_ns is not None
            since_s = (fix.utc_ns - fixes[0].utc_ns) / 1e9
            if since_s < lasts_s:  # the last one is later than the next round's first
                at = START + timedelta(seconds=turn * lasts_s + since_s)
                points.append(
                    f'<trkpt lat="{fix.lat + turn * north:.8f}" lon="{fix.lon + turn * east:.8f}"><hdop>1.1</hdop>'
                    f"<time>{at:%Y-%m-%dT%H:%M:%S.%fZ}</time>"
                    f"<speed>{fix.speed_mps}</speed><course>{fix.course_deg}</course></trkpt>"
                )
    path.write_text(f'<gpx version="1.1"><trk><trkseg>{"".join(points)}</trkseg></trk></gpx>', "utf-8")


def driven(folder: Path) -> tuple[list[float], float]:
    """What the worker held each second since its first traverse was done, and at most."""
    command = [sys.executable, "-m", "steward", "edge", "run", "--config", folder / "edge.toml"]
    said, each_s, most = folder / "said.txt", list[float](), 0.0
    with said.open("wb") as log:
        worker = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    while worker.poll() is None:
        with suppress(OSError, ValueError):  # it has just ended
            now, most = held(worker.pid, "VmRSS") / MB, held(worker.pid, "VmHWM") / MB
            if FIRST in said.read_text("utf-8"):
                each_s.append(now)
        time.sleep(1.0)
    if worker.returncode or not each_s:
        raise SystemExit(f"edge_shift: the worker ended with {worker.returncode}\n{said.read_text('utf-8')[-2000:]}")
    return each_s, most


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--rounds", type=int, default=100, help="of 17 s each [default: %(default)s]")
    told = asks.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lasts_s = long_footage(told.rounds, folder / "long.mp4")
        long_way(told.rounds, lasts_s, folder / "long.gpx")
        (folder / "edge.toml").write_text(CONFIG.format(camera=DRIVE.with_suffix(".toml")), "utf-8")
        each_s, most = driven(folder)
    print(
        f"{told.rounds * lasts_s / 60:.0f} minutes of footage in {len(each_s)} s; MB of 2^20 bytes: {most:.0f} at most"
    )
    for part in range(PARTS):
        some = each_s[len(each_s) * part // PARTS : len(each_s) * (part + 1) // PARTS]
        if some:
            print(
                f"  part {part + 1:2}: {min(some):.0f} to {max(some):.0f}, {statistics.median(some):.0f} in the middle"
            )


if __name__ == "__main__":
    main()
