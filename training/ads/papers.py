"""Draws printed small ads: stickers, business cards, posters, tear-off flyers; new and flat, without wear."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from training.ads.sheet import WHITE, Colour, Pen, Rgba, one_of, photo_like
from training.ads.words import line, offer, phone, spaced, title

PAPERS: Final[tuple[Colour, ...]] = (
    *(WHITE,) * 8, (246, 244, 232), (255, 240, 120), (255, 214, 214), (214, 240, 214), (250, 224, 60), (225, 235, 250),
    (255, 160, 60), (250, 120, 140),
)  # fmt: skip
GROUNDS: Final[tuple[Colour, ...]] = (
    (20, 60, 150), (15, 45, 130), (190, 20, 30), (10, 120, 70), (240, 190, 20), (235, 110, 20), (90, 30, 120),
    (240, 240, 240), (30, 140, 190), (210, 30, 90),
)  # fmt: skip
ACCENTS: Final[tuple[Colour, ...]] = ((250, 225, 30), (250, 225, 30), (250, 250, 250), (230, 40, 40), (240, 130, 20))
INKS: Final[tuple[Colour, ...]] = ((15, 15, 15), (15, 15, 15), (15, 15, 15), (180, 15, 20), (20, 40, 140))
RED: Final[Colour] = (200, 20, 30)


def sticker(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """A small paper: a bold trade, rows of print, a bold number; or two giant words, or a coloured one in white."""
    width = 280
    height = int(width / rng.uniform(0.75, 2.6))
    paper, ink, pen = one_of(rng, PAPERS), one_of(rng, INKS), Pen.drawn(rng, fonts)
    if rng.random() < 0.15:
        paper, ink = one_of(rng, GROUNDS[:6]), WHITE
    page = Image.new("RGBA", (width, height), (*paper, 255))
    draw = ImageDraw.Draw(page)
    if rng.random() < 0.3:
        draw.rectangle((4, 4, width - 5, height - 5), outline=ink, width=int(rng.integers(2, 6)))
    giant = rng.random() < 0.3
    rows = 0 if giant else int(rng.integers(0, 1 + max(1, height // 45)))
    shares = np.array([1.5, *([0.75] * rows), 1.2])
    tops = np.concatenate([[0], np.cumsum(shares / shares.sum())]) * height * 0.92 + height * 0.04
    words = [title(rng, bool(fonts)), *(line(rng, bool(fonts)) for _ in range(rows)), phone(rng)]
    for row, word in enumerate(words):
        step = tops[row + 1] - tops[row]
        loud = row in (0, len(words) - 1)
        second = RED if loud and ink != WHITE and rng.random() < 0.15 else ink
        box = (12, tops[row] + 0.06 * step, width - 12, tops[row] + 0.94 * step)
        pen.write(draw, box, word, second, left=not loud and rng.random() < 0.5, bold_px=int(loud))
    return np.array(page)


def card(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """A business card: two bright colours, perhaps a picture, a trade and a number."""
    width, height = 270, 162
    page = Image.new("RGBA", (width, height), (*one_of(rng, (*GROUNDS, *PAPERS)), 255))
    draw, pen = ImageDraw.Draw(page), Pen.drawn(rng, fonts)
    left = 0.0
    if rng.random() < 0.4:
        left = float(rng.uniform(0.25, 0.42)) * width
        page.paste(Image.fromarray(photo_like(rng, int(left), height)), (0, 0))
    foot = float(rng.uniform(0.6, 0.74)) * height
    draw.rectangle((0, foot, width, height), fill=one_of(rng, (*ACCENTS, *GROUNDS[:4])))
    ground = page.getpixel((width - 3, 3))
    ink = _readable(ground[:3])  # type: ignore[index]
    pen.write(draw, (left + 8, 0.08 * height, width - 8, 0.42 * height), title(rng, bool(fonts)), ink, bold_px=1)
    pen.write(draw, (left + 8, 0.45 * height, width - 8, foot - 6), line(rng, bool(fonts)), ink)
    stripe = page.getpixel((width - 3, height - 3))
    pen.write(draw, (10, foot + 3, width - 10, height - 4), phone(rng), _readable(stripe[:3]), bold_px=1)  # type: ignore[index]
    return np.array(page)


def poster(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """A coloured sheet: a title, a disc, panel or picture with an offer, small print, prices and a number in boxes."""
    width = 300
    height = int(width * rng.uniform(1.1, 2.1))
    ground, chinese = one_of(rng, GROUNDS), bool(fonts)
    bright = _readable(ground)
    page = Image.new("RGBA", (width, height), (*ground, 255))
    draw, pen = ImageDraw.Draw(page), Pen.drawn(rng, fonts)
    pen.write(draw, (14, 0.03 * height, width - 14, 0.14 * height), title(rng, chinese), bright, bold_px=1)
    top, side = 0.17 * height, float(rng.uniform(0.5, 0.75)) * width
    middle = ((width - side) / 2, top, (width + side) / 2, top + side)
    accent = one_of(rng, ACCENTS)
    look = rng.random()
    if look < 0.35:
        page.paste(Image.fromarray(photo_like(rng, width, int(side))), (0, int(top)))
    elif look < 0.75:
        draw.ellipse(middle, fill=accent)
    else:
        draw.rectangle(middle, fill=accent)
    on_it = WHITE if look < 0.35 else _readable(accent)
    for half in range(2):
        y = top + (0.2 + 0.32 * half) * side
        pen.write(draw, (middle[0] + 14, y, middle[2] - 14, y + 0.28 * side), offer(rng, chinese), on_it, bold_px=1)
    y, step = top + side + 0.02 * height, 0.055 * height
    while y + step < 0.8 * height:
        ink = accent if rng.random() < 0.3 and look >= 0.35 else bright
        pen.write(draw, (20, y, width - 20, y + 0.85 * step), line(rng, chinese), ink)
        y += step
    if rng.random() < 0.5:
        for place in range(2):
            box = (16 + place * 140, 0.8 * height, 140 + place * 140, 0.88 * height)
            draw.rectangle(box, fill=WHITE)
            pen.write(draw, box, str(10 * int(rng.integers(5, 99))), RED, bold_px=1)
    number_box = (16, 0.89 * height, width - 16, 0.97 * height)
    draw.rectangle(number_box, fill=WHITE)
    pen.write(draw, number_box, spaced(phone(rng)), RED, bold_px=1)
    return np.array(page)


def flyer(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """A page of print, perhaps with a picture, with tear-off strips along its foot, some of them gone."""
    width, height = 240, 340
    page = Image.new("RGBA", (width, height), (*one_of(rng, PAPERS), 255))
    draw, ink, pen = ImageDraw.Draw(page), one_of(rng, INKS), Pen.drawn(rng, fonts)
    pen.write(draw, (12, 12, width - 12, 66), title(rng, bool(fonts)), ink, bold_px=1)
    pictured = rng.random() < 0.3
    if pictured:
        page.paste(Image.fromarray(photo_like(rng, width - 40, 80)), (20, 74))
    for row in range(4 if pictured else 0, 7):
        top = 74 + row * 22
        box = (16, top, width - 16 - float(rng.uniform(0, 60)), top + 17)
        pen.write(draw, box, line(rng, bool(fonts)), ink, left=True)
    pen.write(draw, (12, 230, width - 12, 266), phone(rng), ink, bold_px=1)
    if rng.random() < 0.4:
        return np.array(page)
    strip = width / 8
    for place in range(8):
        left = place * strip
        if rng.random() < 0.35:
            draw.rectangle((left, 272, left + strip, height), fill=(0, 0, 0, 0))
            continue
        draw.line((left, 272, left, height), fill=(120, 120, 120), width=1)
        draw.line((left + strip / 2, 280, left + strip / 2, height - 8), fill=ink, width=4)
    return np.array(page)


def _readable(ground: Sequence[int]) -> Colour:
    """White on dark colours; a dark red or black on light ones."""
    return WHITE if sum(ground) < 440 else (150, 15, 20) if sum(ground) % 2 else (20, 20, 25)
