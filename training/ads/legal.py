"""Draws what may hang where it hangs: street and house plates, shop boards, notice cases, traffic signs.

They are framed, flat, clean and upright; small ads are none of that, and the detector is to learn the difference: these
stay unlabelled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from training.ads.sheet import WHITE, Colour, Pen, Rgba, Sheet, one_of, photo_like

STREETS: Final = ("中山路", "解放东路", "建设街", "和平巷", "文昌路", "新华南街", "滨江道", "学院路")
SHOPS: Final = (
    "便利店", "兰州拉面", "老百姓大药房", "五金建材", "美容美发", "水果超市", "早餐店", "中国银行", "手机维修",
    "烟酒茶", "川菜馆", "房产中介", "幼儿园", "社区卫生站",
)  # fmt: skip
SHOPS_LATIN: Final = ("BAKERY", "PHARMACY", "HOTEL", "CAFE", "BANK", "OPTICS", "SHOES", "MARKET")
HEADS: Final = ("公告栏", "居务公开", "党务公开", "宣传栏", "通知", "温馨提示", "垃圾分类", "便民服务")
WARNINGS: Final = ("有电危险", "禁止停车", "消防通道", "严禁烟火", "小心台阶", "请勿张贴")
FRAMES: Final[tuple[Colour, ...]] = ((175, 178, 182), (120, 124, 130), (150, 112, 70), (90, 60, 40), (190, 30, 35))
BOARDS: Final[tuple[Colour, ...]] = (
    (190, 20, 30), (20, 70, 160), (10, 110, 60), (240, 240, 236), (30, 30, 34), (235, 130, 20), (245, 205, 40),
)  # fmt: skip


class LegalKind(StrEnum):
    """The legal signs that are drawn."""

    STREET_PLATE = "street_plate"
    HOUSE_PLATE = "house_plate"
    SHOP_BOARD = "shop_board"
    NOTICE_CASE = "notice_case"
    TRAFFIC_SIGN = "traffic_sign"
    WARNING = "warning"


def draw_legal(rng: np.random.Generator, fonts: Sequence[Path], kind: LegalKind) -> Sheet:
    """One legal sign of the kind; the same generator state, the same pixels."""
    drawer, least_m, most_m = DRAWERS[kind]
    return Sheet(drawer(rng, fonts), float(rng.uniform(least_m, most_m)))


def _plate(rng: np.random.Generator, fonts: Sequence[Path], text: str, size: tuple[int, int], ground: Colour) -> Rgba:
    """An enamelled plate with a white rim."""
    width, height = size
    page = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(page)
    draw.rounded_rectangle((0, 0, width - 1, height - 1), 10, fill=(*ground, 255))
    draw.rounded_rectangle((6, 6, width - 7, height - 7), 8, outline=WHITE, width=3)
    pen = Pen.drawn(rng, fonts)
    if height > 100:
        pen.write(draw, (24, 16, width - 24, 0.64 * height), text, WHITE, bold_px=1)
        pen.write(draw, (40, 0.68 * height, width - 40, 0.86 * height), "W  ZHONGSHAN RD  E", WHITE)
    else:
        pen.write(draw, (14, 14, width - 14, height - 14), text, WHITE, bold_px=1)
    return np.array(page)


def _street_plate(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    text = one_of(rng, STREETS) if fonts else "HIGH STREET"
    return _plate(rng, fonts, text, (360, 128), one_of(rng, ((16, 70, 160), (16, 70, 160), (10, 120, 70))))


def _house_plate(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    number = f"{rng.integers(1, 300)}" + (one_of(rng, ("号", "栋", "-2号")) if fonts else "")
    return _plate(rng, fonts, number, (150, 96), one_of(rng, ((16, 70, 160), (180, 25, 30), (10, 120, 70))))


def _shop_board(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """A board over a shop: one ground, large letters, a rim, perhaps a small line and a mark."""
    width, height = int(120 * rng.uniform(3, 6)), 120
    ground = one_of(rng, BOARDS)
    ink: Colour = (250, 250, 246) if sum(ground) < 420 else (190, 20, 30)
    page = Image.new("RGBA", (width, height), (*ground, 255))
    draw, pen = ImageDraw.Draw(page), Pen.drawn(rng, fonts)
    draw.rectangle((0, 0, width - 1, height - 1), outline=one_of(rng, FRAMES), width=5)
    left = 20
    if rng.random() < 0.4:
        draw.ellipse((18, 24, 90, 96), fill=ink)
        left = 104
    name = one_of(rng, SHOPS) if fonts and rng.random() < 0.85 else one_of(rng, SHOPS_LATIN)
    low = 0.68 if rng.random() < 0.4 else 0.86
    pen.write(draw, (left, 0.14 * height, width - 20, low * height), name, ink, bold_px=2)
    if low < 0.8:
        pen.write(draw, (left, 0.72 * height, width - 20, 0.9 * height), one_of(rng, SHOPS_LATIN), ink)
    return np.array(page)


def _notice_case(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """A framed case: a heading, clean sheets or pictures in even rows, glass that mirrors the sky."""
    width = int(rng.uniform(300, 520))
    height = int(rng.uniform(190, 380))
    ground = one_of(rng, ((250, 246, 226), (236, 240, 245), (200, 30, 35), (30, 90, 170), (250, 230, 150)))
    page = Image.new("RGBA", (width, height), (*ground, 255))
    draw, pen = ImageDraw.Draw(page), Pen.drawn(rng, fonts)
    head_ink: Colour = WHITE if sum(ground) < 420 else (180, 20, 30)
    pen.write(draw, (30, 20, width - 30, 0.22 * height), one_of(rng, HEADS) if fonts else "NOTICE", head_ink, bold_px=1)
    across, down = int(rng.integers(1, 5)), int(rng.integers(1, 3))
    cell_w, cell_h = (width - 40) / across, 0.7 * height / down
    for place in range(across * down):
        x, y = 20 + place % across * cell_w + 6, 0.25 * height + place // across * cell_h + 4
        w, h = int(cell_w - 12), int(cell_h - 10)
        if rng.random() < 0.4:
            page.paste(Image.fromarray(photo_like(rng, w, h)), (int(x), int(y)))
            continue
        draw.rectangle((x, y, x + w, y + h), fill=WHITE)
        for row in range(int(h // 12) - 1):
            end = x + w - 6 - float(rng.uniform(0, 0.3)) * w
            draw.line((x + 6, y + 10 + 12 * row, end, y + 10 + 12 * row), fill=(90, 90, 95), width=3)
    rim = one_of(rng, FRAMES)
    draw.rectangle((0, 0, width - 1, height - 1), outline=rim, width=13)
    draw.rectangle((12, 12, width - 13, height - 13), outline=tuple(int(0.6 * c) for c in rim), width=2)
    rgba = np.array(page)
    return _glazed(rng, rgba) if rng.random() < 0.6 else rgba


def _glazed(rng: np.random.Generator, rgba: Rgba) -> Rgba:
    """Glass over it: a slanting band of sky."""
    height, width = rgba.shape[:2]
    shine = np.zeros((height, width), np.float32)
    x, w = float(rng.uniform(-0.2, 0.7)) * width, float(rng.uniform(0.15, 0.5)) * width
    band = np.array([[x + 0.3 * width, 0], [x + 0.3 * width + w, 0], [x + w, height], [x, height]], np.int32)
    cv2.fillPoly(shine, [band], float(rng.uniform(0.15, 0.45)))
    shine[:13] = shine[-13:] = 0
    rgba[..., :3] = (rgba[..., :3] * (1 - shine[..., None]) + 235 * shine[..., None]).astype(np.uint8)
    return rgba


def _traffic_sign(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """A disc or a triangle: no parking, no entry, a speed, an order, a warning."""
    side = 200
    page = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(page)
    look = int(rng.integers(5))
    red, blue = (205, 20, 30, 255), (20, 75, 170, 255)
    if look == 4:
        draw.polygon([(100, 6), (196, 180), (4, 180)], fill=(250, 205, 30, 255), outline=(20, 20, 20, 255), width=9)
        draw.rectangle((93, 70, 107, 130), fill=(20, 20, 20, 255))
        draw.ellipse((91, 142, 109, 160), fill=(20, 20, 20, 255))
        return np.array(page)
    draw.ellipse((2, 2, 197, 197), fill=(red, red, blue, blue)[look])
    if look == 0:
        draw.rectangle((32, 82, 168, 118), fill=WHITE)
    elif look == 1:
        draw.ellipse((24, 24, 175, 175), fill=WHITE)
        speed = str(10 * int(rng.integers(1, 9)))
        Pen.drawn(rng, fonts).write(draw, (40, 60, 160, 140), speed, (15, 15, 15), bold_px=3)
    elif look == 2:
        draw.ellipse((2, 2, 197, 197), outline=red, width=22)
        draw.line((34, 34, 166, 166), fill=red, width=20)
    else:
        draw.polygon([(100, 30), (150, 90), (118, 90), (118, 165), (82, 165), (82, 90), (50, 90)], fill=WHITE)
    return np.array(page)


def _warning(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """A warning or a rule in the standard form: a coloured head, plain words below, a rim."""
    width, height = 240, int(240 * rng.uniform(0.6, 1.35))
    head = one_of(rng, ((205, 20, 30), (250, 205, 30), (20, 75, 170)))
    page = Image.new("RGBA", (width, height), (*WHITE, 255))
    draw, pen = ImageDraw.Draw(page), Pen.drawn(rng, fonts)
    draw.rectangle((0, 0, width, 0.55 * height), fill=head)
    draw.polygon([(120, 0.08 * height), (165, 0.48 * height), (75, 0.48 * height)], outline=(20, 20, 20), width=7)
    words = one_of(rng, WARNINGS) if fonts else "DANGER"
    pen.write(draw, (16, 0.62 * height, width - 16, 0.92 * height), words, (15, 15, 15), bold_px=1)
    draw.rectangle((0, 0, width - 1, height - 1), outline=(20, 20, 20), width=4)
    return np.array(page)


DRAWERS: Final[dict[LegalKind, tuple[Callable[[np.random.Generator, Sequence[Path]], Rgba], float, float]]] = {
    LegalKind.STREET_PLATE: (_street_plate, 0.6, 1.2),
    LegalKind.HOUSE_PLATE: (_house_plate, 0.2, 0.4),
    LegalKind.SHOP_BOARD: (_shop_board, 2.0, 5.0),
    LegalKind.NOTICE_CASE: (_notice_case, 1.0, 2.6),
    LegalKind.TRAFFIC_SIGN: (_traffic_sign, 0.5, 0.8),
    LegalKind.WARNING: (_warning, 0.25, 0.6),
}
"""How each kind is drawn, and its least and greatest longer side in metres."""
