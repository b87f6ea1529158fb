"""The privacy step: find what must not leave the vehicle, or say that it was not searched for.

Regions are faces and plates by the privacy model, and the heads of everybody the street model sees, weakly seen people
included: a small or turned-away face that the first misses is covered by the second.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.detector import Detector
from models.errors import ModelError
from pipeline.detections import Detections
from pipeline.redact import DidNotRun, Regions, grow, heads

PERSON = "person"
PLATE = "plate"
PEOPLE_FLOOR = 0.15
MARGIN = 0.15
MARGIN_LEAST_PX = 2.0
LEAST_SCALE = 0.5
TILE_OVERLAP = 0.15


class PrivacyStep:
    """Finds regions in pictures. `name` goes into every stored picture's record: it names both models."""

    def __init__(self, privacy: Detector, street: Detector) -> None:
        self._privacy = privacy
        self._reduced = _reduced(privacy)
        self._street = street
        self._person = street.label_index(PERSON)
        self._plate = privacy.label_index(PLATE)
        self.name = f"{privacy.card.name} {privacy.digest[:12]}, heads by {street.digest[:12]}"

    def find(self, image: NDArray[np.uint8], seen: Detections | None = None) -> Regions | DidNotRun:
        """Regions in a uint8 [H, W, 3] BGR picture.

        seen: what the street model found in this very picture with `floor=PEOPLE_FLOOR` or lower; it is run here when
        that is None. Large pictures are searched in overlapping tiles too, so that nothing is looked at more than
        twice reduced, and every picture once more at half the input: a plate that fills the picture is larger than
        any that the model learnt.
        """
        height, width = image.shape[:2]
        try:
            if seen is None:
                seen = self._street.detect(image, floor=PEOPLE_FLOOR)
            found = [self._search(image, tile) for tile in self._tiles(width, height)]
            if self._reduced is not None:
                found.append(self._reduced.detect(image))
        except ModelError as error:
            return DidNotRun(str(error))
        people = seen[(seen.label == self._person) & (seen.score >= PEOPLE_FLOOR)]
        xyxy = grow(np.concatenate([*(one.xyxy for one in found), heads(people.xyxy)]), MARGIN, MARGIN_LEAST_PX)
        if not np.isfinite(xyxy).all():
            return DidNotRun(f"{self.name}: a box without a place came out")
        plates = np.concatenate([one.xyxy[one.label == self._plate] for one in found])
        return Regions(xyxy, self.name, width, height, plates)

    def _search(self, image: NDArray[np.uint8], tile: tuple[int, int, int, int]) -> Detections:
        x1, y1, x2, y2 = tile
        found = self._privacy.detect(np.ascontiguousarray(image[y1:y2, x1:x2]))
        return replace(found, xyxy=found.xyxy + np.array([x1, y1, x1, y1], np.float32))

    def _tiles(self, width: int, height: int) -> list[tuple[int, int, int, int]]:
        """The whole picture first, then as few overlapping tiles as keep the scale at LEAST_SCALE or above."""
        whole = (0, 0, width, height)
        size = self._privacy.card.preprocessing
        columns = _spans(width, size.width_px / LEAST_SCALE)
        rows = _spans(height, size.height_px / LEAST_SCALE)
        if len(columns) == len(rows) == 1:
            return [whole]
        return [whole, *((x1, y1, x2, y2) for y1, y2 in rows for x1, x2 in columns)]


def _reduced(privacy: Detector) -> Detector | None:
    """The same model fed half as large; None where its input is of one size."""
    size = privacy.card.preprocessing
    if not size.rectangular:
        return None
    half = size.model_copy(
        update={"width_px": size.width_px // 2, "height_px": size.height_px // 2, "most_pixels": size.most_pixels // 4}
    )
    return Detector(privacy.card.model_copy(update={"preprocessing": half}), privacy.session)


def _spans(length: int, most: float) -> list[tuple[int, int]]:
    """`length` px cut into the fewest equal spans of at most `most` px that overlap by TILE_OVERLAP of a span."""
    if length <= most:
        return [(0, length)]
    count = math.ceil((length / most - TILE_OVERLAP) / (1 - TILE_OVERLAP))
    span = length / (count - (count - 1) * TILE_OVERLAP)
    starts = [index * span * (1 - TILE_OVERLAP) for index in range(count)]
    return [(math.floor(start), min(math.ceil(start + span), length)) for start in starts]
