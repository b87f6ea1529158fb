"""Draws number plates that nobody has, and hangs them on photographed vehicles, so that a detector can learn plates.

Chinese plates (blue, green, yellow) and white European ones; letters that mainland plates never use (I, O) mark them as
drawn. Where a plate hangs follows from the vehicle's shape: a box about as wide as tall is seen from front or back.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from training.ads.sheet import Sheet
from training.pictures import Image
from training.sources import Box
from training.synthesis.paste import light_on_paper, paste
from training.synthesis.picture import Pasted

PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
COLOURS: Final = {
    "blue": ((18, 70, 170), (250, 250, 250)),
    "green": ((130, 215, 150), (15, 15, 15)),
    "yellow": ((245, 190, 30), (15, 15, 15)),
    "white": ((242, 242, 240), (20, 20, 25)),
}
COLOUR_SHARES: Final = (0.5, 0.2, 0.12, 0.18)
VEHICLES: Final = frozenset({"car", "truck", "bus"})
SMALLEST_VEHICLE_PX: Final = 48
SEEN_FROM_THE_SIDE: Final = 2.1
"""Width over height of a vehicle's box from which no plate can be seen on it."""


def draw_plate(rng: np.random.Generator, fonts: Sequence[Path]) -> Sheet:
    """A flat plate, about 440 x 140 mm; its letters hold an I or an O, which no mainland plate has."""
    colour = str(rng.choice(list(COLOURS), p=COLOUR_SHARES))
    ground, ink = COLOURS[colour]
    width, height = (330, 75) if colour == "white" else (308, 98)
    page = Pillow.new("RGBA", (width, height), (*ground, 255))
    draw = ImageDraw.Draw(page)
    draw.rounded_rectangle((3, 3, width - 4, height - 4), 8, outline=ink, width=3)
    if colour == "white":
        draw.rectangle((3, 3, 26, height - 4), fill=(20, 60, 160))
    face = (
        ImageFont.truetype(str(fonts[0]), int(height * 0.72)) if fonts else ImageFont.load_default(int(height * 0.72))
    )
    count = 6 if colour == "green" else 5
    tail = [str(rng.choice(list(LETTERS + "0123456789"))) for _ in range(count)]
    tail[int(rng.integers(count))] = str(rng.choice(["I", "O"]))
    head = str(rng.choice(list(PROVINCES))) if fonts and colour != "white" else str(rng.choice(list(LETTERS)))
    text = [head, str(rng.choice(list(LETTERS))), *tail]
    left = 30 if colour == "white" else 8
    step = (width - left - 8) / len(text)
    for place, letter in enumerate(text):
        draw.text((left + (place + 0.5) * step, height * 0.5), letter, fill=ink, font=face, anchor="mm")
    return Sheet(np.array(page), 0.44)


def hang_plates(picture: Image, said: Sequence[Box], fonts: Sequence[Path], seed: int, name: str) -> Pasted | None:
    """Hang a plate on every vehicle of a photo that shows its front or back; None where none does."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    canvas = picture.copy()
    height, width = canvas.shape[:2]
    light = light_on_paper(rng, canvas)
    boxes = []
    for box in said:
        wide, tall = box.width * width, box.height * height
        if box.label not in VEHICLES or tall < SMALLEST_VEHICLE_PX or wide / tall > SEEN_FROM_THE_SIDE:
            continue
        corners = _place(rng, box, wide, tall, width, height)
        hung = paste(
            rng, canvas, draw_plate(rng, fonts), corners, light, float(rng.uniform(0.3, 1.0)), "plate", least_px=5
        )
        if hung is not None:
            boxes.append(hung)
    return Pasted(canvas, tuple(boxes)) if boxes else None


def _place(
    rng: np.random.Generator, box: Box, wide: float, tall: float, width: int, height: int
) -> NDArray[np.float32]:
    """float32 [4, 2]: a plate's corners, low on the vehicle; in the middle, or towards one end if seen askew."""
    askew = float(np.clip((wide / tall - 1.1) / (SEEN_FROM_THE_SIDE - 1.1), 0, 1))
    share = float(rng.uniform(0.2, 0.3)) * (1 - 0.45 * askew) * (0.75 if box.label != "car" else 1.0)
    plate_w = share * wide
    plate_h = plate_w / (3.14 * (1 - 0.4 * askew))
    shift = askew * float(rng.choice([-0.28, 0.28])) + float(rng.normal(0, 0.03))
    x = box.x1 * width + wide * (0.5 + shift)
    y = box.y1 * height + tall * float(rng.uniform(0.62, 0.82))
    slope = float(rng.normal(0, 0.03 + 0.08 * askew)) * plate_w
    half_w, half_h = plate_w / 2, plate_h / 2
    return np.array(
        [
            [x - half_w, y - half_h - slope], [x + half_w, y - half_h + slope],
            [x + half_w, y + half_h + slope], [x - half_w, y + half_h - slope],
        ], np.float32,
    )  # fmt: skip


def blue_plates(picture: Image, vehicle: Box) -> list[Box]:
    """Blue plates on a vehicle by their colour: filled blue rectangles of a plate's shape and size, low down.

    Says nothing of a blue vehicle, whose patches are larger, nor of plates of another colour.
    """
    height, width = picture.shape[:2]
    x1, x2 = int(vehicle.x1 * width), int(np.ceil(vehicle.x2 * width))
    y1, y2 = int((vehicle.y1 + 0.3 * vehicle.height) * height), int(np.ceil(vehicle.y2 * height))
    crop = picture[y1:y2, x1:x2]
    if min(crop.shape[:2]) < 16:
        return []
    hue, saturation, value = cv2.split(cv2.cvtColor(crop, cv2.COLOR_BGR2HSV))
    dots = ((hue > 98) & (hue < 128) & (saturation > 95) & (value > 50)).astype(np.uint8)
    blue = cv2.morphologyEx(dots, cv2.MORPH_CLOSE, np.ones((3, 5), np.uint8))
    found = []
    _, _, stats, _ = cv2.connectedComponentsWithStats(blue)
    for left, top, wide, tall, area in stats[1:].tolist():
        shape, fill, share = wide / max(tall, 1), area / max(wide * tall, 1), wide / (x2 - x1)
        if tall >= 4 and 1.6 < shape < 5 and fill > 0.6 and 0.07 < share < 0.36:
            corners = (
                (x1 + left - 1) / width,
                (y1 + top - 1) / height,
                (x1 + left + wide + 1) / width,
                (y1 + top + tall + 1) / height,
            )
            found.append(Box("plate", *corners, round(fill, 3), "blue_plates"))
    return found
