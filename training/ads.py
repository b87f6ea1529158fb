"""Draws illegal small ads (小广告): stickers, posters, tear-off flyers, stencilled numbers; flat, from the front.

Every telephone number is invented: it begins with 10, 11 or 12, which no mobile number does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Rgba = NDArray[np.uint8]
Colour = tuple[int, int, int]

TRADES: Final = (
    "疏通管道", "开锁换锁", "办证刻章", "急招保姆", "房屋出租", "高价回收", "无抵押贷款", "专业防水", "空调维修",
    "搬家公司", "旺铺转让", "招聘普工", "家电清洗", "信用卡代还", "二手房出售", "补漏", "水电安装", "回收烟酒",
    "家教辅导", "打孔", "贷款", "办证", "开锁", "疏通下水道", "新房出租", "代开发票",
)  # fmt: skip
LINES: Final = (
    "价格优惠 随叫随到", "电话", "24小时服务", "诚信经营", "上门服务", "包吃住 月薪6000", "当天放款", "精装修 拎包入住",
    "有意者请联系", "李师傅", "王经理", "非诚勿扰", "三室一厅", "长期有效", "微信同号", "急用钱找我",
)  # fmt: skip
LATIN: Final = (
    "FOR RENT",
    "ROOM TO LET",
    "MOVERS",
    "LOCKSMITH",
    "CASH LOANS",
    "WE BUY CARS",
    "PLUMBER 24h",
    "JOBS",
    "DJ NIGHT",
    "SALE",
)
PAPERS: Final[tuple[Colour, ...]] = (
    (250, 250, 246), (250, 250, 246), (246, 244, 232), (255, 240, 120), (255, 214, 214), (214, 240, 214),
    (250, 224, 60), (225, 235, 250),
)  # fmt: skip
GROUNDS: Final[tuple[Colour, ...]] = (
    (20, 60, 150), (190, 20, 30), (10, 120, 70), (240, 190, 20), (235, 110, 20), (90, 30, 120),
    (240, 240, 240), (30, 140, 190),
)  # fmt: skip
INKS: Final[tuple[Colour, ...]] = ((15, 15, 15), (15, 15, 15), (180, 15, 20), (20, 40, 140))
SPRAYS: Final[tuple[Colour, ...]] = ((20, 20, 20), (20, 20, 20), (180, 20, 25), (25, 45, 150))


class AdKind(StrEnum):
    """The forms that small ads take."""

    STICKER = "sticker"
    POSTER = "poster"
    FLYER = "flyer"
    STENCIL = "stencil"


@dataclass(frozen=True, slots=True)
class Ad:
    """A flat ad: uint8 [H, W, 4] RGBA, and its longer side in metres on a real wall."""

    kind: AdKind
    rgba: Rgba
    long_side_m: float


def draw_ad(rng: np.random.Generator, fonts: Sequence[Path], kind: AdKind) -> Ad:
    """One ad of the kind; the same generator state, the same pixels. Without fonts Pillow's own (Latin) is used."""
    if kind is AdKind.STENCIL:
        return Ad(kind, _stencil(rng, fonts), float(rng.uniform(0.4, 1.3)))
    if kind is AdKind.POSTER:
        return Ad(kind, _worn(rng, _poster(rng, fonts)), float(rng.uniform(0.5, 1.1)))
    if kind is AdKind.FLYER:
        return Ad(kind, _worn(rng, _flyer(rng, fonts)), float(rng.uniform(0.25, 0.42)))
    return Ad(kind, _worn(rng, _sticker(rng, fonts)), float(rng.uniform(0.2, 0.5)))


def phone(rng: np.random.Generator) -> str:
    """An eleven-digit number that nobody can have."""
    return "1" + str(rng.integers(0, 3)) + "".join(str(digit) for digit in rng.integers(0, 10, 9))


def _pick(rng: np.random.Generator, among: Sequence[str]) -> str:
    return among[int(rng.integers(len(among)))]


def _colour(rng: np.random.Generator, among: Sequence[Colour]) -> Colour:
    return among[int(rng.integers(len(among)))]


def _title(rng: np.random.Generator, fonts: Sequence[Path]) -> str:
    return _pick(rng, TRADES) if fonts and rng.random() < 0.85 else _pick(rng, LATIN)


def _text(
    draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float], text: str, ink: Colour, font: Path | None
) -> None:
    """Write the text as large as the box allows, centred in it."""
    left, top, right, bottom = box
    size = max(6, int(bottom - top))
    face = ImageFont.truetype(str(font), size) if font else ImageFont.load_default(size)
    x1, _, x2, _ = draw.textbbox((0, 0), text, font=face)
    if x2 - x1 > right - left:
        size = max(6, int(size * (right - left) / (x2 - x1)))
        face = ImageFont.truetype(str(font), size) if font else ImageFont.load_default(size)
    draw.text(((left + right) / 2, (top + bottom) / 2), text, fill=ink, font=face, anchor="mm")


def _font(rng: np.random.Generator, fonts: Sequence[Path]) -> Path | None:
    return fonts[int(rng.integers(len(fonts)))] if fonts else None


def _sticker(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """A small paper with a trade and a number, and a line or two between."""
    width = 280
    height = int(width / rng.uniform(0.8, 2.8))
    page = Image.new("RGBA", (width, height), (*_colour(rng, PAPERS), 255))
    draw, ink, font = ImageDraw.Draw(page), _colour(rng, INKS), _font(rng, fonts)
    if rng.random() < 0.3:
        draw.rectangle((4, 4, width - 5, height - 5), outline=ink, width=3)
    rows = 2 + int(rng.integers(0, 3)) * (height > 140)
    pad, step = 0.06 * height, height * 0.88 / rows
    words = [_title(rng, fonts)] + [_pick(rng, LINES if fonts else LATIN) for _ in range(rows - 2)] + [phone(rng)]
    for row, word in enumerate(words):
        top = pad + row * step
        _text(draw, (12, top + 0.06 * step, width - 12, top + 0.94 * step), word, ink, font)
    return np.array(page)


def _poster(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """A coloured sheet: a title, a disc or panel with an offer, small print, a number in a box."""
    width = 300
    height = int(width * rng.uniform(1.1, 1.8))
    ground = _colour(rng, GROUNDS)
    bright: Colour = (250, 250, 250) if sum(ground) < 480 else (160, 15, 20)
    page = Image.new("RGBA", (width, height), (*ground, 255))
    draw, font = ImageDraw.Draw(page), _font(rng, fonts)
    _text(draw, (14, 0.04 * height, width - 14, 0.18 * height), _title(rng, fonts), bright, font)
    accent = _colour(rng, GROUNDS)
    middle = (0.2 * width, 0.22 * height, 0.8 * width, 0.22 * height + 0.6 * width)
    if rng.random() < 0.5:
        draw.ellipse(middle, fill=accent)
    else:
        draw.rectangle(middle, fill=accent)
    offer = _pick(rng, LINES if fonts else LATIN)
    _text(draw, (middle[0] + 14, middle[1] + 0.2 * width, middle[2] - 14, middle[1] + 0.4 * width), offer, bright, font)
    for row in range(int(rng.integers(1, 4))):
        top = (0.62 + 0.07 * row) * height
        _text(draw, (20, top, width - 20, top + 0.05 * height), _pick(rng, LINES if fonts else LATIN), bright, font)
    number_box = (16, 0.86 * height, width - 16, 0.96 * height)
    draw.rectangle(number_box, fill=(250, 250, 245))
    _text(draw, number_box, phone(rng), (190, 20, 30), font)
    return np.array(page)


def _flyer(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """A page of print with tear-off strips along its foot, some of them gone."""
    width, height = 240, 340
    page = Image.new("RGBA", (width, height), (*_colour(rng, PAPERS), 255))
    draw, ink, font = ImageDraw.Draw(page), _colour(rng, INKS), _font(rng, fonts)
    _text(draw, (12, 16, width - 12, 70), _title(rng, fonts), ink, font)
    for row in range(6):
        top = 84 + row * 24
        _text(
            draw,
            (16, top, width - 16 - float(rng.uniform(0, 60)), top + 18),
            _pick(rng, LINES if fonts else LATIN),
            ink,
            font,
        )
    _text(draw, (12, 226, width - 12, 262), phone(rng), ink, font)
    strip = width / 8
    for place in range(8):
        left = place * strip
        if rng.random() < 0.35:
            draw.rectangle((left, 272, left + strip, height), fill=(0, 0, 0, 0))
            continue
        draw.line((left, 272, left, height), fill=(120, 120, 120), width=1)
        draw.line((left + strip / 2, 280, left + strip / 2, height - 8), fill=ink, width=4)
    return np.array(page)


def _stencil(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """A number sprayed straight onto the wall: no paper, soft edges, uneven paint."""
    width, height = 360, int(rng.choice([90, 150]))
    cover = Image.new("L", (width, height), 0)
    draw, font = ImageDraw.Draw(cover), _font(rng, fonts)
    rows = [phone(rng)] if height == 90 else [_title(rng, fonts), phone(rng)]
    for row, word in enumerate(rows):
        step = height / len(rows)
        _text(draw, (10, row * step + 6, width - 10, (row + 1) * step - 6), word, 255, font)  # type: ignore[arg-type]
    paint = cv2.GaussianBlur(np.asarray(cover, np.float32), (0, 0), float(rng.uniform(0.8, 2.2)))
    uneven = cv2.resize(
        rng.uniform(0.6, 1.0, (6, 14)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    colour = np.array(_colour(rng, SPRAYS), np.uint8)
    return np.dstack([np.broadcast_to(colour, (height, width, 3)), np.clip(paint * uneven, 0, 255).astype(np.uint8)])


def _worn(rng: np.random.Generator, page: Rgba) -> Rgba:
    """Age a sheet: creases and stains, faded ink, torn corners and a scraped strip."""
    height, width = page.shape[:2]
    shade = cv2.resize(rng.normal(0, 1, (9, 9)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    fade = float(rng.uniform(0, 0.45))
    paper = page[..., :3].astype(np.float32)
    paper = paper * (1 - fade) + paper.mean((0, 1)) * 0.3 * fade + 215 * 0.7 * fade
    paper *= 1 + float(rng.uniform(0.01, 0.06)) * shade[..., None]
    alpha = page[..., 3].copy()
    for _ in range(int(rng.integers(0, 3))):
        _tear(rng, alpha)
    return np.dstack([np.clip(paper, 0, 255).astype(np.uint8), alpha])


def _tear(rng: np.random.Generator, alpha: NDArray[np.uint8]) -> None:
    """Take a ragged piece off a corner or out of an edge; writes into `alpha`, which is this page's own."""
    height, width = alpha.shape
    centre = (int(rng.choice([0, width])), int(rng.uniform(0, height))) if rng.random() < 0.6 else (
        int(rng.uniform(0, width)), int(rng.choice([0, height])))  # fmt: skip
    reach = float(rng.uniform(0.08, 0.28)) * min(height, width)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 14))
    radii = reach * rng.uniform(0.6, 1.3, 14)
    ragged = np.stack([centre[0] + radii * np.cos(angles), centre[1] + radii * np.sin(angles)], 1)
    cv2.fillPoly(alpha, [ragged.astype(np.int32)], 0)
