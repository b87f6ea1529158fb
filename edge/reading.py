"""The reader of numbers on ads: PP-OCR (edge/ppocr.py), by the networks inside rapidocr's wheel (the extra `ocr`).

Nothing is ever fetched: where a file is missing, nothing is read.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.memory import given_back
from edge.ppocr import UPRIGHT, Corners, Networks, PaddleOcr
from models.errors import ModelError
from pipeline.boxes import Box
from pipeline.phones import TextLine, goes_on
from pipeline.reading import ReaderFailed
from pipeline.redact import Redacted

NOT_INSTALLED: Final = "numbers on ads are not read; to read them: pip install 'citysteward[ocr]'"
PACKAGE: Final = "rapidocr"
FILES: Final = ("PP-OCRv6_det_small.onnx", "ch_ppocr_mobile_v2.0_cls_mobile.onnx", "PP-OCRv6_rec_small.onnx")
LEAST_PX: Final = 8
LARGEST_SCALE: Final = 3.0
READER_ERRORS: Final[tuple[type[Exception], ...]] = (ModelError, cv2.error, OSError, ImportError)
PIXELS: Final = 300_000
"""A view is enlarged up to this area and threefold, since the text detector misses what is small: at two thirds of it
lines come out a little otherwise, and digits of 6 to 8 px are misread."""
LEAST_ASPECT: Final = 1.8
"""Width over height of a line that holds a number by itself: the narrowest seven digits, seen aslant."""
PART: Final = 3
"""How many digits a line shows beside which a shorter one may be the rest of a number."""
LEAST_SCORE: Final = 0.5
THREADS: Final = 1
"""Reading goes on beside the frames that follow; threads that wait for one another would take their cores."""

Image = NDArray[np.uint8]
Lines = tuple[TextLine, ...]


@dataclass(slots=True)
class PaddleReader:
    """See the module. Opened at the first picture, so that a pass without ads does not pay for it.

    Not for two callers at a time.
    """

    files: Networks
    name: str
    _ocr: PaddleOcr | None = field(default=None, repr=False)

    def __call__(self, picture: Redacted) -> Lines | ReaderFailed:
        """The lines in a picture that can hold a number or the rest of one, as pipeline.reading.Reader says."""
        return self._tried(picture.image, _numbers)

    def lines(self, image: Image) -> Lines | ReaderFailed:
        """All lines of pixels that are about to be sealed, uint8 [H, W, 3] BGR; keeps nothing of them."""
        return self._tried(image, _everything)

    def _tried(self, image: Image, read: Callable[[_View], Lines]) -> Lines | ReaderFailed:
        if min(image.shape[:2]) < LEAST_PX:
            return ()
        try:
            with given_back():
                if self._ocr is None:
                    self._ocr = PaddleOcr.open(self.files, THREADS)
                return read(_View.searched(self._ocr, image))
        except READER_ERRORS as error:
            return ReaderFailed(f"{self.name}: {type(error).__name__}: {error}")


def _everything(view: _View) -> Lines:
    return _said(view.recognised(range(len(view.corners))))


def _numbers(view: _View) -> Lines:
    """The lines that may hold a number, and those beside them that may be the rest of one: to recognise a line takes a
    tenth of the search, and most lines of an ad are a word or two."""
    told = view.recognised([n for n, one in enumerate(view.corners) if _aspect(one) >= LEAST_ASPECT])
    parts = [line.xyxy for line in _said(told) if sum(map(str.isdigit, line.text)) >= PART]
    rest = [n for n in range(len(view.corners)) if n not in told and _beside(view.box(n), parts)]
    return _said(told | view.recognised(rest))


def _said(told: dict[int, TextLine | None]) -> Lines:
    """In the order of reading."""
    return tuple(line for _, line in sorted(told.items()) if line is not None)


def _beside(box: Box, parts: Sequence[Box]) -> bool:
    return any(goes_on(part, box) or goes_on(box, part) for part in parts)


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A picture as it is read: enlarged by `scale`, and where lines stand in it then, as PaddleOcr.find says."""

    ocr: PaddleOcr
    enlarged: Image
    scale: float
    corners: Corners

    @classmethod
    def searched(cls, ocr: PaddleOcr, image: Image) -> Self:
        scale = scale_of(image.shape[1], image.shape[0])
        if scale > 1.0:
            image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
        return cls(ocr, image, scale, ocr.find(image))

    def box(self, line: int) -> Box:
        """About a line, in px of the picture before it was enlarged."""
        (x1, y1), (x2, y2) = (self.corners[line].min(axis=0), self.corners[line].max(axis=0))
        return float(x1 / self.scale), float(y1 / self.scale), float(x2 / self.scale), float(y2 / self.scale)

    def recognised(self, which: Sequence[int]) -> dict[int, TextLine | None]:
        """What stands in some of the lines; None where nothing does surely."""
        said = self.ocr.read(self.enlarged, self.corners[list(which)])
        return {
            n: TextLine(text, min(score, 1.0), self.box(n)) if text.strip() and score >= LEAST_SCORE else None
            for n, (text, score) in zip(which, said, strict=True)
        }


def _aspect(corners: Corners) -> float:
    """Length over height of a line; one that stands upright is read along its height, as the recogniser takes it."""
    along, across = (float(np.linalg.norm(corners[0] - corners[n])) for n in (1, 3))
    long, short = (across, along) if across >= UPRIGHT * along else (along, across)
    return long / max(short, 1.0)


def open_reader() -> PaddleReader | None:
    """The reader, where the extra is installed with its models; None otherwise. Costs nothing until it reads."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    files = Networks(*(Path(spec.origin).parent / "models" / name for name in FILES))
    if not all(path.is_file() for path in (files.finds, files.turns, files.reads)):
        return None
    return PaddleReader(files, f"{PACKAGE} {version(PACKAGE)}")


def scale_of(width_px: int, height_px: int) -> float:
    """By how much a view is enlarged before it is read."""
    return min(max(math.sqrt(PIXELS / (width_px * height_px)), 1.0), LARGEST_SCALE)
