"""What the whole privacy step hides: the privacy model, and the heads of everybody the street model sees.

The model's own recall says what it finds; a city asks what leaves the vehicle. A face or plate counts as hidden when
the filled regions cover most of it, whichever part of the step they came from.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.privacy import PrivacyStep
from pipeline.redact import DidNotRun
from training.errors import TrainingError
from training.evaluate import pixels
from training.mix import Item
from training.pictures import Image, read_picture
from training.sources import Box

COVERED: Final = 0.7
"""The share of a face or plate that must be filled for it to count as hidden."""
SIZES_PX: Final = (("small", 0.0), ("medium", 16.0), ("large", 48.0))
"""Size classes by height in the picture's own pixels: of a face below 16 px nobody is told, from 48 px anybody is."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A picture, uint8 [H, W, 3] BGR, and the faces and plates in it: label and corners in its pixels."""

    name: str
    picture: Image
    private: tuple[tuple[str, tuple[float, float, float, float]], ...]


@dataclass(frozen=True, slots=True)
class Hidden:
    """How many of the faces or plates of a size class were there, and how many of them the step hid."""

    label: str
    size: str
    n_boxes: int
    n_hidden: int

    @property
    def recall(self) -> float:
        """0..1, or NaN where there was none."""
        return self.n_hidden / self.n_boxes if self.n_boxes else float("nan")


@dataclass(frozen=True, slots=True)
class Hiding:
    """What the step hid in a set of pictures, and what it cost: the mean share of a picture that was filled."""

    rows: tuple[Hidden, ...]
    n_pictures: int
    filled: float


def size_of(height_px: float) -> str:
    """The size class of a face or plate."""
    return [name for name, least in SIZES_PX if height_px >= least][-1]


def mask_of(regions: NDArray[np.float32], width: int, height: int) -> NDArray[np.bool_]:
    """bool [H, W]: the pixels that regions [N, 4] px fill."""
    mask = np.zeros((height, width), np.bool_)
    for x1, y1, x2, y2 in regions:
        mask[max(0, int(y1)) : max(0, int(np.ceil(y2))), max(0, int(x1)) : max(0, int(np.ceil(x2)))] = True
    return mask


def is_hidden(xyxy: Sequence[float], mask: NDArray[np.bool_]) -> bool:
    """Do the filled pixels cover enough of a box? A box without a pixel in the picture shows nothing: hidden."""
    x1, y1, x2, y2 = (max(0, round(side)) for side in xyxy)
    part = mask[y1:y2, x1:x2]
    return not part.size or bool(part.mean() >= COVERED)


def shown(items: Iterable[Item]) -> Iterator[Shown]:
    """The items of an exam as pictures with boxes in pixels, one at a time."""
    for item in items:
        picture = read_picture(item.picture)
        height, width = picture.shape[:2]
        corners = map(tuple, pixels(item.boxes, width, height).tolist())
        yield Shown(item.name, picture, tuple(zip((box.label for box in item.boxes), corners, strict=True)))


def hide(step: PrivacyStep, pictures: Iterable[Shown]) -> Hiding:
    """Run the step over pictures whose faces and plates are known; raises TrainingError where it did not run."""
    there: Counter[tuple[str, str]] = Counter()
    hidden: Counter[tuple[str, str]] = Counter()
    filled: list[float] = []
    for one in pictures:
        regions = step.find(one.picture)
        if isinstance(regions, DidNotRun):
            raise TrainingError(f"{one.name}: the privacy step did not run: {regions.why}")
        height, width = one.picture.shape[:2]
        mask = mask_of(regions.xyxy, width, height)
        filled.append(float(mask.mean()))
        for label, xyxy in one.private:
            key = label, size_of(xyxy[3] - xyxy[1])
            there[key] += 1
            hidden[key] += is_hidden(xyxy, mask)
    order = [name for name, _ in SIZES_PX]
    keys = sorted(there, key=lambda key: (key[0], order.index(key[1])))
    rows = tuple(Hidden(label, size, there[label, size], hidden[label, size]) for label, size in keys)
    return Hiding(rows, len(filled), float(np.mean(filled)) if filled else 0.0)


def known(path: Path, data: Path, folder: str = "") -> Iterator[Shown]:
    """The pictures under `data` whose faces and plates a person has marked, one JSON object a line: `picture`, a path
    that begins with `folder`, and `boxes` of label and corners in fractions. Raises TrainingError naming the line."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            name, boxes = str(row["picture"]), tuple(_marked(*box[:5]) for box in row["boxes"])
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise TrainingError(f"{path}, line {number}: not a picture with boxes: {error!r}") from error
        if name.startswith(folder):
            yield from shown([Item(name, data / name, boxes)])


def _marked(label: Any, x1: Any, y1: Any, x2: Any, y2: Any) -> Box:
    return Box(str(label), float(x1), float(y1), float(x2), float(y2))
