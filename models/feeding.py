"""How a model is fed, written into its weights file: whoever has the file alone can feed it right.

The ONNX metadata carries, beside what ultralytics writes (`names`, `stride`, `task`):

names               the labels, {number: name}
stride              every side of the input is a multiple of it, in px
input_layout        NCHW float32
input_colour        RGB
input_scale         what each 0..255 value is multiplied by
input_pad_value     the grey, in 0..255, around the picture
input_letterbox     how the picture is fitted, JSON: LETTERBOX
input_square        [width, height] in px that a square photo is fed at
input_16_9          [width, height] in px that a 16:9 frame is fed at
output_layout       what the head means
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from models.card import Preprocessing
from models.detector import input_shape

LETTERBOX: Final = {
    "aspect": "kept",
    "place": "centre, an odd pixel right and below",
    "rounding": "half to even",
    "interpolation": "bilinear",
    "enlarges": True,
}
"""What pipeline/letterbox.py does."""


def feeding(labels: Sequence[str], size: Preprocessing) -> dict[str, str]:
    """The metadata of a model with these labels that is fed so."""
    square, wide = input_sizes(size)
    sides = "whole strides around the picture" if size.rectangular else "fixed"
    return {
        "names": str(dict(enumerate(labels))),
        "stride": str(size.stride_px),
        "input_layout": "NCHW float32",
        "input_colour": "RGB",
        "input_scale": "1/255",
        "input_pad_value": str(size.pad_value),
        "input_letterbox": json.dumps({**LETTERBOX, "sides": sides}),
        "input_square": json.dumps(square),
        "input_16_9": json.dumps(wide),
        "output_layout": "[1, 4 + labels, anchors]: centre x, centre y, width, height in input px; scores in 0..1",
    }


def input_sizes(size: Preprocessing) -> tuple[tuple[int, int], tuple[int, int]]:
    """Width and height in px that a square photo and a 16:9 frame are fed at."""
    square, wide = input_shape(size, 1080, 1080), input_shape(size, 1920, 1080)
    return (square.input_width, square.input_height), (wide.input_width, wide.input_height)


def disagreement(found: Mapping[str, str], labels: Sequence[str], size: Preprocessing) -> str | None:
    """The first thing that a file's metadata says otherwise than `feeding`, or does not say; None where it agrees."""
    for key, wanted in feeding(labels, size).items():
        if key not in found:
            return f"its metadata does not say {key}, which the card wants to be {wanted}"
        if found[key] != wanted:
            return f"its metadata says {key} = {found[key]}, but the card says {wanted}"
    return None
