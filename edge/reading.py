"""The reader of numbers on ads: PP-OCR by rapidocr (the extra `ocr`), with the models inside its wheel.

The models are named by path, so nothing is ever fetched: where a file is missing, nothing is read.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.memory import given_back
from models.providers import RUNTIME_ERRORS
from pipeline.boxes import Box
from pipeline.phones import TextLine, goes_on
from pipeline.reading import ReaderFailed
from pipeline.redact import Redacted

NOT_INSTALLED: Final = "numbers on ads are not read; to read them: pip install 'citysteward[ocr]'"
MODELS: Final = {
    "Det.model_path": "PP-OCRv6_det_small.onnx",
    "Cls.model_path": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    "Rec.model_path": "PP-OCRv6_rec_small.onnx",
}
LEAST_PX: Final = 8
LARGEST_SCALE: Final = 3.0
READER_ERRORS: Final[tuple[type[Exception], ...]] = (*RUNTIME_ERRORS, cv2.error, OSError, ImportError)
PIXELS: Final = 300_000
"""A view is enlarged up to this area and threefold, since the text detector misses what is small: at two thirds of it
lines come out a little otherwise, and digits of 6 to 8 px are misread."""
LONGEST_PX: Final = 960
"""A view is searched for text at this size at most, and read in its own: a search at 1600x900 takes a second of
processor time more and 240 MB."""
LEAST_ASPECT: Final = 1.8
"""Width over height of a line that holds a number by itself: the narrowest seven digits, seen aslant."""
UPRIGHT: Final = 1.5
"""From this height over width on, a line is taken to run from top to bottom."""
PART: Final = 3
"""How many digits a line shows beside which a shorter one may be the rest of a number."""
LEAST_SCORE: Final = 0.5
THREADS: Final = 1
"""Reading goes on beside the frames that follow; threads that wait for one another would take their cores."""

Image = NDArray[np.uint8]
Corners = NDArray[np.float32]
Lines = tuple[TextLine, ...]


@dataclass(slots=True)
class PaddleReader:
    """See the module. Opened at the first picture, so that a pass without ads does not pay for it.

    models: the paths that rapidocr is told. Not for two callers at a time.
    """

    models: dict[str, Path]
    name: str
    _engine: Any = field(default=None, repr=False)

    def __call__(self, picture: Redacted) -> Lines | ReaderFailed:
        """The lines in a picture that can hold a number or the rest of one, as pipeline.reading.Reader says."""
        return self._tried(picture.image, _numbers)

    def lines(self, image: Image) -> Lines | ReaderFailed:
        """All lines of pixels that are about to be sealed, uint8 [H, W, 3] BGR; keeps nothing of them."""
        return self._tried(image, _everything)

    def _tried(self, image: Image, read: Callable[[Any, _View], Lines]) -> Lines | ReaderFailed:
        if min(image.shape[:2]) < LEAST_PX:
            return ()
        try:
            with given_back():
                if self._engine is None:
                    self._engine = _open(self.models)
                return read(self._engine, _View.searched(self._engine, image))
        except READER_ERRORS as error:
            return ReaderFailed(f"{self.name}: {type(error).__name__}: {error}")


def _everything(engine: Any, view: _View) -> Lines:
    return _said(view.recognised(engine, range(len(view.corners))))


def _numbers(engine: Any, view: _View) -> Lines:
    """The lines that may hold a number, and those beside them that may be the rest of one: to recognise a line takes a
    tenth of the search, and most lines of an ad are a word or two."""
    told = view.recognised(engine, [n for n, one in enumerate(view.corners) if _aspect(one) >= LEAST_ASPECT])
    parts = [line.xyxy for line in _said(told) if sum(map(str.isdigit, line.text)) >= PART]
    rest = [n for n, one in enumerate(view.corners) if n not in told and _beside(_box(one), parts)]
    return _said(told | view.recognised(engine, rest))


def _said(told: dict[int, TextLine | None]) -> Lines:
    """In the order of reading."""
    return tuple(line for _, line in sorted(told.items()) if line is not None)


def _beside(box: Box, parts: Sequence[Box]) -> bool:
    return any(goes_on(part, box) or goes_on(box, part) for part in parts)


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A picture as it is read: enlarged by `scale`, with where lines of text stand in the picture itself, [N, 4, 2] px,
    each from its upper left, clockwise, in the order of reading."""

    enlarged: Image
    scale: float
    corners: Corners

    @classmethod
    def searched(cls, engine: Any, image: Image) -> Self:
        scale = scale_of(image.shape[1], image.shape[0])
        if scale > 1.0:
            image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
        found = engine(image, use_cls=False, use_rec=False).boxes
        corners = np.asarray([] if found is None else found, np.float32).reshape(-1, 4, 2)
        within = np.ptp(corners, axis=1).min(axis=1) >= 1.0  # what stands in the reader's own padding has no height
        return cls(image, scale, corners[within] / np.float32(scale))

    def recognised(self, engine: Any, which: Sequence[int]) -> dict[int, TextLine | None]:
        """What stands in some of the lines; None where nothing does surely."""
        from rapidocr.utils.process_img import get_rotate_crop_image

        if not len(which):
            return {}
        strips = [get_rotate_crop_image(self.enlarged, self.scale * self.corners[n]) for n in which]
        upright, _ = engine.cls_and_rotate(strips)
        read = engine.recognize_txt(upright)
        return {
            n: TextLine(text, min(float(score), 1.0), _box(self.corners[n]))
            if text.strip() and score >= LEAST_SCORE
            else None
            for n, text, score in zip(which, read.txts, read.scores, strict=True)
        }


def _box(corners: Corners) -> Box:
    (x1, y1), (x2, y2) = corners.min(axis=0), corners.max(axis=0)
    return float(x1), float(y1), float(x2), float(y2)


def _aspect(corners: Corners) -> float:
    """Length over height of a line; one that stands upright is read along its height, as the recogniser takes it."""
    along, across = (float(np.linalg.norm(corners[0] - corners[n])) for n in (1, 3))
    long, short = (across, along) if across >= UPRIGHT * along else (along, across)
    return long / max(short, 1.0)


def open_reader() -> PaddleReader | None:
    """The reader, where the extra is installed with its models; None otherwise. Costs nothing until it reads."""
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "models"
    models = {key: folder / name for key, name in MODELS.items()}
    if not all(path.is_file() for path in models.values()):
        return None
    return PaddleReader(models, f"rapidocr {version('rapidocr')}")


def scale_of(width_px: int, height_px: int) -> float:
    """By how much a view is enlarged before it is read."""
    return min(max(math.sqrt(PIXELS / (width_px * height_px)), 1.0), LARGEST_SCALE)


def _open(models: dict[str, Path]) -> Any:
    from rapidocr import RapidOCR

    asked: dict[str, Any] = {
        "Global.log_level": "critical",
        "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
        "Det.limit_type": "max",
        "Det.limit_side_len": LONGEST_PX,
    }
    return RapidOCR(params=asked | {key: str(path) for key, path in models.items()})
