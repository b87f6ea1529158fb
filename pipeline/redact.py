"""The privacy step's product: a picture in which faces, heads and plates are gone.

Only `redact` makes a `Redacted`, only a `Redacted` can be encoded (pipeline/evidence.py), and everything that is stored
or sent is encoded there. A picture for which the search for regions did not run has no way into a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn, final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.boxes import Box, clip

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """What the privacy step found in one picture, which may be nothing.

    xyxy: float32 [N, 4] px, margin included; step: the step's name and version, kept with every stored picture;
    width_px, height_px: of the picture that was searched. plates: float32 [M, 4] px, those of the regions that are
    number plates, without the margin.
    """

    xyxy: NDArray[np.float32]
    step: str
    width_px: int
    height_px: int
    plates: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 4), np.float32))

    def __post_init__(self) -> None:
        if self.xyxy.ndim != 2 or self.xyxy.shape[1] != 4 or not np.isfinite(self.xyxy).all():
            raise ValueError(f"regions are finite [N, 4], not {self.xyxy.shape}")
        if not self.step:
            raise ValueError("a privacy step has a name")
        self.xyxy.flags.writeable = self.plates.flags.writeable = False


@dataclass(frozen=True, slots=True)
class DidNotRun:
    """The privacy step could not search a picture, which is then not stored. `why` is for the log."""

    why: str


@final
class Redacted:
    """A picture after the privacy step. uint8 [H, W, 3] BGR, read-only; `step` names the step. See the module."""

    __slots__ = ("_image", "_step")

    _image: NDArray[np.uint8]
    _step: str

    def __init__(self) -> None:
        raise TypeError("only pipeline.redact.redact makes a Redacted")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Redacted is not copied or pickled: its state could be forged on the way")

    @property
    def image(self) -> NDArray[np.uint8]:
        return self._image

    @property
    def step(self) -> str:
        return self._step

    @property
    def width_px(self) -> int:
        return int(self._image.shape[1])

    @property
    def height_px(self) -> int:
        return int(self._image.shape[0])

    def window(self, xyxy: Box) -> tuple[int, int, int, int]:
        """The whole pixels that a box touches, cut to the picture, at least one: what `crop` keeps."""
        x1 = min(max(int(np.floor(xyxy[0])), 0), self.width_px - 1)
        y1 = min(max(int(np.floor(xyxy[1])), 0), self.height_px - 1)
        x2 = min(max(int(np.ceil(xyxy[2])), x1 + 1), self.width_px)
        y2 = min(max(int(np.ceil(xyxy[3])), y1 + 1), self.height_px)
        return x1, y1, x2, y2

    def crop(self, xyxy: Box) -> Redacted:
        """The part inside a box; see `window`."""
        x1, y1, x2, y2 = self.window(xyxy)
        return _seal(self._image[y1:y2, x1:x2].copy(), self._step)

    def shrink(self, longest_px: int) -> Redacted:
        """The whole picture with its longer side at most `longest_px`; never enlarged."""
        scale = longest_px / max(self.width_px, self.height_px)
        if scale >= 1.0:
            return self
        size = max(round(self.width_px * scale), 1), max(round(self.height_px * scale), 1)
        return _seal(np.asarray(cv2.resize(self._image, size, interpolation=cv2.INTER_AREA), np.uint8), self._step)

    def outline(self, boxes: Sequence[Box], colours: Sequence[Colour], captions: Sequence[str] = ()) -> Redacted:
        """The picture with boxes drawn on it and, where given, an ASCII caption above each."""
        canvas = self._image.copy()
        width = max(2, round(max(canvas.shape[:2]) / 480))
        for index, (box, colour) in enumerate(zip(boxes, colours, strict=True)):
            x1, y1, x2, y2 = (round(side) for side in box)
            cv2.rectangle(canvas, (x1, y1), (x2, y2), colour, width)
            if index < len(captions):
                _caption(canvas, captions[index], x1, y1, colour, width)
        return _seal(canvas, self._step)


def redact(image: NDArray[np.uint8], regions: Regions) -> Redacted:
    """The picture with every region filled by one flat colour, its mean: nothing of what stood there can be restored.

    Raises ValueError if the regions were found in a picture of another size.
    """
    height, width = image.shape[:2]
    if (width, height) != (regions.width_px, regions.height_px):
        raise ValueError(f"regions of a {regions.width_px}x{regions.height_px} picture for one of {width}x{height}")
    filled = image.copy()
    for x1, y1, x2, y2 in _whole_pixels(regions.xyxy, width, height):
        # The mean of the original, so that the order of overlapping regions does not matter to what is hidden.
        colour = cv2.mean(image[y1:y2, x1:x2])[:3]
        filled[y1:y2, x1:x2] = np.array(colour, np.uint8)
    return _seal(filled, regions.step)


def contact_sheet(tiles: Sequence[Redacted], columns: int, gap_px: int = 6) -> Redacted:
    """Redacted pictures side by side on white, in reading order; each cell has the size of the largest picture.

    Raises ValueError where there is none.
    """
    if not tiles:
        raise ValueError("a contact sheet has at least one picture")
    columns = min(columns, len(tiles))
    wide, tall = (max(tile.width_px for tile in tiles) + gap_px, max(tile.height_px for tile in tiles) + gap_px)
    rows = -(-len(tiles) // columns)
    sheet = np.full((rows * tall + gap_px, columns * wide + gap_px, 3), 255, np.uint8)
    for place, tile in enumerate(tiles):
        y, x = place // columns * tall + gap_px, place % columns * wide + gap_px
        sheet[y : y + tile.height_px, x : x + tile.width_px] = tile.image
    return _seal(sheet, tiles[0].step)


def grow(xyxy: NDArray[np.float32], share: float, least_px: float) -> NDArray[np.float32]:
    """The boxes [N, 4] with a margin on each side: a share of that side's length, at least `least_px`."""
    margin = np.maximum((xyxy[:, 2:] - xyxy[:, :2]) * share, least_px)
    return np.concatenate([xyxy[:, :2] - margin, xyxy[:, 2:] + margin], axis=1).astype(np.float32)


HEAD_OF_HEIGHT: Final = 0.24
HEAD_OF_WIDTH: Final = 0.55
LYING: Final = 1.3


def heads(people: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where the heads of person boxes [N, 4] are, for certain rather than tightly.

    The upper band over the full width: of a standing person about a quarter of the height, of one cut off by the
    picture's edge a share of the width. A box clearly wider than tall (lying, bending, several people) is all head.
    """
    width, height = people[:, 2] - people[:, 0], people[:, 3] - people[:, 1]
    tall = np.minimum(np.maximum(height * HEAD_OF_HEIGHT, width * HEAD_OF_WIDTH), height)
    tall = np.where(width > LYING * height, height, tall)
    banded = people.copy()
    banded[:, 3] = people[:, 1] + tall
    return banded


def _whole_pixels(xyxy: NDArray[np.float32], width: int, height: int) -> list[list[int]]:
    """Every pixel that a box touches, boxes outside the picture left out."""
    outward = np.concatenate([np.floor(xyxy[:, :2]), np.ceil(xyxy[:, 2:])], axis=1).astype(np.float32)
    cut = clip(outward, width, height).astype(np.int64)
    solid = (cut[:, 2] > cut[:, 0]) & (cut[:, 3] > cut[:, 1])
    listed: list[list[int]] = cut[solid].tolist()
    return listed


def _seal(image: NDArray[np.uint8], step: str) -> Redacted:
    image.flags.writeable = False
    sealed = object.__new__(Redacted)
    object.__setattr__(sealed, "_image", image)
    object.__setattr__(sealed, "_step", step)
    return sealed


def _caption(canvas: NDArray[np.uint8], text: str, x: int, y: int, colour: Colour, width: int) -> None:
    scale = width / 4.0
    (wide, tall), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, width // 2 + 1)
    top = max(y - tall - base, 0)
    cv2.rectangle(canvas, (x, top), (x + wide, top + tall + base), colour, cv2.FILLED)
    cv2.putText(canvas, text, (x, top + tall), cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), width // 2 + 1)
