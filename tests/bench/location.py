"""How far off places are, and whether they are as uncertain as they say.

    make bench-location                                   # simulated streets and the rendered demo drive
    make bench-location ARGS="--drive DIR --held-out DIR" # more rendered streets; those that nothing was chosen on

The simulated streets are seen twice: as they were when the location was made, and turned round with another camera.
Boxes get a detector's errors, fixes a receiver's, mounts an installer's (tests/bench/driven.py); what follows them, and
places what was followed, is the product. `ellipse` is the sigma of a circle as large as the median ellipse without the
receiver's claim, `inside` is the share of true places inside the 95 % ellipse, `NEES` what
tests/bench/consistency.py says; both with the 95 % interval that the number of passes leaves.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from edge.telemetry.clocks import TIED_SIGMA_S
from pipeline.families import families
from pipeline.lean import lean_of
from pipeline.locate import locate
from pipeline.observation import Located
from pipeline.pose import Camera, Pose
from pipeline.sampling import DISTANCE_M, Sampler
from pipeline.shapes import Sheet, shape_of, stands
from pipeline.timeline import Timeline
from pipeline.track import Track
from pipeline.tracking import Tracker
from tests.bench.consistency import Errors, Miss, Receiver
from tests.bench.driven import (
    START_NS,
    Drive,
    Faults,
    camera_as_told,
    detected,
    fixes_of,
    mounted_as_told,
    rendered,
    simulated,
)
from training.sources import LABELS

ROOT: Final = Path(__file__).resolve().parents[2]
PROBLEMS: Final = ("litter", "illegal_ad", "overflowing_bin", "car", "bin", "motorcycle", "bicycle", "person")
TOLD: Final = ("litter", "illegal_ad", "overflowing_bin")
TOLD_WITHIN_M: Final = 18.0
YOUNG: Final = frozenset(LABELS.index(label) for label in (*TOLD, "car", "motorcycle", "bicycle"))
"""What a vehicle with zones looks at closer."""
RANGES_M: Final = ((0, 8), (8, 12), (12, 18), (18, 30), (30, 60))
VIEWS: Final = ((3, 4), (4, 6), (6, 9), (9, 13), (13, 99))
TRUE: Final = Receiver(0.1, 0.1)
"""One that errs by the least that it can say."""
AS_IT_SAYS: Final = Receiver(2.75, 2.75)
OTHERS: Final = {
    "errs by 2 m and says 2.75 m": Receiver(2.0, 2.75),
    "errs by 4 m and says 2.75 m": Receiver(4.0, 2.75),
}
TRUE_RECEIVER: Final = Faults(fix_m=0.0, wander_m=0.0)
DRIFTING: Final = Faults(fix_m=0.0)
DRAWS: Final = 40
"""Biases with which each seen pass is seen again."""
NONE: Final = Faults(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, (0.0, 0.0), 0.0, 0.0, 0.0, 0.0)
ALONE: Final = {
    "none: what a thing's own size and shape leave": NONE,
    "boxes": replace(NONE, side_px=2.0, side_share=0.04, lost=0.1),
    "how the camera is mounted, or a gimbal's angles": replace(NONE, mount_deg=0.95, gimbal_deg=(2.0, 1.0)),
    "how level the camera is": replace(NONE, roll_deg=1.0),
    "the lens": replace(NONE, lens_share=0.018),
    "the camera's height": replace(NONE, mount_m=0.05, height_m=1.0),
    "the receiver's course and speed": replace(NONE, course_deg=0.6, speed_mps=0.05),
    "the receiver's noise": replace(NONE, noise_m=0.12, hover_m=0.15),
    "fixes late or early by 0.05 s": replace(NONE, late_s=0.05),
}


def misses(drive: Drive, faults: Faults, distance_m: float, draw: int) -> list[Miss]:
    """What becomes of one pass: every track of a thing that the tracker believes and `locate` places."""
    rng = np.random.default_rng([draw, *drive.name.encode()])
    camera, mount = camera_as_told(drive, faults, rng.spawn(1)[0]), mounted_as_told(drive, faults, rng)
    line = Timeline(fixes_of(drive, faults, rng), mount, start_utc_ns=START_NS, clock_sigma_s=TIED_SIGMA_S)
    tracker = Tracker(
        start=np.full(len(LABELS), 0.3, np.float32), family=families(LABELS), width_px=camera.width_px,
        height_px=camera.height_px, camera=camera,
        hanging=frozenset(n for n, label in enumerate(LABELS) if isinstance(shape_of(label), Sheet)),
        standing=frozenset(n for n, label in enumerate(LABELS) if stands(label)),
    )  # fmt: skip
    sampler, owners = Sampler(distance_m), defaultdict[int, Counter[str]](Counter)
    for index, moment in enumerate(drive.moments):
        pose = line.pose(index, round(moment.at_s * 1e9))
        if not isinstance(pose, Pose) or sampler.place(pose, young=tracker.young(YOUNG)) is not None:
            continue
        found, who = detected(drive, moment, faults, rng)
        # Rows come back in the order in which they went in.
        seen = tracker.step(index, round(moment.at_s * 1e9), found, None, pose)
        for row, key in enumerate(seen.track):
            owners[int(key)][who[row]] += 1
    tracks = tracker.finish()
    lean = lean_of(tracks, LABELS, camera)
    seen_right = tracks if lean is None else [lean.put_right(track) for track in tracks]
    ended = (_missed(drive, camera, track, owners[track.key], faults, draw) for track in seen_right)
    return [miss for miss in ended if miss is not None]


def _missed(drive: Drive, camera: Camera, track: Track, owners: Counter[str], faults: Faults, draw: int) -> Miss | None:
    label = LABELS[track.label]
    place = locate(track, label, camera)
    if not isinstance(place, Located):
        return None
    owner, views = owners.most_common(1)[0]
    off = np.array(drive.frame.to_en(place.lat, place.lon)) - drive.places[owner]
    told = np.array([[place.covariance.ee, place.covariance.en], [place.covariance.en, place.covariance.nn]])
    return Miss(
        drive.name, draw, label, place.range_m, place.bearing_deg, len(track.views), views / owners.total(),
        off, told - faults.claims_m**2 * np.eye(2),
    )  # fmt: skip


def seen(drives: Sequence[Drive], faults: Faults, distance_m: float, repeats: int) -> list[Miss]:
    """Every pass so many times, each time with new errors."""
    return [miss for one in drives for draw in range(repeats) for miss in misses(one, faults, distance_m, draw)]


Pick = Callable[[Miss], bool]


def slices() -> Iterator[tuple[str, Pick]]:
    yield "all", lambda one: True
    yield "of one thing alone", lambda one: one.pure == 1.0
    yield "with views of a neighbour", lambda one: one.pure < 1.0
    yield "told of: no vehicles, within 18 m", lambda one: one.label in TOLD and one.range_m < TOLD_WITHIN_M
    for label in PROBLEMS:
        yield label, lambda one, label=label: one.label == label  # type: ignore[misc]
    for low, high in RANGES_M:
        yield f"{low} to {high} m", lambda one, low=low, high=high: low <= one.range_m < high  # type: ignore[misc]
    for low, high in VIEWS:
        yield f"{low} to {high - 1} views", lambda one, low=low, high=high: low <= one.views < high  # type: ignore[misc]


def head(title: str) -> None:
    print(f"\n{title}\n\n| what | tracks | median | 95 % | ellipse | inside | NEES | band |\n{'|---' * 8}|")


def line(name: str, errors: Errors) -> None:
    if not errors.misses:
        return
    inside, nees = errors.inside, errors.mean_nees
    low, high = nees.nees_band
    print(
        f"| {name} | {len(errors.misses)} | {np.median(errors.off_m):.2f} m | {np.percentile(errors.off_m, 95):.2f} m |"
        f" {errors.radius_m:.2f} m | {100 * inside.mean:.1f} ± {100 * inside.half:.1f} % |"
        f" {nees.mean:.2f} | {low:.2f} to {high:.2f} |",
        flush=True,
    )


def measure(title: str, drives: Sequence[Drive], repeats: int, distance_m: float, alone: bool) -> None:
    """Errors of a receiver are drawn apart from the rest: its drift with the pass, its bias many times for each."""
    for what, drone in (("by car", False), ("by drone", True)):
        passes = [one for one in drives if one.drone is drone]
        if not passes:
            continue
        times = f"{len(passes)} passes × {repeats}"
        found = seen(passes, TRUE_RECEIVER, distance_m, repeats)
        table(f"{title}, {what}, a true receiver, {times}", Errors.under(found, TRUE, DRAWS))
        found = seen(passes, DRIFTING, distance_m, repeats)
        table(
            f"{title}, {what}, one that errs by 2.75 m an axis and says so, {times} × {DRAWS} biases",
            Errors.under(found, AS_IT_SAYS, DRAWS),
        )
        head(f"{title}, {what}, the same passes, receivers that do not say what they err by")
        for name, receiver in OTHERS.items():
            line(name, Errors.under(found, receiver, DRAWS))
        if alone:
            head(f"{title}, {what}, a true receiver, one kind of error at a time")
            for name, faults in ALONE.items():
                line(name, Errors.under(seen(passes, faults, distance_m, math.ceil(repeats / 5)), TRUE, DRAWS))


def table(title: str, errors: Errors) -> None:
    head(title)
    for row, pick in slices():
        line(row, errors[np.array([pick(one) for one in errors.misses])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=30, help="simulated streets")
    parser.add_argument("--repeats", type=int, default=20, help="times that each rendered pass is seen with new errors")
    parser.add_argument("--drive", type=Path, action="append", default=[], help="a rendered drive's folder")
    parser.add_argument("--held-out", type=Path, action="append", default=[], help="one that nothing was chosen on")
    parser.add_argument("--distance", type=float, default=DISTANCE_M, help="metres between looks; closer ones at half")
    parser.add_argument("--alone", action="store_true", help="also each kind of error by itself")
    wishes = parser.parse_args()
    known = [one for folder in (ROOT / "datasets" / "demo_drive", *wishes.drive) for one in rendered(folder)]
    held_out = [one for folder in wishes.held_out for one in rendered(folder)]
    measure("rendered", known, wishes.repeats, wishes.distance, wishes.alone)
    measure("rendered, held out", held_out, wishes.repeats, wishes.distance, False)
    for title, elsewhere in (("simulated", False), ("simulated, held out, another layout and camera", True)):
        streets = list(simulated(range(1000, 1000 + wishes.seeds), elsewhere))
        measure(title, streets, 1, wishes.distance, False)


if __name__ == "__main__":
    main()
