"""Street pictures drawn by hand, so that the pages under test have something to show that belongs to nobody."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH_PX, HEIGHT_PX = 960, 640
HORIZON_PX, KERB_PX = 250, 430
FACE = (slice(96, 288), slice(96, 288))
_COLOURS = ((60, 70, 200), (70, 160, 90), (190, 140, 60), (50, 170, 215), (150, 90, 160), (120, 120, 120))


def street(category: str, seed: int, cleared: bool = False) -> bytes:
    """A JPEG of a street with one problem of this category on its pavement, or the same street after clearing."""
    rng = np.random.default_rng(seed)
    image = _backdrop(rng)
    left = int(rng.integers(330, 480))
    if not cleared:
        _PROBLEMS[category](image, left, rng)
    elif category == "overflowing_bin":
        _bin(image, left, full=False, rng=rng)
    noise = rng.normal(0.0, 5.0, image.shape[:2])[:, :, None]
    return _jpeg(np.clip(image + noise, 0, 255).astype(np.uint8))


def with_a_face(picture: bytes) -> bytes:
    """The same picture with a patch in it that the tiny privacy model takes for a face."""
    image = _decoded(picture)
    image[FACE] = (0, 0, 255)
    for left in range(0, image[FACE].shape[1], 32):
        image[FACE][:, left : left + 8] = 0
    return _jpeg(image)


def shows_the_face(picture: bytes) -> bool:
    """Whether that patch's stripes can still be told apart; a fill of one colour leaves none."""
    patch = _decoded(picture)[FACE].astype(np.float32)
    return bool((patch[:, :, 2] - patch[:, :, 0]).std() > 60)


def close_view(wide: bytes) -> bytes:
    """The middle of a picture, enlarged: what a detector's box would cut out."""
    cut = _decoded(wide)[190:600, 260:800]
    return _jpeg(cv2.resize(cut, (810, 615), interpolation=cv2.INTER_CUBIC))


def _backdrop(rng: np.random.Generator) -> NDArray[np.float32]:
    image = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.float32)
    rows = np.linspace(0.0, 1.0, HEIGHT_PX)[:, None, None]
    image[:] = np.array([214, 196, 176]) * (1 - rows) + np.array([160, 160, 158]) * rows
    wall = rng.integers(135, 195, 3)
    cv2.rectangle(image, (0, 90), (WIDTH_PX, HORIZON_PX + 60), [int(c) for c in wall], -1)
    for x in range(int(rng.integers(-80, 0)), WIDTH_PX, 160):
        cv2.rectangle(image, (x + 30, 120), (x + 120, 230), (96, 84, 72), -1)
        cv2.rectangle(image, (x + 36, 126), (x + 72, 224), (186, 172, 150), -1)
        cv2.rectangle(image, (x + 78, 126), (x + 114, 224), (170, 156, 136), -1)
    cv2.rectangle(image, (0, HORIZON_PX + 60), (WIDTH_PX, KERB_PX + 110), (172, 176, 178), -1)
    for x in range(-400, WIDTH_PX + 400, 90):
        cv2.line(
            image,
            (x, KERB_PX + 110),
            (WIDTH_PX // 2 + (x - WIDTH_PX // 2) * 6 // 10, HORIZON_PX + 60),
            (156, 160, 162),
            2,
        )
    for y in (330, 362, 404, 460):
        cv2.line(image, (0, y), (WIDTH_PX, y), (156, 160, 162), 2)
    cv2.rectangle(image, (0, KERB_PX + 110), (WIDTH_PX, KERB_PX + 126), (205, 207, 208), -1)
    cv2.rectangle(image, (0, KERB_PX + 126), (WIDTH_PX, HEIGHT_PX), (82, 80, 78), -1)
    return image


def _litter(image: NDArray[np.float32], left: int, rng: np.random.Generator) -> None:
    for _ in range(26):
        centre = (left + int(rng.normal(90, 60)), 470 + int(rng.normal(0, 22)))
        size = (int(rng.integers(12, 34)), int(rng.integers(8, 22)))
        colour = _COLOURS[int(rng.integers(len(_COLOURS)))] if rng.random() < 0.6 else (225, 228, 230)
        cv2.ellipse(image, centre, size, int(rng.integers(180)), 0, 360, colour, -1)
        cv2.ellipse(image, centre, size, int(rng.integers(180)), 0, 360, (70, 70, 70), 1)


def _bin(image: NDArray[np.float32], left: int, full: bool, rng: np.random.Generator) -> None:
    body = np.array([[left + 50, 350], [left + 170, 350], [left + 158, 510], [left + 62, 510]])
    cv2.fillPoly(image, [body], (92, 132, 62))
    for x in range(left + 70, left + 160, 20):
        cv2.line(image, (x, 362), (x, 500), (76, 112, 50), 3)
    cv2.rectangle(image, (left + 42, 336), (left + 178, 352), (70, 104, 46), -1)
    if full:
        for _ in range(14):
            centre = (left + int(rng.normal(110, 42)), 322 + int(rng.normal(0, 14)))
            cv2.circle(image, centre, int(rng.integers(14, 28)), _COLOURS[int(rng.integers(len(_COLOURS)))], -1)
        cv2.ellipse(image, (left + 215, 490), (42, 32), 0, 0, 360, (52, 48, 46), -1)


def _overflowing_bin(image: NDArray[np.float32], left: int, rng: np.random.Generator) -> None:
    _bin(image, left, full=True, rng=rng)


def _illegal_ad(image: NDArray[np.float32], left: int, rng: np.random.Generator) -> None:
    for column in range(3):
        x, y = left + column * 74, 226 + int(rng.integers(-14, 14))
        cv2.rectangle(image, (x, y), (x + 58, y + 76), (96, 220, 244), -1)
        for line in range(4):
            cv2.line(
                image, (x + 7, y + 14 + line * 15), (x + 50 - 9 * (line % 2), y + 14 + line * 15), (40, 40, 150), 4
            )


def _parked_car(image: NDArray[np.float32], left: int, rng: np.random.Generator) -> None:
    colour = [int(c) for c in rng.integers(60, 225, 3)]
    x = left - 60
    cv2.fillPoly(image, [np.array([[x + 60, 400], [x + 110, 340], [x + 260, 340], [x + 320, 400]])], (92, 84, 76))
    cv2.fillPoly(
        image, [np.array([[x, 410], [x + 60, 398], [x + 330, 398], [x + 386, 418], [x + 386, 476], [x, 476]])], colour
    )
    for wheel in (x + 78, x + 304):
        cv2.circle(image, (wheel, 476), 36, (40, 40, 40), -1)
        cv2.circle(image, (wheel, 476), 17, (170, 170, 170), -1)


def _parked_cycle(image: NDArray[np.float32], left: int, rng: np.random.Generator) -> None:
    frame = [int(c) for c in rng.integers(60, 200, 3)]
    for wheel in (left + 40, left + 190):
        cv2.circle(image, (wheel, 460), 50, (45, 45, 45), 7)
    cv2.polylines(
        image, [np.array([[left + 40, 460], [left + 92, 380], [left + 168, 380], [left + 190, 460]])], False, frame, 8
    )
    bars = [[left + 40, 460], [left + 92, 380], [left + 168, 380], [left + 190, 460]]
    cv2.polylines(image, [np.array(bars)], False, frame, 8)
    cv2.polylines(image, [np.array([[left + 92, 380], [left + 120, 460], [left + 168, 380]])], False, frame, 8)


_PROBLEMS = {
    "litter": _litter,
    "overflowing_bin": _overflowing_bin,
    "illegal_ad": _illegal_ad,
    "improper_parking": _parked_car,
    "improper_parking_cycle": _parked_cycle,
}


def _decoded(picture: bytes) -> NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("not a picture")
    return image.astype(np.uint8)


def _jpeg(image: NDArray[np.uint8]) -> bytes:
    done, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 84])
    if not done:
        raise ValueError("the picture could not be encoded")
    return content.tobytes()
