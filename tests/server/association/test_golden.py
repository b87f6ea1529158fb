"""The answers on a short scene, kept as they are: work on speed must not change them unnoticed."""

from __future__ import annotations

import numpy as np

from tests.server.association_scene import Pass, Thing, Town, drive

CATEGORIES = ("litter", "overflowing_bin", "illegal_ad", "improper_parking")
THINGS = [Thing(f"thing{k}", CATEGORIES[k % 4], 8.0 + 5.5 * k, (6.0, -6.0, 8.0, -4.0, 6.5)[k % 5]) for k in range(16)]
GOLDEN = """
00 01 02 -- 03 04 -- 05 06 07 08 09 10 11 12 13
-- 01 02 15 03 04 14 -- -- 07 08 09 10 -- 12 13
-- 01 02 15 03 04 -- 16 06 07 08 -- 10 11 12 13
00 01 02 15 03 -- 14 16 06 07 08 17 -- 11 -- 13
00 01 02 -- 03 04 14 -- -- 07 08 17 10 11 12 13
00 01 02 18 03 -- 14 19 06 07 08 -- 10 11 12 13
-- 01 02 -- 03 -- 14 19 06 07 -- 20 10 11 12 --
-- 01 -- 21 03 -- -- -- 06 07 -- 20 10 11 12 --
-- 01 02 21 03 -- 14 22 06 07 -- 20 10 11 12 --
-- 01 02 -- 03 -- 14 22 06 07 -- 20 -- 11 12 --
"""


def short_scene() -> list[str]:
    """For each of ten passes the case of each thing, in the order of the street; '--' where it was not seen."""
    rng, town = np.random.default_rng(11), Town()
    out = []
    for number in range(10):
        bias = (float(rng.normal(0.0, 3.5)), float(rng.normal(0.0, 3.5)))
        there = [thing for k, thing in enumerate(THINGS) if rng.random() < 0.8 and not (k % 5 == 0 and number > 5)]
        town.take(drive(Pass(number, bias, noise_m=0.6, westwards=number % 3 == 1), there))
        seen = {thing.name for thing in there}
        names = [town.case_of(number, one.name).removeprefix("case0") if one.name in seen else "--" for one in THINGS]
        out.append(" ".join(names))
    return out


def test_a_short_scene_is_answered_as_ever() -> None:
    assert short_scene() == GOLDEN.strip().splitlines()
