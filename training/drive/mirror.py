"""The same block seen from across the street: left and right change places, traffic still keeps to the right. Pure.

What stood at the near kerb is then across the road and half hidden by traffic's side, and the row of parked cars is at
the near one: a street of another layout than any that `lay_out` makes.
"""

from __future__ import annotations

from dataclasses import replace

from training.drive.scene import Block, Thing


def mirrored(block: Block) -> Block:
    """The block with every y turned round; what hangs on a wall still looks away from it."""
    return replace(
        block,
        buildings=tuple(replace(house, side=-house.side) for house in block.buildings),
        trees=tuple((x, -y, style) for x, y, style in block.trees),
        poles=tuple((x, -y) for x, y in block.poles),
        bays=tuple((x, -y, -side) for x, y, side in block.bays),
        things=tuple(_across(thing) for thing in block.things),
    )


def _across(thing: Thing) -> Thing:
    """A sheet's heading is the way along its wall, its face to the left; so it turns by half a circle more."""
    heading = -thing.heading_deg + (180.0 if thing.kind == "ad_site" else 0.0)
    return replace(thing, y_m=-thing.y_m, heading_deg=heading % 360.0)
