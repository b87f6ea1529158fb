"""Draws what is painted straight onto a wall: stencilled and sprayed numbers, and the patches of cleaned places."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from training.ads.sheet import F32, Colour, Pen, Rgba, one_of, smooth_noise
from training.ads.words import phone, title

PAINTS: Final[tuple[Colour, ...]] = (
    (18, 18, 20), (18, 18, 20), (18, 18, 20), (185, 20, 25), (185, 20, 25), (25, 45, 150), (20, 110, 60),
    (245, 245, 240), (235, 190, 30),
)  # fmt: skip


def stencil(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """A number, with or without a trade, through a stencil: even letters, soft edges, thin paint in places."""
    width, rows = 360, _rows(rng, fonts)
    height = (90, 150, 210)[len(rows) - 1]
    cover, pen = Image.new("L", (width, height), 0), Pen.drawn(rng, fonts)
    draw = ImageDraw.Draw(cover)
    step = (height - 16) / len(rows)
    for row, word in enumerate(rows):
        pen.write(draw, (12, 8 + row * step + 5, width - 12, 8 + (row + 1) * step - 5), word, 255, bold_px=1)
    if rng.random() < 0.2:
        draw.rectangle((3, 3, width - 4, height - 4), outline=255, width=4)
    return _paint(rng, np.asarray(cover, np.float32), float(rng.uniform(0.7, 2.2)), 0.0)


def spray(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """Words sprayed by hand: letters that dance, thick round strokes, over-spray around them, drips below."""
    pen, rows = Pen.drawn(rng, fonts), _rows(rng, fonts)
    size = 84
    width = int(max(size * sum(1.0 if ord(c) > 255 else 0.62 for c in row) for row in rows)) + 60
    height = int(len(rows) * size * 1.25) + 90
    cover = Image.new("L", (width, height), 0)
    slope = float(rng.normal(0, 0.04))
    for row, word in enumerate(rows):
        x, y = 30.0 + float(rng.uniform(0, 30)), 20 + row * size * 1.25
        for letter in word:
            _letter(rng, cover, pen, letter, int(x), int(y + slope * x + rng.normal(0, 4)), size)
            x += size * (1.0 if ord(letter) > 255 else 0.6) * float(rng.uniform(0.9, 1.05))
    strokes = np.asarray(cover, np.float32)
    drips = _drips(rng, strokes) if rng.random() < 0.6 else 0.0
    return _paint(rng, np.maximum(strokes, drips), float(rng.uniform(1.0, 3.0)), float(rng.uniform(0.05, 0.35)))


def painted_over(rng: np.random.Generator) -> Rgba:
    """A cleaned place: a patch of grey or cream roller paint that does not quite match its wall. Not an ad."""
    height, width = 200, int(200 * rng.uniform(1.0, 2.6))
    tone = float(rng.uniform(110, 225))
    page = np.empty((height, width, 4), np.uint8)
    streaks = smooth_noise(rng, 4, width, 12)[:1] if rng.random() < 0.5 else smooth_noise(rng, height, width, 5)
    shade = tone + np.array([1.0, 0.0, -1.0]) * float(rng.uniform(-4, 9)) + 5 * streaks[..., None]
    page[..., :3] = np.clip(np.broadcast_to(shade, (height, width, 3)), 0, 255)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    edge = 1 - np.maximum(np.abs(x), np.abs(y)) + 0.05 * smooth_noise(rng, height, width, 14)
    page[..., 3] = np.clip((edge - 0.06) * 20, 0, 1) * float(rng.uniform(190, 255))
    return page


def _rows(rng: np.random.Generator, fonts: Sequence[Path]) -> list[str]:
    """A number; a trade and a number; or trade, number and trade."""
    look, chinese = rng.random(), bool(fonts)
    if look < 0.3:
        return [phone(rng)]
    if look < 0.85:
        return [title(rng, chinese), phone(rng)]
    return [title(rng, chinese), phone(rng), title(rng, chinese)]


def _letter(rng: np.random.Generator, cover: Image.Image, pen: Pen, letter: str, x: int, y: int, size: int) -> None:
    """One letter, a little turned and swollen, added to the cover in place."""
    glyph = Image.new("L", (size + 24, size + 24), 0)
    ImageDraw.Draw(glyph).text(
        (size / 2 + 12, size / 2 + 12), letter, fill=255, font=pen.face(size), anchor="mm", stroke_width=2
    )
    turned = glyph.rotate(float(rng.normal(0, 5)), resample=Image.Resampling.BILINEAR)
    cover.paste(255, (x - 12, y - 12), turned)


def _drips(rng: np.random.Generator, strokes: F32) -> F32:
    """Runs of paint below the lowest points of a few strokes, tapering."""
    height = len(strokes)
    runs = np.zeros_like(strokes)
    rows, columns = np.nonzero(strokes > 200)
    if not len(rows):
        return runs
    for place in rng.integers(0, len(rows), int(rng.integers(3, 14))):
        x, y = int(columns[place]), int(rows[place])
        length, thick = float(rng.exponential(0.14)) * height, int(rng.integers(1, 4))
        cv2.line(runs, (x, y), (x, min(height - 1, int(y + length))), 235.0, thick)
    return runs


def _paint(rng: np.random.Generator, cover: F32, soft_px: float, mist: float) -> Rgba:
    """RGBA of one colour: strokes with soft edges and uneven cover, and a mist of fine drops around them."""
    height, width = cover.shape
    strokes = cv2.GaussianBlur(cover, (0, 0), soft_px) / 255
    strokes *= np.clip(0.86 + 0.16 * smooth_noise(rng, height, width, 12), 0.35, 1)
    if mist:
        drops = rng.random((height, width)).astype(np.float32) < 0.5
        strokes = np.maximum(strokes, mist * cv2.GaussianBlur(cover, (0, 0), 11) / 255 * (0.6 + 0.8 * drops))
    colour = np.array(one_of(rng, PAINTS), np.uint8)
    opaque = float(rng.uniform(0.65, 1.0))
    alpha = np.clip(255 * strokes * opaque, 0, 255).astype(np.uint8)
    return np.dstack([np.broadcast_to(colour, (height, width, 3)), alpha])
