"""How far away the number on an ad can be read: drawn ads with known numbers, by the height of their digits.

Every ad is read twice at each height: `flat`, square to the camera on a plain wall, and `pasted`, in perspective on a
grained wall with its light and blur. What counts is the number that phones_in trusts most. All numbers are drawn, and
nobody's: they begin with 10, 11 or 12. Both columns of one run see the same ads.

    make bench-phones
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.reading import PaddleReader, open_reader
from pipeline.numbering import PhoneKind
from pipeline.phones import NO_NUMBER, phones_in
from pipeline.reading import ReaderFailed
from pipeline.redact import Regions, redact
from training.ads.kinds import AdKind, draw_ad
from training.ads.sheet import Sheet
from training.synthesis.paste import light_on_paper, paste

Image = NDArray[np.uint8]
HEIGHTS_PX = (6, 8, 10, 12, 16, 24)
KINDS = (AdKind.STICKER, AdKind.CARD, AdKind.POSTER, AdKind.FLYER, AdKind.STENCIL)
AGE = 0.2
WALL = 150
JPEG_QUALITY = 88
FONTS = tuple(
    Path("/usr/share/fonts") / name
    for name in (
        "opentype/noto/NotoSansCJK-Bold.ttc",
        "opentype/noto/NotoSansCJK-Regular.ttc",
        "opentype/noto/NotoSerifCJK-Bold.ttc",
        "truetype/wqy/wqy-zenhei.ttc",
    )
)


class Dice(np.random.Generator):
    """Draws as any generator does, and notes the number that training.ads.words.phone draws with it.

    turned: every one of its last nine digits comes out as another.
    """

    def __init__(self, seed: int, turned: bool = False) -> None:
        super().__init__(np.random.PCG64(seed))
        self.turned, self.second, self.number = turned, 0, ""

    def integers(self, low: Any, high: Any = None, size: Any = None, **how: Any) -> Any:
        drawn = super().integers(low, high, size, **how)
        if (low, high, size) == (0, 3, None):
            self.second = int(drawn)
        if (low, high, size) == (0, 10, 9):
            self.number = f"1{self.second}" + "".join(map(str, drawn))
            return (drawn + 5) % 10 if self.turned else drawn
        return drawn


@dataclass(frozen=True, slots=True)
class Known:
    """An ad, its number, and how high the digits are in its own pixels."""

    ad: Sheet
    number: str
    digits_px: float


def known_ad(seed: int, fonts: Sequence[Path]) -> Known | None:
    """An ad drawn twice with two numbers: where they differ, the digits are. None where a tear took some of them."""
    dice, others = Dice(seed), Dice(seed, turned=True)
    ad, other = (draw_ad(one, fonts, KINDS[seed % len(KINDS)], AGE) for one in (dice, others))
    if ad.rgba.shape != other.rgba.shape:
        return None
    changed = np.abs(ad.rgba.astype(int) - other.rgba.astype(int)).max(axis=2) > 40
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    if not len(rows):
        return None
    paper = ad.rgba[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1, 3]
    torn = not ad.painted and not paper.all()
    return None if torn else Known(ad, dice.number, float(rows[-1] - rows[0] + 1))


def flat(known: Known, height_px: int) -> Image:
    """The ad square to the camera on a plain wall, as the encoder leaves it."""
    scale = height_px / known.digits_px
    rgba = cv2.resize(known.ad.rgba, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
    margin = max(8, round(0.1 * max(rgba.shape[:2])))
    rgba = cv2.copyMakeBorder(rgba, *(4 * [margin]), cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    cover = rgba[..., 3:] / 255
    return as_stored(rgba[..., 2::-1] * cover + WALL * (1 - cover))


def pasted(known: Known, height_px: int, seed: int) -> Image | None:
    """The ad on a grained wall, turned by up to 40°, in the wall's light, a little out of focus."""
    rng = np.random.default_rng([seed, height_px])
    scale = height_px / known.digits_px
    tall, wide = (scale * side for side in known.ad.rgba.shape[:2])
    margin = 12 + 0.2 * max(tall, wide)
    size = round(tall + 2 * margin), round(wide + 2 * margin)
    shade = cv2.resize(rng.normal(0, 9, (4, 5)).astype(np.float32), size[::-1], interpolation=cv2.INTER_CUBIC)
    wall = float(rng.uniform(90, 170)) + shade + rng.normal(0, 4, size)
    canvas = np.clip(np.repeat(wall[..., None], 3, axis=2), 0, 255).astype(np.uint8)
    turned, slant = float(rng.uniform(0, 40)), float(rng.uniform(-4, 4))
    near, far = 1.0, 1.0 - 0.25 * turned / 40
    left, right = (near, far) if rng.random() < 0.5 else (far, near)
    half = 0.5 * wide * np.cos(np.radians(turned))
    corners = np.array(
        [[-half, -left * tall / 2], [half, -right * tall / 2], [half, right * tall / 2], [-half, left * tall / 2]]
    )
    angle = np.radians(slant)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    placed = (corners @ turn.T + np.array(size[::-1]) / 2).astype(np.float32)
    light = light_on_paper(rng, canvas)
    blur_px = float(rng.uniform(0.4, 0.9))
    box = paste(rng, canvas, known.ad, placed, light, blur_px, "illegal_ad", 9)
    return None if box is None else as_stored(canvas)


def as_stored(picture: NDArray[np.floating] | Image) -> Image:
    """Through a JPEG of a video frame's quality."""
    done, coded = cv2.imencode(
        ".jpg", np.clip(picture, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    assert done
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def outcome(reader: PaddleReader, picture: Image, number: str) -> tuple[str, float]:
    """What was read, beside the truth; and the line's share of the trust (a drawn number's own is halved)."""
    height, width = picture.shape[:2]
    lines = reader(redact(picture, Regions(np.empty((0, 4), np.float32), "none 1", width, height)))
    assert not isinstance(lines, ReaderFailed), lines
    phones = phones_in(lines)
    if not phones:
        return "nothing", 0.0
    read = phones[0].number
    trust = phones[0].confidence / (NO_NUMBER if phones[0].kind is PhoneKind.DIGITS else 1.0)
    if read == number:
        return "exact", trust
    slips = sum(one != other for one, other in zip(read, number, strict=False)) + abs(len(read) - len(number))
    return "one digit off" if slips == 1 else "other", trust


def pictures(known: Known, seed: int) -> Iterator[tuple[str, int, Image]]:
    for height_px in HEIGHTS_PX:
        yield "flat", height_px, flat(known, height_px)
        picture = pasted(known, height_px, seed)
        if picture is not None:
            yield "pasted", height_px, picture


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--ads", type=int, default=40, help="how many ads are drawn (default 40)")
    count: int = asked.parse_args().ads
    reader = open_reader()
    if reader is None:
        sys.exit("bench-phones: the extra ocr is not installed; pip install 'citysteward[ocr]'")
    fonts = [font for font in FONTS if font.exists()]
    told: Counter[tuple[str, int, str]] = Counter()
    spent_s, reads, trusts = 0.0, 0, list[tuple[float, bool]]()
    for seed in range(count):
        known = known_ad(seed, fonts)
        if known is None:
            continue
        for how, height_px, picture in pictures(known, seed):
            began_s = time.process_time()
            what, trust = outcome(reader, picture, known.number)
            told[how, height_px, what] += 1
            trusts += [(trust, what == "exact")] if what != "nothing" else []
            spent_s, reads = spent_s + time.process_time() - began_s, reads + 1
        print(f"\r{seed + 1} of {count} ads", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(
        f"{reader.name}, {len(fonts)} fonts, {reads} readings, {spent_s / max(reads, 1):.2f} s of processor time each"
    )
    print("       digits   ads  exact  recall  of those read  one digit off  other  nothing")
    for how in ("flat", "pasted"):
        for height_px in HEIGHTS_PX:
            exact, slip, other, nothing = (
                told[how, height_px, what] for what in ("exact", "one digit off", "other", "nothing")
            )
            n, read = exact + slip + other + nothing, exact + slip + other
            print(
                f"{how:<6} {height_px:4} px {n:5} {exact:6} {exact / max(n, 1):7.2f} {exact / max(read, 1):14.2f}"
                f" {slip:14} {other:6} {nothing:8}"
            )
    for least, below in pairwise((0.0, 0.1, 0.5, 0.9, 1.01)):
        right = [exact for trust, exact in trusts if least <= trust < below]
        if right:
            print(f"trust {least:.1f} to {min(below, 1.0):.1f}: {sum(right)} of {len(right)} read exactly")


if __name__ == "__main__":
    main()
