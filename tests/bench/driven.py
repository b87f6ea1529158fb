"""Drives whose truth is known, as what a detector and a receiver with known faults would make of them.

`simulated`: streets laid out by training/drive, boxes from projected cuboids (none of what is hidden by more than two
thirds). `rendered`: a folder that `steward train drive render` or `boxes` wrote, boxes of the visible pixels.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.sources.optics import TOLD_HFOV_SIGMA_DEG
from pipeline.detections import Detections
from pipeline.geo import LocalFrame
from pipeline.pose import Attitude, Camera, Fix, Mount
from training.drive.boxes import MIN_SIDE_PX
from training.drive.layout import lay_out
from training.drive.mirror import mirrored
from training.drive.passes import moments, plans
from training.drive.place import azimuth_deg, spot
from training.drive.poses import Lens, View, corners, outline, project
from training.drive.scene import Block, Thing
from training.sources import LABELS

Array = NDArray[np.float64]
Box = tuple[float, float, float, float]
START_NS = 1_760_000_000_000_000_000
HIDDEN = 2.0 / 3.0
ELSEWHERE: Final[dict[str, Any]] = {
    "height_m": 2.5, "pitch_deg": -9.0, "yaw_deg": 0.0, "speed_mps": 6.5, "fps": 8, "lens": Lens(1280, 720, 95.0),
}  # fmt: skip
CAR_FIX_S, DRONE_FIX_S = 1.0, 0.25
WANDER_S = 30.0
"""The receiver of the rendered drives drifts so too (training/drive/passes.py)."""
GIMBAL_VARIES: Final = 0.02
"""The share of a gimbal's variance that changes within a pass, as assumed."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame as it was: seconds since the first, camera (metres east and north of the frame's origin) and angles."""

    at_s: float
    east_m: float
    north_m: float
    height_m: float
    heading_deg: float
    pitch_deg: float
    roll_deg: float
    course_deg: float
    boxes: tuple[tuple[str, str, Box], ...]
    """Of every visible thing: its id, its label, and its true box."""


@dataclass(frozen=True, slots=True)
class Drive:
    """One pass. places: east and north (m) of every thing's footprint."""

    name: str
    drone: bool
    frame: LocalFrame
    camera: Camera
    mount: Mount
    moments: tuple[Moment, ...]
    places: dict[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Faults:
    """1-sigma errors.

    fix_m: of the receiver's bias, per axis, one for the pass (0: a true receiver); wander_m: of what it drifts by
    around that with a time constant of WANDER_S; noise_m, course_deg, speed_mps: of each fix, and hover_m of each of a
    drone's, which are as dense as views and err as views are assumed to; late_s: by how long
    fixes are late, one for the pass. mount_deg: of the installer's angles, one for the pass, so that with the vehicle's
    sway it comes to the 1° assumed of a mount; mount_m: of the height that it measured; roll_deg: of how level the
    camera is, a street's slope across included; lens_share: of the focal length. gimbal_deg: of a drone's
    heading and pitch, height_m: of its height, as assumed: one for the pass but for the share that is half slow and, of
    the angles, half new in each fix. side_px and side_share: of a box side, as street 0.2.0 errs on the demo drive;
    lost: share of frames without a box.
    """

    fix_m: float = 2.75
    wander_m: float = 0.35
    noise_m: float = 0.12
    hover_m: float = 0.15
    course_deg: float = 0.6
    speed_mps: float = 0.05
    late_s: float = 0.05
    mount_deg: float = 0.95
    mount_m: float = 0.05
    roll_deg: float = 1.0
    lens_share: float = 0.018
    gimbal_deg: tuple[float, float] = (2.0, 1.0)
    height_m: float = 1.0
    side_px: float = 2.0
    side_share: float = 0.04
    lost: float = 0.1

    @property
    def claims_m(self) -> float:
        """The 1-sigma error that the receiver says it has."""
        return max(0.1, self.fix_m)


def simulated(seeds: Sequence[int], elsewhere: bool = False) -> Iterator[Drive]:
    """Every pass over the streets of these seeds. elsewhere: what was at the near kerb stands across the street, and
    the cars' camera sits higher, looks straight ahead and lower, through a wider lens, of a faster car."""
    for seed in seeds:
        block = mirrored(lay_out(seed)) if elsewhere else lay_out(seed)
        frame = LocalFrame(block.origin_lat, block.origin_lon)
        for known in plans(block):
            plan = replace(known, **ELSEWHERE) if elsewhere and known.name != "drone" else known
            things = [thing for thing in block.things if plan.name in thing.passes]
            rows = tuple(
                _moment(block, frame, each.view, each.course_yaw_deg, each.index / plan.fps, plan.lens, things)
                for each in moments(block, plan)
            )
            camera = Camera.from_hfov(plan.lens.width_px, plan.lens.height_px, plan.lens.hfov_deg, TOLD_HFOV_SIGMA_DEG)
            mount = Mount(plan.height_m, plan.pitch_deg, plan.yaw_deg)
            places = {thing.id: _place(block, frame, thing.x_m, thing.y_m) for thing in things}
            yield Drive(
                f"{seed}{'x' if elsewhere else ''}/{plan.name}",
                plan.name == "drone",
                frame,
                camera,
                mount,
                rows,
                places,
            )


def _place(block: Block, frame: LocalFrame, x_m: float, y_m: float) -> tuple[float, float]:
    where = spot(block, x_m, y_m)
    return frame.to_en(where.lat, where.lon)


def _moment(
    block: Block, frame: LocalFrame, view: View, course: float, at_s: float, lens: Lens, things: list[Thing]
) -> Moment:
    east, north = _place(block, frame, view.x_m, view.y_m)
    heading, course_deg = azimuth_deg(block, view.yaw_deg), azimuth_deg(block, course)
    seen: list[tuple[str, str, Box]] = []
    nearer: list[NDArray[np.float64]] = []
    for thing in sorted(things, key=lambda one: math.hypot(one.x_m - view.x_m, one.y_m - view.y_m)):
        box = outline(view, lens, thing)
        if box is None:
            continue
        hidden = any(_covered(np.array(box), other) > HIDDEN for other in nearer)
        nearer.append(np.array(box))
        cut = _share_in_picture(view, lens, thing, box)
        if not hidden and cut > 0.3 and min(box[2] - box[0], box[3] - box[1]) >= MIN_SIDE_PX:
            seen.append((thing.id, thing.label, box))
    return Moment(at_s, east, north, view.z_m, heading, view.pitch_deg, view.roll_deg, course_deg, tuple(seen))


def _share_in_picture(view: View, lens: Lens, thing: Thing, box: Box) -> float:
    whole = project(view, lens, corners(thing))[:, :2]
    size = whole.max(axis=0) - whole.min(axis=0)
    return (box[2] - box[0]) * (box[3] - box[1]) / max(1.0, float(size[0] * size[1]))


def _covered(box: NDArray[np.float64], by: NDArray[np.float64]) -> float:
    common = np.maximum(0.0, np.minimum(box[2:], by[2:]) - np.maximum(box[:2], by[:2]))
    return float(np.prod(common) / np.prod(box[2:] - box[:2]))


def rendered(folder: Path) -> Iterator[Drive]:
    """Every pass of a rendered drive."""
    told = json.loads((folder / "truth.json").read_text("utf-8"))
    frame = LocalFrame(told["origin"]["lat"], told["origin"]["lon"])
    places = {one["id"]: frame.to_en(one["lat"], one["lon"]) for one in told["objects"]}
    for one in told["passes"]:
        lens, mount = one["camera"], one["mount"]
        lines = (folder / f"{one['name']}.boxes.jsonl").read_text("utf-8").splitlines()
        rows = tuple(
            _told(row, one["fps"], frame, json.loads(line)) for row, line in zip(one["frames"], lines, strict=True)
        )
        yield Drive(
            f"{folder.name}/{one['name']}",
            one["name"] == "drone",
            frame,
            Camera.from_hfov(lens["width_px"], lens["height_px"], lens["hfov_deg"], TOLD_HFOV_SIGMA_DEG),
            Mount(mount["height_m"], mount["pitch_deg"], mount["yaw_deg"], mount["roll_deg"]),
            rows,
            places,
        )


def _told(row: dict[str, Any], fps: int, frame: LocalFrame, seen: dict[str, Any]) -> Moment:
    east, north = frame.to_en(row["lat"], row["lon"])
    boxes = tuple((one["id"], one["label"], tuple(float(side) for side in one["xyxy"])) for one in seen["boxes"])
    return Moment(
        row["index"] / fps, east, north, row["height_m"], row["azimuth_deg"], row["pitch_deg"], row["roll_deg"],
        row["course_deg"], boxes,
    )  # fmt: skip


def camera_as_told(drive: Drive, faults: Faults, rng: np.random.Generator) -> Camera:
    """The camera as its maker describes it."""
    camera, longer = drive.camera, 1.0 + rng.normal(0, faults.lens_share)
    return replace(camera, fx_px=camera.fx_px * longer, fy_px=camera.fy_px * longer)


def mounted_as_told(drive: Drive, faults: Faults, rng: np.random.Generator) -> Mount:
    """The mount as its installer measured it."""
    mount, (pitch, yaw) = drive.mount, rng.normal(0, faults.mount_deg, 2)
    high_m = mount.height_m + rng.normal(0, faults.mount_m)
    roll_deg = mount.roll_deg + rng.spawn(1)[0].normal(0, faults.roll_deg)
    return replace(
        mount, pitch_deg=mount.pitch_deg + pitch, yaw_deg=mount.yaw_deg + yaw, roll_deg=roll_deg, height_m=high_m
    )


def fixes_of(drive: Drive, faults: Faults, rng: np.random.Generator) -> list[Fix]:
    """What the receiver says; sigma_m is what it errs by, so that a true one is not hidden behind a wide claim."""
    rolled_deg = rng.spawn(1)[0].normal(0, faults.roll_deg)
    bias, gimbal = (rng.normal(0, sigma, 2) for sigma in (faults.fix_m, faults.gimbal_deg))
    too_high_m = rng.normal(0, faults.height_m) * math.sqrt(1.0 - GIMBAL_VARIES / 2.0)
    every, late_ns = DRONE_FIX_S if drive.drone else CAR_FIX_S, round(rng.normal(0, faults.late_s) * 1e9)
    varies_deg = math.sqrt(GIMBAL_VARIES / 2.0) * np.array(faults.gimbal_deg)
    drift, slow = _wander(faults.wander_m, every, rng), _wander(varies_deg, every, rng)
    rising = _wander(math.sqrt(GIMBAL_VARIES / 2.0) * faults.height_m, every, rng)
    noise_m = faults.hover_m if drive.drone else faults.noise_m
    fixes, last_s = [], -1e9
    for one in drive.moments:
        if one.at_s - last_s < every - 1e-6:
            continue
        last_s = one.at_s
        off = bias + next(drift) + rng.normal(0, noise_m, 2)
        turned, tilted = math.sqrt(1.0 - GIMBAL_VARIES) * gimbal + next(slow) + rng.normal(0, varies_deg)
        lat, lon = drive.frame.to_latlon(one.east_m + off[0], one.north_m + off[1])
        attitude = (
            Attitude(one.heading_deg + turned, one.pitch_deg + tilted, one.roll_deg + rolled_deg)
            if drive.drone
            else None
        )
        speed = _speed(drive, one.at_s)
        fixes.append(
            Fix(
                START_NS + round(one.at_s * 1e9) + late_ns,
                lat,
                lon,
                faults.claims_m,
                height_m=one.height_m + too_high_m + next(rising)[0] if drive.drone else None,
                course_deg=None if drive.drone else (one.course_deg + rng.normal(0, faults.course_deg)) % 360.0,
                speed_mps=None if drive.drone else max(0.0, speed + rng.normal(0, faults.speed_mps)),
                attitude=attitude,
            )
        )
    return fixes


def _wander(sigma: float | Array, every_s: float, rng: np.random.Generator) -> Iterator[Array]:
    """Two errors that drift with a time constant of WANDER_S, anew after every so many seconds (AR(1))."""
    keep, now = math.exp(-every_s / WANDER_S), rng.normal(0, sigma, 2)
    while True:
        now = keep * now + rng.normal(0, np.multiply(sigma, math.sqrt(1.0 - keep**2)), 2)
        yield now


def _speed(drive: Drive, at_s: float) -> float:
    near = [one for one in drive.moments if abs(one.at_s - at_s) <= 1.0]
    way = math.hypot(near[-1].east_m - near[0].east_m, near[-1].north_m - near[0].north_m)
    return way / max(0.1, near[-1].at_s - near[0].at_s)


def detected(drive: Drive, moment: Moment, faults: Faults, rng: np.random.Generator) -> tuple[Detections, list[str]]:
    """What the detector finds in a frame, and which thing each row is."""
    rows, picture = [], (drive.camera.width_px, drive.camera.height_px)
    for ident, label, box in moment.boxes:
        if rng.random() < faults.lost:
            continue
        size, limit = np.array([box[2] - box[0], box[3] - box[1]] * 2), np.array([0, 0, *picture])
        # What the picture cuts off ends at its border, which a detector does not miss.
        sigma = np.where(np.abs(box - limit) < 1.5, 0.7, np.hypot(faults.side_px, faults.side_share * size))
        sides = np.clip(np.array(box) + rng.normal(0, sigma), 0, [*picture, *picture])
        if sides[2] - sides[0] > 4 and sides[3] - sides[1] > 4:
            rows.append((sides, rng.uniform(0.55, 0.95), LABELS.index(label), ident))
    rows.sort(key=lambda row: -row[1])
    found = Detections.of(
        np.array([row[0] for row in rows], np.float32).reshape(-1, 4),
        np.array([row[1] for row in rows], np.float32),
        np.array([row[2] for row in rows], np.int16),
    )
    return found, [row[3] for row in rows]
