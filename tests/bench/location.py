"""How far off places are, and whether they are as uncertain as they say.

    make bench-location                                   # simulated streets and the rendered demo drive
    make bench-location ARGS="--seeds 100 --drive DIR"    # more streets; a drive that was rendered into DIR

Boxes get a detector's errors, fixes a receiver's, mounts an installer's (tests/bench/driven.py); what follows them, and
places what was followed, is the product. `inside` is the share of true places inside the 95 % ellipse.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.expect import expected_box
from pipeline.families import families
from pipeline.locate import locate
from pipeline.sampling import Sampler
from pipeline.shapes import Sheet, shape_of
from pipeline.timeline import Timeline
from pipeline.tracking import Tracker
from pipeline.types import Located, Pose, Track
from tests.bench.driven import START_NS, Drive, Faults, detected, fixes_of, mounted_as_told, rendered, simulated
from training.drive.boxes import LABELS

ROOT = Path(__file__).resolve().parents[2]
CHI2_95 = 5.991
PROBLEMS = ("litter", "illegal_ad", "overflowing_bin", "car", "bin", "motorcycle", "bicycle")
RANGES_M = ((0, 8), (8, 12), (12, 18), (18, 30), (30, 60))


@dataclass(frozen=True, slots=True)
class Miss:
    """One placed track against its thing."""

    label: str
    range_m: float
    off_m: float
    mahalanobis2: float
    along_m: float
    across_m: float


def misses(drive: Drive, faults: Faults, distance_m: float, rng: np.random.Generator) -> list[Miss]:
    """What becomes of one pass: every track of a thing that the tracker believes and `locate` places."""
    mount = mounted_as_told(drive, faults, rng)
    line = Timeline(fixes_of(drive, faults, rng), mount, start_utc_ns=START_NS)
    tracker = Tracker(
        start=np.full(len(LABELS), 0.3, np.float32), family=families(LABELS), width_px=drive.camera.width_px,
        height_px=drive.camera.height_px, ground=partial(expected_box, drive.camera),
        hanging=frozenset(n for n, label in enumerate(LABELS) if isinstance(shape_of(label), Sheet)),
    )  # fmt: skip
    sampler, owners = Sampler(distance_m), defaultdict[int, Counter[str]](Counter)
    for index, moment in enumerate(drive.moments):
        pose = line.pose(index, round(moment.at_s * 1e9))
        if not isinstance(pose, Pose) or sampler.place(pose) is not None:
            continue
        found, who = detected(drive, moment, faults, rng)
        # Rows come back in the order in which they went in.
        seen = tracker.step(index, round(moment.at_s * 1e9), found, None, pose)
        for row, key in enumerate(seen.track):
            owners[int(key)][who[row]] += 1
    return [
        miss
        for track in tracker.finish()
        if (miss := _missed(drive, track, owners[track.key].most_common(1)[0][0])) is not None
    ]


def _missed(drive: Drive, track: Track, owner: str) -> Miss | None:
    label = LABELS[track.label]
    place = locate(track, label, drive.camera)
    if not isinstance(place, Located):
        return None
    east, north = drive.frame.to_en(place.lat, place.lon)
    off = np.array([east, north]) - drive.places[owner]
    cov = np.array([[place.covariance.ee, place.covariance.en], [place.covariance.en, place.covariance.nn]])
    bearing = math.radians(place.bearing_deg)
    ray = np.array([math.sin(bearing), math.cos(bearing)])
    across = float(off @ np.array([ray[1], -ray[0]]))
    return Miss(
        label, place.range_m, float(np.hypot(*off)), float(off @ np.linalg.solve(cov, off)), float(off @ ray), across
    )


def table(title: str, found: list[Miss]) -> None:
    print(f"\n{title}\n\n| what | tracks | median | 95 % | inside | mean along, across |\n|---|---|---|---|---|---|")
    line("all", found)
    for label in PROBLEMS:
        line(label, [one for one in found if one.label == label])
    for low, high in RANGES_M:
        line(f"{low} to {high} m", [one for one in found if low <= one.range_m < high])


def line(name: str, found: list[Miss]) -> None:
    if not found:
        return
    off = np.array([one.off_m for one in found])
    inside = float(np.mean([one.mahalanobis2 < CHI2_95 for one in found]))
    along, across = (float(np.mean([getattr(one, part) for one in found])) for part in ("along_m", "across_m"))
    print(
        f"| {name} | {len(found)} | {np.median(off):.2f} m | {np.percentile(off, 95):.2f} m | {100 * inside:.1f} % |"
        f" {along:+.2f}, {across:+.2f} m |"
    )


def measure(drives: Iterable[Drive], repeats: int, distance_m: float) -> None:
    told = list(drives)
    for what, drone in (("by car", False), ("by drone", True)):
        for receiver, faults in (
            ("true receiver", Faults(fix_m=0.0)),
            ("receiver that errs by 2.75 m an axis", Faults()),
        ):
            found = [
                miss
                for one in told if one.drone is drone
                for number in range(repeats)
                for miss in misses(one, faults, distance_m, np.random.default_rng([number, *one.name.encode()]))
            ]  # fmt: skip
            kind = "rendered" if any("drive" in one.name for one in told) else "simulated"
            table(f"{kind}, {what}, {receiver}, {sum(one.drone is drone for one in told)} passes × {repeats}", found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=30, help="simulated streets")
    parser.add_argument("--repeats", type=int, default=20, help="times that each rendered pass is seen with new errors")
    parser.add_argument("--drive", type=Path, action="append", default=[], help="a rendered drive's folder")
    parser.add_argument("--distance", type=float, default=1.5, help="metres between analysed frames")
    wishes = parser.parse_args()
    for folder in [ROOT / "datasets" / "demo_drive", *wishes.drive]:
        measure(rendered(folder), wishes.repeats, wishes.distance)
    measure(simulated(range(1000, 1000 + wishes.seeds)), 1, wishes.distance)


if __name__ == "__main__":
    main()
