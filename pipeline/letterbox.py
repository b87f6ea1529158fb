"""Fitting a picture into a model's input without changing its shape: scale, centre, pad; and the way back.

Pixel for pixel what ultralytics' `LetterBox(auto=False, scaleup=True, center=True)` does at training and export time: a
model that is fed otherwise loses accuracy silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

PAD_VALUE = 114
SHARES: Final = np.arange(256, dtype=np.float32) / np.float32(255)
"""0..255 in 0..1, by a true division as at training."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How one picture size maps into one input size. All sizes in px; scale is input px per source px."""

    source_width: int
    source_height: int
    input_width: int
    input_height: int
    scale: float
    resized_width: int
    resized_height: int
    left: int
    top: int

    @classmethod
    def fit(cls, source_width: int, source_height: int, input_width: int, input_height: int) -> Self:
        """The largest centred fit. Rounds half to even; an odd padding leaves its extra pixel right and below."""
        if min(source_width, source_height, input_width, input_height) < 1:
            raise ValueError(f"empty picture: {source_width}x{source_height} into {input_width}x{input_height}")
        scale = min(input_height / source_height, input_width / source_width)
        width, height = max(round(source_width * scale), 1), max(round(source_height * scale), 1)
        return cls._centred(source_width, source_height, input_width, input_height, scale, width, height)

    @classmethod
    def within(cls, source_width: int, source_height: int, most_width: int, most_height: int, stride: int) -> Self:
        """The same scale as `fit` into the largest input, in the smallest input of whole strides that holds it."""
        whole = cls.fit(source_width, source_height, most_width, most_height)
        width = min(most_width, -(-whole.resized_width // stride) * stride)
        height = min(most_height, -(-whole.resized_height // stride) * stride)
        inner = whole.resized_width, whole.resized_height
        return cls._centred(source_width, source_height, width, height, whole.scale, *inner)

    @classmethod
    def _centred(
        cls, source_width: int, source_height: int, input_width: int, input_height: int, scale: float, *inner: int
    ) -> Self:
        width, height = inner
        left = round((input_width - width) / 2 - 0.1)
        top = round((input_height - height) / 2 - 0.1)
        return cls(source_width, source_height, input_width, input_height, scale, width, height, left, top)

    def apply(self, image: NDArray[np.uint8], pad_value: int = PAD_VALUE) -> NDArray[np.uint8]:
        """uint8 [source H, source W, 3] → uint8 [input H, input W, 3], same channel order."""
        if image.shape != (self.source_height, self.source_width, 3):
            raise ValueError(f"picture is {image.shape}, not {(self.source_height, self.source_width, 3)}")
        canvas = np.empty((self.input_height, self.input_width, 3), np.uint8)
        bottom, right = self.top + self.resized_height, self.left + self.resized_width
        inner = canvas[self.top : bottom, self.left : right]
        if (self.source_width, self.source_height) == (self.resized_width, self.resized_height):
            inner[...] = image
        elif inner.size == canvas.size or self.resized_width == self.input_width:
            cv2.resize(image, (self.resized_width, self.resized_height), dst=inner, interpolation=cv2.INTER_LINEAR)
        else:
            inner[...] = cv2.resize(image, (self.resized_width, self.resized_height), interpolation=cv2.INTER_LINEAR)
        canvas[: self.top] = pad_value
        canvas[bottom:] = pad_value
        canvas[:, : self.left] = pad_value
        canvas[:, right:] = pad_value
        return canvas

    def blob(self, image: NDArray[np.uint8], pad_value: int = PAD_VALUE) -> NDArray[np.float32]:
        """uint8 [source H, source W, 3] BGR → float32 [1, 3, input H, input W] RGB in 0..1, as the model eats it."""
        blob = np.empty((1, 3, self.input_height, self.input_width), np.float32)
        # A plane at a time: five times faster than cv2.dnn.blobFromImage.
        for plane, channel in zip(cv2.split(self.apply(image, pad_value)), (2, 1, 0), strict=True):
            cv2.LUT(plane, SHARES, dst=blob[0, channel])
        return blob

    def boxes_in(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes [N, 4] of the source picture in input pixels."""
        return (xyxy * np.float32(self.scale) + self._shift()).astype(np.float32)

    def undo(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes [N, 4] of the input back in source pixels, not clipped; the inverse of `boxes_in`."""
        return ((xyxy - self._shift()) / np.float32(self.scale)).astype(np.float32)

    def _shift(self) -> NDArray[np.float32]:
        return np.array([self.left, self.top, self.left, self.top], np.float32)
