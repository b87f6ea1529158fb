"""By how much a camera's clock is ahead: what is found, and what is said to be unknown.

    make bench-clock                    # films drawn by the tests, the rendered demo drive, 1200 simulated drives
    make bench-clock ARGS="--shared"    # and the real clip with its own positions, in ../shared/data

An offset is put into the fixes, and the footage is compared with them. `wrong` are estimates more than 0.2 s off.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from edge.sources.optics import read_optics
from edge.sources.video import Video
from edge.telemetry.clocks import LOOK_S, footage_motion
from edge.telemetry.gpmf import read_gpmf_video
from edge.telemetry.gpx import read_gpx
from pipeline.clock_offset import Estimated, Flagged, clock_offset
from pipeline.clock_signals import Seen
from pipeline.observation import SourceKind
from pipeline.pose import Camera, Fix, Mount
from pipeline.timeline import Timeline
from tests.pipeline.filmed import MOUNT, START_NS, Way, film_seen, fixes_of, seen_by_camera, steady, stop_and_go

ROOT = Path(__file__).resolve().parents[2]
INJECTED_S = (-3.0, -1.0, 0.0, 1.0, 3.0)
GOOD_S = 0.2


def found_in(seen: Seen, fixes: Sequence[Fix], start_utc_ns: int) -> Estimated | Flagged:
    return clock_offset([seen], Timeline(fixes, MOUNT, start_utc_ns=start_utc_ns).log)


def row(name: str, told: Sequence[tuple[float, Estimated | Flagged]]) -> None:
    cells = [
        f"{one.offset_s:+.2f}±{one.sigma_s:.2f}" if isinstance(one, Estimated) else one.reason.value for _, one in told
    ]
    print(f"| {name} | " + " | ".join(cells) + " |")


def shifted(fixes: Sequence[Fix], offset_s: float) -> list[Fix]:
    """The fixes of a camera whose clock is ahead by so much."""
    by_ns = round(offset_s * 1e9)
    return [
        replace(
            fix,
            utc_ns=None if fix.utc_ns is None else fix.utc_ns - by_ns,
            media_ns=None if fix.media_ns is None else fix.media_ns - by_ns,
        )
        for fix in fixes
    ]


def footage() -> None:
    print("| footage | " + " | ".join(f"{offset:+.0f} s" for offset in INJECTED_S) + " |")
    print("|---|" + "---|" * len(INJECTED_S))
    for name, make in (
        ("drawn film, town, 50 s", lambda seed: stop_and_go(50, seed)),
        ("drawn film, stops only, 50 s", lambda seed: stop_and_go(50, seed, corners=False)),
        ("drawn film, straight road at one speed, 50 s", lambda seed: steady(50, seed)),
    ):
        for seed in (1, 2):
            way = make(seed)
            seen = film_seen(way, 50, Camera.from_hfov(320, 180, 75.0), seed, LOOK_S)
            told = [(offset, found_in(seen, fixes_of(way, seed, offset), START_NS)) for offset in INJECTED_S]
            row(f"{name}, seed {seed}", told)
    drive = ROOT / "datasets" / "demo_drive"
    for one in ("car_a", "car_b"):
        video = Video.open(drive / f"{one}.mp4")
        optics = read_optics(drive / f"{one}.toml", video.width_px, video.height_px, SourceKind.VEHICLE)
        seen = footage_motion(video, (0.0, video.duration_ns / 1e9), optics.camera, optics.mount)
        fixes, start = read_gpx(drive / f"{one}.gpx").fixes, video.start_utc_ns or 0
        told = [(offset, found_in(seen, shifted(fixes, offset), start)) for offset in INJECTED_S]
        row(f"rendered demo drive, {one}, {video.duration_ns / 1e9:.0f} s", told)


def real() -> None:
    video = Video.open(ROOT.parent / "shared" / "data" / "footage" / "max-heromode.mp4")
    camera = Camera.from_hfov(video.width_px, video.height_px, 90.0)
    seen = footage_motion(video, (0.0, video.duration_ns / 1e9), camera, Mount(1.6))
    fixes = read_gpmf_video(video.path).fixes
    told = [(offset, found_in(seen, shifted(fixes, offset), 0)) for offset in INJECTED_S]
    row("real GoPro clip, a walk, 10 s", told)


def simulated(drives: int) -> None:
    print("\n| simulated drives | known | median error | 95 % | worst | wrong | flagged as |")
    print("|---|---|---|---|---|---|---|")
    kinds: tuple[tuple[str, Callable[[int, int], Way]], ...] = (
        ("town", lambda seconds, seed: stop_and_go(seconds, seed)),
        ("stops, no corner", lambda seconds, seed: stop_and_go(seconds, seed, corners=False)),
        ("neither", lambda seconds, seed: stop_and_go(seconds, seed, corners=False, stops=False)),
        ("one speed", steady),
    )
    for name, make in kinds:
        for seconds in (30, 60, 120):
            for told in (True, False):
                simulated_row(f"{name}, {seconds} s, {'speed and course' if told else 'positions only'}",
                              make, seconds, told, drives)  # fmt: skip


def simulated_row(name: str, make: Callable[[int, int], Way], seconds: int, told: bool, drives: int) -> None:
    flagged, errors = Counter[str](), list[float]()
    for seed in range(drives):
        offset = float(np.random.default_rng(seed).uniform(-3, 3))
        way = make(seconds, seed)
        one = found_in(seen_by_camera(way, seconds, seed), fixes_of(way, seed, offset, told=told), START_NS)
        if isinstance(one, Flagged):
            flagged[one.reason.value] += 1
        else:
            errors.append(abs(one.offset_s - offset))
    figures = [f"{value:.2f} s" for value in np.percentile(errors, [50, 95, 100])] if errors else ["–"] * 3
    wrong = sum(error > GOOD_S for error in errors)
    why = ", ".join(f"{reason} {count}" for reason, count in flagged.most_common()) or "–"
    print(f"| {name} | {len(errors)} of {drives} | {' | '.join(figures)} | {wrong} | {why} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drives", type=int, default=50, help="simulated drives a row")
    parser.add_argument("--shared", action="store_true", help="also the real clip in ../shared/data")
    wishes = parser.parse_args()
    footage()
    if wishes.shared:
        real()
    simulated(wishes.drives)


if __name__ == "__main__":
    main()
