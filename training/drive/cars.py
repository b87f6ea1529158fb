"""Cars of several bodies, lofted from a side profile, with wheels, glass, lights and plates. Needs bpy."""

from __future__ import annotations

import random
from typing import Final

import bpy

from training.drive import textures
from training.drive.materials import Palette, Rgb
from training.drive.meshes import Solid
from training.drive.scene import Thing

PAINTS: Final[tuple[Rgb, ...]] = (
    (0.92, 0.92, 0.92),
    (0.92, 0.92, 0.92),
    (0.06, 0.06, 0.07),
    (0.62, 0.64, 0.66),
    (0.30, 0.32, 0.35),
    (0.62, 0.06, 0.07),
    (0.08, 0.17, 0.42),
    (0.75, 0.68, 0.55),
    (0.12, 0.28, 0.22),
    (0.85, 0.80, 0.30),
    (0.35, 0.55, 0.75),
)

# A station: distance from the nose as a share of the length, height of the belt line, height of the top line (m),
# share of the half width at the belt and at the top. "g": glass on top (windscreens), "s": glass on the side, up to the
# next station.
Station = tuple[float, float, float, float, float, str]
PROFILES: Final[dict[str, tuple[Station, ...]]] = {
    "sedan": (
        (0.000, 0.50, 0.60, 0.80, 0.62, ""),
        (0.025, 0.62, 0.70, 0.92, 0.80, ""),
        (0.17, 0.80, 0.86, 0.98, 0.84, ""),
        (0.285, 0.88, 0.95, 1.00, 0.84, "gs"),
        (0.43, 0.92, 1.39, 1.00, 0.68, "s"),
        (0.575, 0.93, 1.45, 1.00, 0.68, ""),
        (0.595, 0.93, 1.45, 1.00, 0.68, "s"),
        (0.76, 0.94, 1.38, 0.99, 0.66, ""),
        (0.785, 0.94, 1.35, 0.99, 0.66, "g"),
        (0.895, 0.94, 1.03, 0.97, 0.80, ""),
        (0.975, 0.88, 0.99, 0.94, 0.80, ""),
        (1.0, 0.62, 0.72, 0.84, 0.70, ""),
    ),
    "hatch": (
        (0.000, 0.52, 0.62, 0.82, 0.62, ""),
        (0.03, 0.66, 0.74, 0.93, 0.80, ""),
        (0.16, 0.84, 0.91, 0.98, 0.84, ""),
        (0.26, 0.92, 1.00, 1.00, 0.84, "gs"),
        (0.41, 0.95, 1.44, 1.00, 0.70, "s"),
        (0.575, 0.96, 1.51, 1.00, 0.70, ""),
        (0.597, 0.96, 1.51, 1.00, 0.70, "s"),
        (0.78, 0.98, 1.48, 0.99, 0.69, ""),
        (0.90, 0.99, 1.44, 0.98, 0.68, "g"),
        (0.975, 0.96, 1.08, 0.96, 0.80, ""),
        (1.0, 0.60, 0.72, 0.88, 0.72, ""),
    ),
    "suv": (
        (0.000, 0.62, 0.78, 0.84, 0.70, ""),
        (0.025, 0.80, 0.92, 0.95, 0.84, ""),
        (0.17, 0.98, 1.05, 0.99, 0.86, ""),
        (0.27, 1.04, 1.12, 1.00, 0.86, "gs"),
        (0.40, 1.06, 1.60, 1.00, 0.74, "s"),
        (0.56, 1.07, 1.69, 1.00, 0.74, ""),
        (0.58, 1.07, 1.69, 1.00, 0.74, "s"),
        (0.76, 1.08, 1.68, 1.00, 0.74, ""),
        (0.785, 1.08, 1.67, 1.00, 0.74, "s"),
        (0.93, 1.10, 1.60, 0.98, 0.72, "g"),
        (0.98, 1.06, 1.16, 0.96, 0.82, ""),
        (1.0, 0.66, 0.80, 0.90, 0.78, ""),
    ),
    "van": (
        (0.000, 0.60, 0.80, 0.86, 0.72, ""),
        (0.02, 0.78, 0.98, 0.96, 0.86, ""),
        (0.07, 0.95, 1.08, 0.99, 0.86, "gs"),
        (0.20, 1.02, 1.78, 1.00, 0.82, "s"),
        (0.34, 1.04, 1.90, 1.00, 0.82, ""),
        (0.365, 1.04, 1.90, 1.00, 0.82, "s"),
        (0.62, 1.04, 1.91, 1.00, 0.82, ""),
        (0.645, 1.04, 1.91, 1.00, 0.82, "s"),
        (0.94, 1.04, 1.88, 1.00, 0.82, ""),
        (0.955, 1.04, 1.85, 0.99, 0.80, "g"),
        (0.99, 1.02, 1.10, 0.98, 0.84, ""),
        (1.0, 0.60, 0.85, 0.94, 0.82, ""),
    ),
}


def build_car(thing: Thing, palette: Palette, index: int, plate_index: tuple[int, int]) -> list[bpy.types.Object]:
    """The car (pass index `index`) and its front and rear plates (pass indices `plate_index`)."""
    rng = random.Random(thing.style)
    paint = palette.plain(rng.choice(PAINTS), rough=0.32, metal=rng.choice((0.0, 0.35)), coat=0.9)
    body = Solid()
    if thing.kind == "truck":
        parts, length = _truck(thing, palette, rng, index), thing.size_m[0]
        nose_z, tail_z = 0.55, 0.62
    else:
        _shell(body, PROFILES[thing.kind], thing.size_m, paint, palette)
        parts = [_finish(body, thing, index, subdivide=2)]
        trim = Solid()
        _trim(trim, thing, palette, paint)
        parts.append(_finish(trim, thing, index))
        length, nose_z, tail_z = thing.size_m[0], 0.50, 0.78
    electric = thing.plate is not None and len(thing.plate) == 8
    sheet = palette.picture(f"plate {thing.plate}", textures.plate(thing.plate or "", electric), 0.4)
    for sign, z, number in ((1, nose_z, plate_index[0]), (-1, tail_z, plate_index[1])):
        x, y = sign * (length / 2 + 0.02), sign * 0.22
        plate = Solid()
        plate.quad([(x, -y, z - 0.07), (x, y, z - 0.07), (x, y, z + 0.07), (x, -y, z + 0.07)], sheet)
        parts.append(_finish(plate, thing, number))
    return parts


def _finish(solid: Solid, thing: Thing, index: int, *, subdivide: int = 0) -> bpy.types.Object:
    return solid.build(thing.id, index, (thing.x_m, thing.y_m, thing.z_m), thing.heading_deg, subdivide=subdivide)


def _shell(
    body: Solid, profile: tuple[Station, ...], size: tuple[float, float, float], paint: object, palette: Palette
) -> None:
    """The painted skin with its glass, mirrored about the length."""
    glass = palette.plain((0.035, 0.045, 0.05), rough=0.06, coat=0.6)
    length, half = size[0], size[1] / 2
    rows: list[list[tuple[float, float, float]]] = []
    for share, belt, top, wide, wide_top, _ in profile:
        x, w, wt = length * (0.5 - share), half * wide, half * wide_top
        low = 0.24 if 0.03 < share < 0.97 else 0.30
        side = [
            (0.0, low),
            (w * 0.9, low),
            (w, low + 0.10),
            (w * 1.01, (low + belt) * 0.55),
            (w * 0.99, belt - 0.05),
            (w * 0.97, belt),
            (wt + (w - wt) * 0.06, top - 0.06),
            (wt * 0.9, top - 0.01),
            (wt * 0.45, top + 0.015),
            (0.0, top + 0.02),
        ]
        rows.append([(x, y, z) for y, z in side] + [(x, -y, z) for y, z in reversed(side[1:-1])])
    n = len(rows[0])
    verts = [p for row in rows for p in row]
    faces: list[tuple[int, ...]] = []
    mats: list[object] = []
    for r in range(len(rows) - 1):
        marks = profile[r][5]
        for i in range(n):
            faces.append((r * n + i, (r + 1) * n + i, (r + 1) * n + (i + 1) % n, r * n + (i + 1) % n))
            side_glass = i in (5, n - 6) and "s" in marks
            top_glass = 6 <= i <= n - 7 and "g" in marks
            mats.append(glass if side_glass or top_glass else paint)
    faces.append(tuple(range(n)))
    faces.append(tuple(reversed(range((len(rows) - 1) * n, len(rows) * n))))
    mats += [paint, paint]
    body.add(verts, faces, mats, smooth=True)


def _trim(trim: Solid, thing: Thing, palette: Palette, paint: object) -> None:
    """Wheels, lights, grille, bumpers, mirrors, handles, door gaps."""
    length, width, _ = thing.size_m
    black = palette.plain((0.03, 0.03, 0.03), rough=0.6)
    lamp = palette.plain((0.88, 0.90, 0.92), rough=0.08, coat=1.0)
    red = palette.plain((0.55, 0.02, 0.02), rough=0.15, coat=1.0, glow=0.15)
    nose, tail = length / 2, -length / 2
    tall = thing.kind in ("suv", "van")
    lamp_z = 0.82 if tall else 0.66
    for side in (-1, 1):
        y = side * width * 0.36
        trim.box((0.16, 0.36, 0.13), (nose - 0.10, y, lamp_z), lamp, turn=(0, -14, side * -22), bevel=0.04)
        trim.box(
            (0.14, 0.30, 0.18 if not tall else 0.34),
            (tail + (0.10 if not tall else 0.13), side * width * 0.36, 0.84 if not tall else 1.02),
            red,
            turn=(0, 8, side * 12),
            bevel=0.04,
        )
        cowl = {"van": 0.40, "suv": 0.22, "hatch": 0.24}.get(thing.kind, 0.21) * length
        trim.box(
            (0.14, 0.20, 0.13), (cowl - 0.12, side * (width / 2 + 0.07), 1.02 if not tall else 1.16), paint, bevel=0.04
        )
        for x in (0.02, -0.22):
            trim.box(
                (0.17, 0.03, 0.03),
                (x * length - 0.25, side * width * 0.502, 0.80 if not tall else 0.92),
                palette.plain((0.5, 0.5, 0.52), 0.3, 0.8),
            )
        trim.box((length * 0.52, 0.02, 0.07), (0, side * width * 0.492, 0.27), black)
        for x in (0.20, -0.085, -0.29):
            trim.box(
                (0.012, 0.012, 0.50 if not tall else 0.62),
                (x * length, side * width * 0.504, 0.60 if not tall else 0.70),
                black,
            )
    trim.box((0.06, width * 0.46, 0.14), (nose - 0.03, 0, lamp_z - 0.03), black, bevel=0.02)
    trim.box((0.06, width * 0.72, 0.13), (nose - 0.02, 0, 0.33), black, bevel=0.02)
    trim.box((0.06, width * 0.74, 0.14), (tail + 0.02, 0, 0.34), black, bevel=0.02)
    wheels(trim, palette, length * 0.30, -length * 0.285, width * 0.965, 0.345 if tall else 0.315)


def wheels(trim: Solid, palette: Palette, front_x: float, rear_x: float, width: float, radius: float) -> None:
    """Four wheels in dark arches."""
    tyre = palette.plain((0.03, 0.03, 0.03), rough=0.85)
    rim = palette.plain((0.55, 0.56, 0.58), rough=0.3, metal=0.8)
    arch = palette.plain((0.012, 0.012, 0.012), rough=0.9)
    for x in (front_x, rear_x):
        for side in (-1, 1):
            y = side * width / 2
            trim.cylinder(radius * 1.17, 0.12, (x, y - side * 0.035, radius), arch, turn=(90, 0, 0), segments=28)
            trim.cylinder(radius, 0.20, (x, y - side * 0.08, radius), tyre, turn=(90, 0, 0), segments=28)
            trim.cylinder(radius * 0.66, 0.03, (x, y + side * 0.022, radius), rim, turn=(90, 0, 0), segments=20)
            for spoke in range(5):
                trim.box(
                    (radius * 0.5, 0.02, radius * 0.13),
                    (x, y + side * 0.04, radius),
                    arch,
                    turn=(0, spoke * 72 + 20, 0),
                )
            trim.cylinder(radius * 0.15, 0.05, (x, y + side * 0.035, radius), rim, turn=(90, 0, 0), segments=10)


def _truck(thing: Thing, palette: Palette, rng: random.Random, index: int) -> list[bpy.types.Object]:
    """A small box truck: a cab and a closed load."""
    length, width, height = thing.size_m
    cab_paint = palette.plain(
        rng.choice(((0.12, 0.22, 0.55), (0.85, 0.85, 0.85), (0.65, 0.1, 0.1))), rough=0.35, coat=0.6
    )
    load = palette.mottled((0.75, 0.76, 0.76), (0.85, 0.85, 0.84), 1.2, rough=0.5)
    black = palette.plain((0.03, 0.03, 0.03), rough=0.6)
    glass = palette.plain((0.035, 0.045, 0.05), rough=0.06, coat=0.6)
    lamp, red = (
        palette.plain((0.88, 0.90, 0.92), rough=0.08, coat=1.0),
        palette.plain((0.55, 0.02, 0.02), rough=0.15, glow=0.15),
    )
    truck = Solid()
    front = length / 2
    truck.box((1.45, width * 0.94, 1.55), (front - 0.78, 0, 1.22), cab_paint, bevel=0.12)
    truck.box((0.06, width * 0.82, 0.62), (front - 0.06, 0, 1.58), glass, bevel=0.02)
    for side in (-1, 1):
        truck.box((0.75, 0.04, 0.5), (front - 0.72, side * width * 0.468, 1.60), glass, bevel=0.02)
        truck.box((0.05, 0.30, 0.16), (front - 0.05, side * width * 0.33, 0.85), lamp, bevel=0.02)
        truck.box((0.05, 0.12, 0.3), (-front + 0.02, side * width * 0.42, 0.72), red)
        truck.box((0.08, 0.16, 0.34), (front - 0.25, side * (width * 0.5 + 0.10), 1.65), black, bevel=0.02)
        truck.box((length * 0.4, 0.05, 0.3), (-0.5, side * width * 0.46, 0.55), black)
    truck.box(
        (length - 1.65, width, height - 0.78), ((-1.60) / 2 - 0.02, 0, 0.78 + (height - 0.78) / 2), load, bevel=0.03
    )
    truck.box((length - 0.3, width * 0.5, 0.2), (-0.1, 0, 0.62), black)
    truck.box((0.1, width * 0.9, 0.25), (front - 0.03, 0, 0.55), black, bevel=0.03)
    wheels(truck, palette, front - 0.95, -front + 1.15, width * 0.96, 0.40)
    return [_finish(truck, thing, index)]
