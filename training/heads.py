"""Where a standing person's head is, from the person's box: for privacy a head seen from behind counts as a face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from training.sources import Box

TALL: Final = (1.7, 5.0)
"""Height over width, in pixels, of a box that shows a person standing whole."""
HEAD_HEIGHT: Final = 0.15
HEAD_WIDTH: Final = 0.115
"""A head's sides as shares of the height of the person (one in seven high, hair and chin included)."""
LEAST_SCORE: Final = 0.4
LEAST_HEIGHT_PX: Final = 40
CUT_OFF: Final = 0.004
"""A person whose box begins nearer than this to the picture's upper edge may have no head in it."""


def heads(said: Sequence[Box], width_px: int, height_px: int, by: str) -> list[Box]:
    """A `face` box for the head of every person that stands whole in the picture."""
    found = []
    for person in said:
        tall, wide = person.height * height_px, person.width * width_px
        if person.label != "person" or person.score < LEAST_SCORE or tall < LEAST_HEIGHT_PX or person.y1 < CUT_OFF:
            continue
        if TALL[0] < tall / wide < TALL[1]:
            half = min(HEAD_WIDTH * tall / width_px, 0.6 * person.width) / 2
            x = (person.x1 + person.x2) / 2
            y2 = person.y1 + HEAD_HEIGHT * person.height
            found.append(
                Box("face", max(0.0, x - half), person.y1, min(1.0, x + half), y2, round(0.9 * person.score, 4), by)
            )
    return found
