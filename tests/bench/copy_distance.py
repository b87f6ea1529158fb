"""How many of a fingerprint's 256 bits differ between a photo and changed copies of it, beside unrelated photos.

    python -m tests.bench.copy_distance ../shared/data/detection/street_waste_val/images

For choosing `copy_distance` in datasets/sets.toml: copies should lie below it, photos of different things above.
"""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from PIL import Image, ImageEnhance

from training.dataset.fingerprint import BITS, distances, fingerprint
from training.sources import PHOTO_SUFFIXES

EVERY: Final = 8
"""One photo in so many is changed; all are compared with one another."""


def _saved(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=40)
    return Image.open(file)


def _halved(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width // 2, picture.height // 2))


def _cropped(share: float) -> Callable[[Image.Image], Image.Image]:
    def crop(picture: Image.Image) -> Image.Image:
        x, y = picture.width * share, picture.height * share
        return picture.crop((round(x), round(y), round(picture.width - x), round(picture.height - y)))

    return crop


def _sheared(degrees: float) -> Callable[[Image.Image], Image.Image]:
    slope = math.tan(math.radians(degrees))

    def shear(picture: Image.Image) -> Image.Image:
        return picture.transform(picture.size, Image.Transform.AFFINE, (1, slope, -slope * picture.height / 2, 0, 1, 0))

    return shear


CHANGES: Final[Mapping[str, Callable[[Image.Image], Image.Image]]] = MappingProxyType(
    {
        "saved as JPEG 40": _saved,
        "half as large": _halved,
        "mirrored": lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "turned by a quarter": lambda picture: picture.transpose(Image.Transpose.ROTATE_90),
        "a quarter brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.25),
        "darkened to 60 %": lambda picture: ImageEnhance.Brightness(picture).enhance(0.6),
        "contrast by 1.4": lambda picture: ImageEnhance.Contrast(picture).enhance(1.4),
        "cropped by 2 % a side": _cropped(0.02),
        "cropped by 5 % a side": _cropped(0.05),
        "sheared by 2 degrees": _sheared(2),
        "sheared by 5 degrees": _sheared(5),
        "turned by 3 degrees": lambda picture: picture.rotate(3),
    }
)


def main(folder: Path) -> None:
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES)
    prints = np.stack([fingerprint(Image.open(path).convert("L")) for path in paths])
    print(f"| change of {len(paths[::EVERY])} photos | half of them | nine in ten | all |\n|---|---|---|---|")
    for name, change in CHANGES.items():
        changed = [fingerprint(change(Image.open(path).convert("RGB")).convert("L")) for path in paths[::EVERY]]
        bits = np.diagonal(distances(prints[::EVERY], np.stack(changed)))
        print(f"| {name} | {np.median(bits):.0f} | {np.quantile(bits, 0.9):.0f} | {bits.max()} |")
    apart = distances(prints, prints) + BITS * np.eye(len(prints), dtype=np.int16)
    print(f"nearest pairs of the {len(paths)} photos: {np.sort(apart[np.triu_indices(len(paths), 1)])[:10]}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.bench.copy_distance FOLDER_OF_PHOTOS")
    main(Path(sys.argv[1]))
