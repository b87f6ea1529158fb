"""The reader of numbers on ads: PP-OCR by rapidocr (the extra `ocr`), with the models inside its wheel.

The models are named by path, so nothing is ever fetched: where a file is missing, nothing is read.
"""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.memory import given_back
from models.session import RUNTIME_ERRORS
from pipeline.phones import TextLine
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
"""A view is enlarged up to this area and threefold, since the text detector misses what is small."""
LONGEST_PX: Final = 960
"""A view is searched for text at this size at most, and read in its own: a search at 1600x900 takes a second of
processor time more and 240 MB."""
THREADS: Final = 1
"""Reading goes on beside the frames that follow; threads that wait for one another would take their cores."""


@dataclass(slots=True)
class PaddleReader:
    """See the module. Opened at the first picture, so that a pass without ads does not pay for it.

    models: the paths that rapidocr is told. Not for two callers at a time.
    """

    models: dict[str, Path]
    name: str
    _engine: Any = field(default=None, repr=False)

    def __call__(self, picture: Redacted) -> tuple[TextLine, ...] | ReaderFailed:
        """The lines in a picture, as pipeline.reading.Reader says."""
        return self.lines(picture.image)

    def lines(self, image: NDArray[np.uint8]) -> tuple[TextLine, ...] | ReaderFailed:
        """The same of pixels that are about to be sealed, uint8 [H, W, 3] BGR; keeps nothing of them."""
        height, width = image.shape[:2]
        if min(width, height) < LEAST_PX:
            return ()
        scale = scale_of(width, height)
        if scale > 1.0:
            image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
        try:
            with given_back():
                if self._engine is None:
                    self._engine = _open(self.models)
                read = self._engine(image)
        except READER_ERRORS as error:
            return ReaderFailed(f"{self.name}: {type(error).__name__}: {error}")
        if read.txts is None or read.boxes is None or read.scores is None:
            return ()
        boxes = np.asarray(read.boxes, float) / scale
        corners = np.concatenate([boxes.min(axis=1), boxes.max(axis=1)], axis=1).tolist()
        rows = zip(read.txts, read.scores, corners, strict=True)
        return tuple(TextLine(text, min(max(float(score), 0.0), 1.0), tuple(box)) for text, score, box in rows)


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
