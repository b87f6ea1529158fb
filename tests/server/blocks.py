"""Street blocks in a row, each driven past again and again: many things, and many observations of each."""

from __future__ import annotations

import random
from typing import Any

from tests.server.setupfile import lon_m
from tests.server.town import Town

APART_M = 400.0
STREET_M = 110.0


def block_pass(town: Town, device_id: str, block: int, things: int, at_ns: int, seed: int) -> dict[str, Any]:
    """A pass of 120 m that sees every thing of its block once, each within a metre or two of where it is."""
    rng = random.Random(seed)
    seen = []
    for number in range(things):
        east_m = STREET_M * ((number + 0.5) / things - 0.5) + rng.gauss(0.0, 0.7)
        north_m = (-9.0, 0.0, 9.0)[number % 3] + rng.gauss(0.0, 0.7)
        kind = ("litter", "illegal_ad")[number % 2]
        seen.append(town.seen(kind, east_m=block * APART_M + east_m, north_m=north_m, at_ns=at_ns))
    body = town.traverse(device_id, *seen)
    for pose in body["poses"]:
        pose["lon"] += block * APART_M / lon_m()
    return body
