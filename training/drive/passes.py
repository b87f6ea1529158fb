"""The passes over a block: how each vehicle moves, where its camera truly is, and what its GNSS says. Pure."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from training.drive.place import Spot, azimuth_deg, spot, spot_of
from training.drive.poses import Lens, View
from training.drive.scene import Block

NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a pass before it is driven; the mount's yaw is clockwise from forward, its pitch positive up."""

    name: str
    start: datetime
    fps: int
    speed_mps: float
    lens: Lens
    height_m: float
    pitch_deg: float
    yaw_deg: float
    lane_y_m: float
    forward: bool
    bias_m: float


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame as it truly was: time, camera pose in the street frame, and the vehicle's course there."""

    index: int
    utc_ns: int
    view: View
    course_yaw_deg: float
    speed_mps: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the receiver reported at one time, and how far that was from the truth."""

    utc_ns: int
    spot: Spot
    height_m: float
    course_deg: float
    speed_mps: float
    error_east_m: float
    error_north_m: float


def plans(block: Block) -> tuple[Plan, ...]:
    """The three passes: a car in the morning, a car 40 minutes later, and a drone that flies back along the street."""
    rng = random.Random(f"plans-{block.seed}")
    day = datetime(2025, 10, 15, 1, 30, tzinfo=UTC)
    car = Lens(960, 540, 80.0)
    return (
        Plan("car_a", day, 4, 4.0, car, 1.9, -4.0, 10.0, -1.6, True, rng.uniform(2.0, 3.0)),
        Plan("car_b", day + timedelta(minutes=40), 4, 4.6, car, 1.9, -4.0, 10.0, -1.5, True, rng.uniform(2.8, 4.0)),
        Plan(
            "drone",
            day + timedelta(minutes=65),
            4,
            7.0,
            Lens(960, 540, 70.0),
            15.0,
            -55.0,
            0.0,
            0.0,
            False,
            rng.uniform(1.2, 2.0),
        ),
    )


def moments(block: Block, plan: Plan) -> tuple[Moment, ...]:
    """Every frame of a pass: speed, lane and attitude waver a little, as on a real street."""
    rng = random.Random(f"moments-{block.seed}-{plan.name}")
    drone = plan.name == "drone"
    reach = plan.height_m / math.tan(math.radians(-plan.pitch_deg)) if drone else 0.0
    first, last = (block.length_m - 6.0 + reach, 6.0 + reach * 0.3) if drone else (-3.0, block.length_m - 14.0)
    phase = [rng.uniform(0, 2 * math.pi) for _ in range(8)]
    sway = 0.25 if drone else 0.35
    found: list[Moment] = []
    x, index = first, 0
    while (x <= last) if plan.forward else (x >= last):
        t = index / plan.fps
        speed = plan.speed_mps * (1 + 0.08 * math.sin(0.5 * t + phase[0]))
        drift = 0.18 * math.sin(0.35 * t + phase[1])
        slope = 0.18 * 0.35 * math.cos(0.35 * t + phase[1]) / speed
        course = (0.0 if plan.forward else 180.0) + math.degrees(slope) * (1 if plan.forward else -1)
        view = View(
            x,
            plan.lane_y_m + drift,
            plan.height_m + (0.15 if drone else 0.012) * math.sin(2.1 * t + phase[2]),
            course - plan.yaw_deg + sway * math.sin(0.9 * t + phase[3]),
            plan.pitch_deg + sway * math.sin(2.6 * t + phase[4]),
            0.6 * sway * math.sin(1.7 * t + phase[5]),
        )
        found.append(Moment(index, _ns(plan.start) + index * NS // plan.fps, view, course, speed))
        x += (speed if plan.forward else -speed) / plan.fps
        index += 1
    return tuple(found)


def readings(block: Block, plan: Plan, frames: tuple[Moment, ...]) -> tuple[Reading, ...]:
    """What the receiver said: a drone's once a frame, a car's once a second from the first frame to past the last.

    The error is one bias for the whole pass (plan.bias_m in a direction of its own) that wanders slowly (an AR(1)
    process with a time constant of 30 s and 0.35 m deviation) plus white noise of 0.12 m.
    """
    rng = random.Random(f"gnss-{block.seed}-{plan.name}")
    towards = rng.uniform(0, 2 * math.pi)
    bias = (plan.bias_m * math.cos(towards), plan.bias_m * math.sin(towards))
    wander = [rng.gauss(0, 0.35), rng.gauss(0, 0.35)]
    step = 1 if plan.name == "drone" else plan.fps
    keep = math.exp(-step / plan.fps / 30.0)
    found = []
    for number in range(0, len(frames) + (step if step > 1 else 0), step):
        moment = _at(frames, number, plan)
        wander = [keep * w + rng.gauss(0, 0.35 * math.sqrt(1 - keep * keep)) for w in wander]
        error = tuple(b + w + rng.gauss(0, 0.12) for b, w in zip(bias, wander, strict=True))
        true = spot(block, moment.view.x_m, moment.view.y_m)
        course = (azimuth_deg(block, moment.course_yaw_deg) + rng.gauss(0, 0.6)) % 360.0
        found.append(
            Reading(
                moment.utc_ns,
                spot_of(block, true.east_m + error[0], true.north_m + error[1]),
                moment.view.z_m,
                course,
                max(0.0, moment.speed_mps + rng.gauss(0, 0.05)),
                error[0],
                error[1],
            )
        )
    return tuple(found)


def _at(frames: tuple[Moment, ...], number: int, plan: Plan) -> Moment:
    """The frame of that number, carried on straight where the receiver outlives the camera."""
    if number < len(frames):
        return frames[number]
    last, over = frames[-1], number - len(frames) + 1
    way = over / plan.fps * last.speed_mps * (1 if plan.forward else -1)
    view = View(
        last.view.x_m + way, last.view.y_m, last.view.z_m, last.view.yaw_deg, last.view.pitch_deg, last.view.roll_deg
    )
    return Moment(number, last.utc_ns + over * NS // plan.fps, view, last.course_yaw_deg, last.speed_mps)


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * NS
