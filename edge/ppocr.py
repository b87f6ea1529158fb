"""PP-OCR: where lines of text stand in a picture, and what each says.

Its three networks lie in rapidocr's wheel (the extra `ocr`). Of that package only these files are used: to import it
takes longer than to read an ad, since it parses a catalogue of every model that it could fetch.

One network says of every pixel whether it belongs to text (Liao et al., "Real-time Scene Text Detection with
Differentiable Binarization", AAAI 2020), one which lines stand on their head, and one gives a character or none for
every few columns of a line (connectionist temporal classification, Graves et al., ICML 2006).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.session import Provider, Session, open_session

STRIDE_PX: Final = 32
LONGEST_PX: Final = 960
"""A picture is searched at this size at most: a search at 1600x900 takes a second of processor time more and 240 MB."""
FLAT: Final = 8
FLAT_PX: Final = 30
"""A picture that is lower, or more than FLAT times as wide as high, is searched with black above and below."""
INK: Final = 0.3
LEAST_INK: Final = 0.5
SPREAD: Final = 1.6
"""The network marks text more tightly than it stands, by this times a mark's area over its perimeter."""
LEAST_MARK_PX: Final = 3.0
LEAST_LINE_PX: Final = 4.0
MOST_LINES: Final = 1000
SAME_ROW_PX: Final = 10.0
UPRIGHT: Final = 1.5
"""From this height over width on, a line is taken to run from top to bottom."""
LINE_PX: Final = 48
TURN_WIDTH_PX: Final = 192
LEAST_WIDTH_PX: Final = 320
AT_A_TIME: Final = 6
SURELY_TURNED: Final = 0.9
BLANK, SPACE = "", " "

Image = NDArray[np.uint8]
Corners = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Networks:
    """Where the networks' files are."""

    finds: Path
    turns: Path
    reads: Path


@dataclass(frozen=True, slots=True)
class PaddleOcr:
    """See the module. characters: what each of the last network's outputs stands for."""

    finds: Session
    turns: Session
    reads: Session
    characters: tuple[str, ...]

    @classmethod
    def open(cls, files: Networks, threads: int) -> Self:
        """Raises ModelError for a network that cannot be opened, OSError for a file that cannot be read."""
        finds, turns, reads = (
            open_session(path.read_bytes(), path.name, threads=threads, provider=Provider.CPU, rarely=True)
            for path in (files.finds, files.turns, files.reads)
        )
        written = reads.metadata().get("character")
        if written is None:
            raise ModelError(f"{files.reads.name}: it does not say which characters it knows")
        return cls(finds, turns, reads, (BLANK, *written.splitlines(), SPACE))

    def find(self, image: Image) -> Corners:
        """Where lines stand, float32 [N, 4, 2] px, each from its upper left, clockwise, in the order of reading."""
        height, width = image.shape[:2]
        above = (2 * max(width // FLAT, FLAT_PX) - height) // 2 if height <= FLAT_PX or width > FLAT * height else 0
        if above:
            image = np.asarray(cv2.copyMakeBorder(image, above, above, 0, 0, cv2.BORDER_CONSTANT), np.uint8)
        scale = min(1.0, LONGEST_PX / max(image.shape[:2]))
        wide, tall = (max(round(int(side * scale) / STRIDE_PX), 1) * STRIDE_PX for side in image.shape[1::-1])
        inked = self.finds.run(_fed(_resized(image, wide, tall))[None])[0, 0]
        found = [corners for corners, ink in marks(inked) if ink >= LEAST_INK]
        return _lines(found, (image.shape[1] / wide, image.shape[0] / tall), above, width, height)

    def read(self, image: Image, lines: Corners) -> list[tuple[str, float]]:
        """What each of the lines [N, 4, 2] of a picture says, and how sure its characters are on average."""
        strips = self._upright([_strip(image, corners) for corners in lines])
        said = [("", 0.0)] * len(strips)
        narrow_first = np.argsort([strip.shape[1] / strip.shape[0] for strip in strips], kind="stable")
        for some in _by(AT_A_TIME, narrow_first):
            widest = max(strips[n].shape[1] / strips[n].shape[0] for n in some)
            width = max(LEAST_WIDTH_PX, int(LINE_PX * widest))
            told = self.reads.run(np.stack([_as_line(strips[n], width) for n in some]))
            for n, columns in zip(some, told, strict=True):
                said[n] = spelt(columns, self.characters)
        return said

    def _upright(self, strips: list[Image]) -> list[Image]:
        turned = []
        for some in _by(AT_A_TIME, range(len(strips))):
            told = self.turns.run(np.stack([_as_line(strips[n], TURN_WIDTH_PX) for n in some]))
            turned += [n for n, (_, over) in zip(some, told, strict=True) if over > SURELY_TURNED]
        return [np.asarray(cv2.rotate(one, cv2.ROTATE_180)) if n in turned else one for n, one in enumerate(strips)]


def spelt(columns: NDArray[np.float32], characters: Sequence[str]) -> tuple[str, float]:
    """What the columns [T, characters] of a line say, the first character standing for none, and how surely on average.

    A character that goes on over several columns counts once.
    """
    best = columns.argmax(axis=1)
    counts = (best != 0) & np.r_[True, best[1:] != best[:-1]]
    if not counts.any():
        return "", 0.0
    return "".join(characters[n] for n in best[counts]), float(columns.max(axis=1)[counts].mean())


def marks(inked: NDArray[np.float32]) -> Iterator[tuple[Corners, float]]:
    """Every mark in a map [H, W] of how surely a pixel is text: the turned rectangle about it, spread to where the text
    ends, corners [4, 2] px clockwise from the upper left; and how inked it is on average."""
    mask = cv2.dilate((inked > INK).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours[:MOST_LINES]:
        rectangle = cv2.minAreaRect(contour)
        wide, tall = rectangle[1]
        if min(wide, tall) < LEAST_MARK_PX:
            continue
        tight = np.asarray(cv2.boxPoints(rectangle), np.float32)
        if spread := _spread(tight, SPREAD * wide * tall / (2.0 * (wide + tall))):
            around = np.asarray(cv2.boxPoints(cv2.minAreaRect(np.array(spread[0], np.int32))), np.float32)
            yield _clockwise(around), _ink_within(inked, tight)


def _spread(corners: Corners, by_px: float) -> list[list[list[int]]]:
    """A shape around another at a distance, in whole pixels, as its makers draw it: a pixel more is read otherwise."""
    import pyclipper

    around = pyclipper.PyclipperOffset()
    around.AddPath(corners.tolist(), pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    return list(around.Execute(by_px))


def _ink_within(inked: NDArray[np.float32], corners: Corners) -> float:
    """The mean over the pixels of a quadrilateral."""
    x, y, wide, tall = cv2.boundingRect(np.floor(corners).astype(np.int32))
    left, top = max(x, 0), max(y, 0)
    part = inked[top : y + tall + 1, left : x + wide + 1]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(mask, [(corners - (left, top)).astype(np.int32)], (1,))
    return float(cv2.mean(part, mask)[0])


def _clockwise(corners: Corners) -> Corners:
    """Four corners from the upper left."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = (pair[np.argsort(pair[:, 1], kind="stable")] for pair in (by_x[:2], by_x[2:]))
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def _lines(found: list[Corners], scale: tuple[float, float], above: int, width: int, height: int) -> Corners:
    """Corners in the searched map's pixels as those of the picture, in whole pixels inside it, in rows from the top."""
    corners = np.round(np.array(found, np.float32).reshape(-1, 4, 2) * np.array(scale, np.float32))
    corners[..., 1] -= above
    corners = np.clip(corners, 0, np.array([width - 1, height - 1], np.float32))
    sides = [np.linalg.norm(corners[:, 0] - corners[:, n], axis=1) for n in (1, 3)]
    corners = corners[np.minimum(*sides) >= LEAST_LINE_PX]
    corners = corners[np.argsort(corners[:, 0, 1], kind="stable")]
    rows = np.cumsum(np.diff(corners[:, 0, 1], prepend=0.0) >= SAME_ROW_PX)
    return np.asarray(corners[np.lexsort((corners[:, 0, 0], rows))], np.float32)


def _strip(image: Image, corners: Corners) -> Image:
    """A line of text, level; one that runs from top to bottom lies on its side."""
    wide, tall = (
        int(max(np.linalg.norm(corners[a] - corners[b]) for a, b in pairs))
        for pairs in (((0, 1), (2, 3)), ((0, 3), (1, 2)))
    )
    wide, tall = max(wide, 1), max(tall, 1)
    level = cv2.getPerspectiveTransform(corners, np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32))
    strip = cv2.warpPerspective(image, level, (wide, tall), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.rot90(strip) if tall >= UPRIGHT * wide else strip, np.uint8)


def _as_line(strip: Image, width: int) -> NDArray[np.float32]:
    """float32 [3, LINE_PX, width]: a strip at the networks' height, grey to its right."""
    own = min(math.ceil(LINE_PX * strip.shape[1] / strip.shape[0]), width)
    line = np.zeros((3, LINE_PX, width), np.float32)
    line[:, :, :own] = _fed(_resized(strip, own, LINE_PX))
    return line


def _resized(image: Image, width: int, height: int) -> Image:
    return np.asarray(cv2.resize(image, (width, height)), np.uint8)


def _fed(image: Image) -> NDArray[np.float32]:
    """uint8 [H, W, 3] as float32 [3, H, W] in -1..1."""
    return np.ascontiguousarray(image.transpose(2, 0, 1), np.float32) / np.float32(127.5) - np.float32(1.0)


def _by(many: int, places: Sequence[int] | NDArray[np.intp]) -> Iterator[list[int]]:
    for first in range(0, len(places), many):
        yield [int(n) for n in places[first : first + many]]
