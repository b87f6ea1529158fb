"""Number plates: the one thing in a picture that is both to be hidden and to be told, to the enforcement alone.

A plate is cut out of a frame, sealed and let go of within that frame's step; what outlives it cannot be read by the
vehicle, nor by the server. The sealer is passed in: the vehicle's stands in edge/proof/sealing.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.boxes import Box, common_px2
from pipeline.detections import Detections
from pipeline.evidence import Picture, sealed_picture
from pipeline.observation import AttributeValue
from pipeline.phones import TextLine
from pipeline.redact import Regions

PLATE_HASH: Final = "plate_hash"
MOSTLY_INSIDE: Final = 0.8
"""A plate belongs to a vehicle when this share of it lies in the vehicle's box."""
LEAST_PX: Final = 10.0
"""Height below which nobody can read a plate."""
CLEARLY_LARGER: Final = 1.15
AROUND: Final = 0.1
LEAST_TRUST: Final = 0.5
"""A hash of a doubtful reading would say "another vehicle" of the same one."""
PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
GRAMMAR: Final = re.compile(rf"[{PROVINCES}][A-HJ-NP-Z][A-HJ-NP-Z0-9]{{4,5}}[A-HJ-NP-Z0-9挂学警港澳]")
"""GA 36: province, office, five characters (six on green plates); the letters I and O are not used."""


class Plating(StrEnum):
    """What became of the plate of a reported vehicle. All but SEALED have a line in docs/reasons.md."""

    SEALED = "sealed"
    NO_PLATE = "no_plate"
    TOO_SMALL = "too_small"
    AMBIGUOUS = "ambiguous"
    SEAL_FAILED = "seal_failed"


@dataclass(frozen=True, slots=True)
class SealedPlate:
    """content: the ciphertext; key: the name of the key that opens it; hash: salted, the same for the same text."""

    content: bytes
    key: str
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class SealFailed:
    """A plate could not be sealed, and so is nowhere. `why` is for the log, and holds nothing that stood on it."""

    why: str


class Sealer(Protocol):
    def __call__(self, plate: NDArray[np.uint8]) -> SealedPlate | SealFailed:
        """Seal a plate's pixels, uint8 [H, W, 3] BGR; keeps nothing of them, and never raises."""
        ...


@dataclass(frozen=True, slots=True)
class PlateText:
    """A plate as read. trust: the chance that every character is right."""

    text: str
    trust: float


def plate_in(lines: Iterable[TextLine]) -> PlateText | None:
    """The plate that the lines of one plate's picture spell, top to bottom; None where they spell none.

    trust is the reader's confidence in a character, to the power of their number.
    """
    ordered = sorted(lines, key=lambda line: (line.xyxy[1] + line.xyxy[3]) / 2)
    if not ordered:
        return None
    spelt = GRAMMAR.search(_plain("".join(line.text for line in ordered)))
    if spelt is None:
        return None
    confidence = min(line.confidence for line in ordered)
    return PlateText(spelt[0], confidence ** len(spelt[0]))


def _plain(text: str) -> str:
    """Letters and digits alone, in capitals; O and I can only be misread digits (the office's letter is neither)."""
    kept = "".join(one for one in unicodedata.normalize("NFKC", text).upper() if one.isalnum())
    return kept.replace("O", "0").replace("I", "1")


def plate_of(vehicle: Box, others: Sequence[Box], plates: NDArray[np.float32]) -> Box | Plating:
    """The plate [x1, y1, x2, y2] of a vehicle among all plates [N, 4] of a picture, the largest of its own.

    Where the only plates in its box lie in another vehicle's box as well, it is told of neither: a plate under the
    wrong vehicle accuses the wrong person.
    """
    mine = [box for box in map(_box, plates) if _inside(box, vehicle)]
    if not mine:
        return Plating.NO_PLATE
    sure = [box for box in mine if not any(_inside(box, other) for other in others)]
    if not sure:
        return Plating.AMBIGUOUS
    largest = max(sure, key=_height)
    return largest if _height(largest) >= LEAST_PX else Plating.TOO_SMALL


@dataclass(frozen=True, slots=True)
class _Held:
    height_px: float
    picture: Picture
    hash: str | None


@dataclass(slots=True)
class PlateDesk:
    """Seals the best view of each followed vehicle's plate. labels: those of vehicles (indices).

    failure: why sealing failed last, for the log.
    """

    seal: Sealer
    labels: frozenset[int]
    counts: Counter[Plating] = field(default_factory=Counter)
    failure: str | None = None
    _held: dict[int, _Held] = field(default_factory=dict)
    _why_not: dict[int, Plating] = field(default_factory=dict)

    def look(self, image: NDArray[np.uint8], regions: Regions, seen: Detections, keys: Set[int]) -> None:
        """Seal what this frame shows better of the plates of the tracks in `keys`."""
        rows = [row for row in range(len(seen)) if int(seen.label[row]) in self.labels]
        boxes = {row: _box(seen.xyxy[row]) for row in rows}
        for row in rows:
            key = int(seen.track[row])
            if key in keys:
                others = [box for other, box in boxes.items() if other != row]
                self._take_in(key, image, plate_of(boxes[row], others, regions.plates))

    def _take_in(self, key: int, image: NDArray[np.uint8], found: Box | Plating) -> None:
        if isinstance(found, Plating):
            self._why_not[key] = found
            return
        held = self._held.get(key)
        if held is not None and _height(found) < CLEARLY_LARGER * held.height_px:
            return
        sealed = self.seal(_cut(image, found))
        if isinstance(sealed, SealFailed):
            self.failure, self._why_not[key] = sealed.why, Plating.SEAL_FAILED
            return
        self._held[key] = _Held(_height(found), sealed_picture(sealed.content, sealed.key), sealed.hash)

    def take(self, key: int) -> tuple[tuple[Picture, ...], tuple[tuple[str, AttributeValue], ...]]:
        """The sealed plate of a vehicle that is reported, with the attributes it brings; counted either way."""
        held = self._held.pop(key, None)
        if held is None:
            self.counts[self._why_not.get(key, Plating.NO_PLATE)] += 1
            return (), ()
        self.counts[Plating.SEALED] += 1
        return (held.picture,), () if held.hash is None else ((PLATE_HASH, held.hash),)

    def forget_all_but(self, keys: Set[int]) -> None:
        """Let go of the plates of vehicles that were not reported."""
        for kept in (self._held, self._why_not):
            for key in kept.keys() - keys:
                del kept[key]

    def drain(self) -> tuple[tuple[Plating, int], ...]:
        """The counts since the last call."""
        counts, self.counts = self.counts, Counter()
        return tuple(sorted(counts.items()))


def _box(row: NDArray[np.float32]) -> Box:
    x1, y1, x2, y2 = (float(side) for side in row)
    return x1, y1, x2, y2


def _height(box: Box) -> float:
    return box[3] - box[1]


def _inside(plate: Box, vehicle: Box) -> bool:
    common = common_px2(plate, vehicle)
    own = (plate[2] - plate[0]) * (plate[3] - plate[1])
    return common > 0.0 and common >= MOSTLY_INSIDE * own


def _cut(image: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """The plate with a tenth of its size around it."""
    height, width = image.shape[:2]
    wide, tall = AROUND * (box[2] - box[0]), AROUND * _height(box)
    x1, y1 = max(int(box[0] - wide), 0), max(int(box[1] - tall), 0)
    x2, y2 = min(int(np.ceil(box[2] + wide)), width), min(int(np.ceil(box[3] + tall)), height)
    return image[y1:y2, x1:x2]
