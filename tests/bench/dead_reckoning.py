"""How far off, and how sure, a vehicle is that turns where its receiver falls silent: drawn corners, and straight on.

python -m tests.bench.dead_reckoning
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator

import numpy as np

from pipeline.geo import turn_deg
from tests.pipeline.test_turning import Corner, fixes_of, off_m, reckoned, silent_after

SILENT_S = 8.0
BUDGET_S = 5.0
EVERY_S = (0.2, 0.5, 1.0)
Row = tuple[float, float, float, float, float]


def corner(rng: np.random.Generator) -> Corner:
    """As the tests draw them: 2 to 14 m/s, at least 5 m of radius, at most 4 m/s² across, silent anywhere in them."""
    speed_mps, deg = rng.uniform(2, 14), rng.uniform(10, 120)
    lasts_s = 2.0 * deg / math.degrees(min(4.0 / speed_mps, speed_mps / 5.0)) * rng.uniform(1, 3)
    return Corner(speed_mps, deg * rng.choice([-1, 1]), rng.uniform(SILENT_S - lasts_s, SILENT_S + 1.0), lasts_s)


def straight(rng: np.random.Generator) -> Corner:
    return Corner(rng.uniform(2, 14), 0.0, 0.0, 1.0)


def rows(draw: Callable[[np.random.Generator], Corner], drives: int, every_s: float, told: bool) -> Iterator[Row]:
    """Seconds since the last fix, metres off, their sigma, degrees off, their sigma, every quarter second."""
    rng = np.random.default_rng(1)
    for seed in range(drives):
        driven, gap_s = draw(rng), rng.uniform(2.5, 30.0)
        way = driven.way()
        line = silent_after(fixes_of(way, seed, every_s, told), SILENT_S, gap_s)
        for at_s in np.arange(SILENT_S + 0.25, SILENT_S + BUDGET_S, 0.25):
            pose = reckoned(line, float(at_s))
            if pose is not None:
                turned = abs(turn_deg(pose.course_deg, float(way.value(way.course_deg, at_s))))
                yield at_s - SILENT_S, off_m(pose, way, float(at_s)), pose.sigma_m, turned, pose.heading_sigma_deg


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--drives", type=int, default=200, help="drives of each kind (default 200)")
    drives: int = asked.parse_args().drives
    print("                       within 1 s: rms m  told m   inside 95 %  worst, sigmas   heading within 2 sigmas")
    for name, draw in (("corner", corner), ("straight", straight)):
        for told in (False, True):
            for every_s in EVERY_S:
                at_s, off, sigma_m, turned, sigma_deg = np.array([*rows(draw, drives, every_s, told)]).T
                soon, misses = at_s <= 1.0, off / sigma_m
                kind = f"{name:<8} {'course told' if told else 'positions  '} {every_s:.1f} s"
                print(
                    f"{kind} {np.sqrt((off[soon] ** 2).mean()):8.2f}"
                    f" {np.median(sigma_m[soon]):7.2f} {100 * np.mean(misses < 2.45):10.1f} % {misses.max():13.1f}"
                    f" {100 * np.mean(turned < 2 * sigma_deg):22.1f} %"
                )


if __name__ == "__main__":
    main()
