"""The annotated video or contact sheet: what was seen, drawn on pictures that have passed the privacy step."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Final, Protocol

import av
import av.container
import av.video
import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.evidence import encode
from pipeline.observation import EvidenceRole
from pipeline.redact import Redacted, contact_sheet

LONGEST_PX: Final = 1280
TILE_PX: Final = 400
COLUMNS: Final = 4
TILES_A_SHEET: Final = 80
MS: Final = Fraction(1, 1000)
# No macroblock tree: with it, x264 now and then made other bytes of the same pictures on a processor with AVX-512
# (7 of 400 times; without it 0 of 700, and with x264 held to AVX2 0 of 400).
ENCODING: Final = {"preset": "veryfast", "crf": "27", "mbtree": "0", "rc-lookahead": "0"}


class Annotated(Protocol):
    """Takes redacted pictures in the order of the footage."""

    def add(self, picture: Redacted, media_ns: int) -> None: ...

    def close(self) -> None: ...


class AnnotatedVideo:
    """`annotated.mp4`: H.264, each analysed frame shown at its own time in the footage."""

    def __init__(self, folder: Path, fps: float, threads: int | None = None) -> None:
        self._path = folder / "annotated.mp4"
        self._fps = max(1, min(60, round(fps)))
        self._threads = threads
        self._container: av.container.OutputContainer | None = None
        self._stream: av.video.stream.VideoStream | None = None
        self._last_ms = -1

    def add(self, picture: Redacted, media_ns: int) -> None:
        """Append a picture; all have the size of the first."""
        image = _even(_redacted(picture.shrink(LONGEST_PX)))
        if self._container is None:
            self._container = av.open(str(self._path), "w", options={"movflags": "faststart"})
            self._stream = self._container.add_stream("libx264", rate=self._fps, options=ENCODING)
            self._stream.height, self._stream.width = image.shape[:2]
            self._stream.pix_fmt = "yuv420p"
            self._stream.codec_context.time_base = MS
            if self._threads is not None:
                self._stream.codec_context.thread_count = self._threads
        frame = av.VideoFrame.from_ndarray(image, format="bgr24")
        self._last_ms = max(self._last_ms + 1, media_ns // 1_000_000)
        frame.pts, frame.time_base = self._last_ms, MS
        self._encode(frame)

    def _encode(self, frame: av.VideoFrame | None) -> None:
        if self._container is not None and self._stream is not None:
            self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file; without any picture there is none."""
        if self._container is not None:
            self._encode(None)
            self._container.close()


class ContactSheets:
    """`contact_sheet.jpg` (and `contact_sheet_2.jpg` …): the photos small, 80 a sheet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tiles: list[Redacted] = []
        self._sheets = 0

    def add(self, picture: Redacted, media_ns: int) -> None:  # noqa: ARG002  (photos stand in their order)
        self._tiles.append(picture.shrink(TILE_PX))
        if len(self._tiles) == TILES_A_SHEET:
            self._flush()

    def _flush(self) -> None:
        if self._tiles:
            self._sheets += 1
            number = "" if self._sheets == 1 else f"_{self._sheets}"
            sheet = encode(contact_sheet(self._tiles, COLUMNS), EvidenceRole.WIDE)
            (self._folder / f"contact_sheet{number}.jpg").write_bytes(sheet.content)
            self._tiles = []

    def close(self) -> None:
        self._flush()


class Unannotated:
    """Takes nothing: no annotated output is wanted."""

    def add(self, picture: Redacted, media_ns: int) -> None: ...

    def close(self) -> None: ...


def _redacted(picture: Redacted) -> NDArray[np.uint8]:
    """A redacted picture's pixels; untyped callers with anything else are refused here."""
    if not isinstance(picture, Redacted):
        raise TypeError(f"only a Redacted can be shown, not {type(picture).__name__}")
    return picture.image


def _even(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """H.264 with halved colour wants even sides: the last row or column is repeated where one is odd."""
    down, right = image.shape[0] % 2, image.shape[1] % 2
    if not (down or right):
        return np.ascontiguousarray(image)
    return np.asarray(cv2.copyMakeBorder(image, 0, down, 0, right, cv2.BORDER_REPLICATE), np.uint8)
