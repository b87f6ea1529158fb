"""Bins, litter heaps and sites of small ads. Needs bpy."""

from __future__ import annotations

import math
import random
from typing import Final

import bpy

from training.drive import textures
from training.drive.materials import Palette, Rgb, shade
from training.drive.meshes import Solid, add_bag, add_sheet
from training.drive.scene import Thing

BIN_COLOURS: Final[tuple[Rgb, ...]] = (
    (0.07, 0.33, 0.16),
    (0.07, 0.33, 0.16),
    (0.05, 0.25, 0.55),
    (0.22, 0.23, 0.24),
    (0.55, 0.1, 0.1),
)
BAG_COLOURS: Final[tuple[Rgb, ...]] = (
    (0.82, 0.10, 0.12),
    (0.85, 0.85, 0.86),
    (0.85, 0.85, 0.86),
    (0.06, 0.06, 0.07),
    (0.12, 0.2, 0.5),
    (0.85, 0.35, 0.4),
    (0.85, 0.72, 0.15),
    (0.3, 0.6, 0.35),
)
SCRAP_COLOURS: Final[tuple[Rgb, ...]] = (
    (0.92, 0.92, 0.9),
    (0.9, 0.9, 0.88),
    (0.8, 0.7, 0.5),
    (0.8, 0.15, 0.15),
    (0.9, 0.8, 0.2),
    (0.2, 0.4, 0.7),
    (0.7, 0.72, 0.7),
    (0.3, 0.6, 0.3),
)


def bag_film(palette: Palette, rng: random.Random) -> bpy.types.Material:
    rgb = rng.choice(BAG_COLOURS)
    return palette.mottled(shade(rgb, 0.72), shade(rgb, 1.08), 7.0, rough=0.33, bump=0.6, gloss=0.35)


def build_bin(thing: Thing, palette: Palette, index: int) -> list[bpy.types.Object]:
    """A wheeled 240 litre bin; an overflowing one has its lid thrown back, bags above the rim and two beside it.

    +x is the bin's front, its hinge is at the back.
    """
    rng = random.Random(thing.style)
    rgb = rng.choice(BIN_COLOURS)
    plastic = palette.mottled(shade(rgb, 0.8), shade(rgb, 1.12), 3.0, rough=0.42)
    dark = palette.plain((0.03, 0.03, 0.03), 0.6)
    full = thing.label == "overflowing_bin"
    tub = Solid()
    tub.box((0.62, 0.56, 0.90), (0, 0, 0.56), plastic, bevel=0.035, taper=0.82)
    tub.box((0.70, 0.62, 0.07), (0.01, 0, 0.99), plastic, bevel=0.02)
    for y in (-0.15, 0.15):
        tub.box((0.03, 0.03, 0.75), (0.285, y, 0.58), plastic, turn=(0, 4, 0), bevel=0.01)
    for side in (-1, 1):
        tub.cylinder(0.105, 0.055, (-0.24, side * 0.27, 0.105), dark, turn=(90, 0, 0))
    tub.limb((-0.24, -0.27, 0.105), (-0.24, 0.27, 0.105), 0.015, 0.015, dark)
    tub.limb((-0.40, -0.24, 1.00), (-0.40, 0.24, 1.00), 0.017, 0.017, plastic)
    x, z0, z1 = 0.312, 0.50, 0.80
    red, green, blue = (int(c * 200) for c in rgb)
    label = palette.picture(f"bin label {thing.style}", textures.bin_label(rng, (red, green, blue)), 0.5)
    tub.quad([(x - 0.018, -0.13, z0), (x - 0.018, 0.13, z0), (x, 0.13, z1), (x, -0.13, z1)], label)
    if full:
        tub.box((0.66, 0.60, 0.05), (-0.46, 0, 1.12), plastic, turn=(0, 112, 0), bevel=0.02)
        _overflow(tub, palette, rng)
    else:
        tub.box((0.68, 0.60, 0.05), (0.0, 0, 1.05), plastic, turn=(0, rng.uniform(-2, 3), 0), bevel=0.02)
        tub.box((0.12, 0.34, 0.03), (0.30, 0, 1.075), plastic, bevel=0.01)
    return [tub.build(thing.id, index, (thing.x_m, thing.y_m, thing.z_m), thing.heading_deg)]


def _overflow(tub: Solid, palette: Palette, rng: random.Random) -> None:
    """Bags above the rim, bits hanging over it and two bags leaning on the bin."""
    for _ in range(5):
        add_bag(
            tub,
            rng,
            (rng.uniform(-0.16, 0.24), rng.uniform(-0.18, 0.18), rng.uniform(0.92, 1.0)),
            rng.uniform(0.36, 0.5),
            bag_film(palette, rng),
        )
    for _ in range(3):
        add_bag(
            tub,
            rng,
            (rng.uniform(-0.08, 0.18), rng.uniform(-0.12, 0.12), rng.uniform(1.16, 1.25)),
            rng.uniform(0.3, 0.44),
            bag_film(palette, rng),
        )
    tub.box(
        (0.3, 0.22, 0.2),
        (0.12, rng.uniform(-0.15, 0.15), 1.16),
        palette.plain((0.62, 0.46, 0.29), 0.9),
        turn=(25, 20, rng.uniform(0, 90)),
    )
    for _ in range(6):
        add_sheet(
            tub,
            rng,
            (rng.uniform(-0.2, 0.36), rng.uniform(-0.3, 0.3), rng.uniform(1.04, 1.12)),
            rng.uniform(0.15, 0.3),
            palette.plain(rng.choice(SCRAP_COLOURS), 0.6),
        )
    for side in (-1, 1):
        add_bag(tub, rng, (rng.uniform(0.2, 0.4), side * 0.36, 0.1), rng.uniform(0.36, 0.46), bag_film(palette, rng))


def build_heap(thing: Thing, palette: Palette, index: int) -> list[bpy.types.Object]:
    """Bags, cartons, bottles, boxes and paper strewn over an oval of size_m."""
    rng = random.Random(thing.style)
    heap = Solid()
    rx, ry = thing.size_m[0] / 2, thing.size_m[1] / 2

    def spot(spread: float) -> tuple[float, float]:
        while True:
            u, v = rng.uniform(-1, 1), rng.uniform(-1, 1)
            if u * u + v * v < 1:
                return u * rx * spread, v * ry * spread

    for number in range(rng.randint(6, 10)):
        x, y = spot(0.62)
        add_bag(heap, rng, (x, y, 0.1 if number < 5 else 0.28), rng.uniform(0.4, 0.66), bag_film(palette, rng))
    for _ in range(rng.randint(1, 3)):
        _carton(heap, palette, rng, spot(0.75))
    for _ in range(rng.randint(3, 7)):
        _bottle(heap, palette, rng, spot(0.9))
    for _ in range(rng.randint(2, 4)):
        x, y = spot(0.9)
        heap.box(
            (0.17, 0.13, 0.055),
            (x, y, 0.04),
            palette.plain((0.93, 0.93, 0.91), 0.4),
            turn=(rng.uniform(-15, 15), 0, rng.uniform(0, 360)),
            bevel=0.015,
        )
    for _ in range(rng.randint(14, 26)):
        x, y = spot(1.0)
        add_sheet(heap, rng, (x, y, 0.0), rng.uniform(0.10, 0.34), palette.plain(rng.choice(SCRAP_COLOURS), 0.7))
    return [heap.build(thing.id, index, (thing.x_m, thing.y_m, thing.z_m), thing.heading_deg)]


def _carton(heap: Solid, palette: Palette, rng: random.Random, spot: tuple[float, float]) -> None:
    """A cardboard box with two open flaps."""
    board = palette.mottled((0.52, 0.38, 0.24), (0.66, 0.5, 0.33), 5.0, rough=0.9)
    w, d, h = rng.uniform(0.25, 0.45), rng.uniform(0.2, 0.35), rng.uniform(0.14, 0.3)
    turn = rng.uniform(0, 360)
    heap.box((w, d, h), (*spot, h / 2), board, turn=(0, 0, turn))
    heap.box((w, 0.01, d * 0.5), (spot[0], spot[1], h + d * 0.1), board, turn=(60, 0, turn))
    heap.box(
        (w * 0.8, 0.012, 0.05), (spot[0], spot[1], h * 0.6), palette.plain((0.75, 0.7, 0.55), 0.5), turn=(0, 0, turn)
    )


def _bottle(heap: Solid, palette: Palette, rng: random.Random, spot: tuple[float, float]) -> None:
    rgb = rng.choice(((0.75, 0.85, 0.9), (0.2, 0.5, 0.25), (0.5, 0.25, 0.1), (0.8, 0.1, 0.1), (0.85, 0.85, 0.85)))
    mat, turn = palette.plain(rgb, 0.15, coat=0.5), rng.uniform(0, 360)
    heap.cylinder(0.035, 0.17, (*spot, 0.037), mat, turn=(90, 0, turn), segments=12)
    heap.cylinder(
        0.036, 0.06, (*spot, 0.037), palette.plain(rng.choice(SCRAP_COLOURS), 0.5), turn=(90, 0, turn), segments=12
    )


def build_ad_site(thing: Thing, palette: Palette, index: int) -> list[bpy.types.Object]:
    """Sheets pasted over each other, scraps of older ones and one sprayed number; faces +y (or -y on the left wall).

    The site's base point is the middle of its lower edge on the wall; heading 0 looks along +y.
    """
    rng = random.Random(thing.style)
    width, _, height = thing.size_m
    site = Solid()
    depth = 0.006
    low = height * 0.42
    _sheet(
        site,
        palette,
        f"sprayed {thing.style}",
        textures.sprayed_number(rng, thing.phones[0]),
        (0.0, low * 0.5),
        (min(width, low * 3.5), low),
        depth,
        0.0,
    )
    for number in range(rng.randint(5, 9)):
        depth += 0.0015
        centre = (rng.uniform(-0.45, 0.45) * width, rng.uniform(0.1, 0.95) * height)
        _sheet(
            site,
            palette,
            f"scrap {thing.style} {number}",
            textures.paper_scrap(rng),
            centre,
            (0.4, 0.3),
            depth,
            rng.uniform(-30, 30),
        )
    columns = max(5, round(width / 0.42))
    for column in range(columns):
        for row in range(2):
            if rng.random() < 0.12:
                continue
            depth += 0.0015
            tall = rng.random() < 0.55
            w, h = (
                (rng.uniform(0.38, 0.52), rng.uniform(0.5, 0.68))
                if tall
                else (rng.uniform(0.46, 0.62), rng.uniform(0.3, 0.42))
            )
            centre = (
                -width / 2 + (column + 0.5) * width / columns + rng.uniform(-0.06, 0.06),
                low + (height - low) * (0.28 + 0.48 * row) + rng.uniform(-0.06, 0.06),
            )
            ad = textures.small_ad(
                rng, thing.phones[(column + row) % len(thing.phones)], 320 if tall else 420, 420 if tall else 270
            )
            _sheet(site, palette, f"ad {thing.style} {column} {row}", ad, centre, (w, h), depth, rng.uniform(-7, 7))
    return [site.build(thing.id, index, (thing.x_m, thing.y_m, thing.z_m), thing.heading_deg)]


def _sheet(
    site: Solid,
    palette: Palette,
    name: str,
    image: object,
    centre: tuple[float, float],
    size: tuple[float, float],
    depth: float,
    tilt_deg: float,
) -> None:
    """One flat picture on the wall plane; x runs to the viewer's left since the viewer looks along -y."""

    c, s = math.cos(math.radians(tilt_deg)), math.sin(math.radians(tilt_deg))
    corners = []
    for u, v in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
        a, b = u * size[0], v * size[1]
        corners.append((-(centre[0] + a * c - b * s), depth, centre[1] + a * s + b * c))
    site.quad(corners, palette.picture(name, image, 0.75, dirt=0.25))  # type: ignore[arg-type]
