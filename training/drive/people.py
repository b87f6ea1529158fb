"""People and two-wheelers. Needs bpy."""

from __future__ import annotations

import math
import random
from typing import Final

import bmesh
import bpy
from mathutils import Vector

from training.drive import textures
from training.drive.materials import Palette, Rgb
from training.drive.meshes import Solid
from training.drive.scene import Thing

CLOTHES: Final[tuple[Rgb, ...]] = (
    (0.75, 0.12, 0.12),
    (0.12, 0.2, 0.45),
    (0.85, 0.85, 0.83),
    (0.1, 0.1, 0.11),
    (0.2, 0.42, 0.3),
    (0.85, 0.55, 0.2),
    (0.5, 0.5, 0.52),
    (0.55, 0.4, 0.6),
    (0.9, 0.8, 0.4),
    (0.35, 0.55, 0.75),
)
SKINS: Final = ((226, 180, 148), (208, 160, 128), (235, 196, 166), (190, 142, 112))


def build_person(thing: Thing, palette: Palette, index: int, face_index: int) -> list[bpy.types.Object]:
    """A standing person of size_m[2] metres (pass index `index`); the front of the head carries `face_index`."""
    rng = random.Random(thing.style)
    skin = rng.choice(SKINS)
    flesh = palette.plain((skin[0] / 255, skin[1] / 255, skin[2] / 255), 0.55)
    s = thing.size_m[2] / 1.74
    body = Solid()
    _clothes(body, palette, rng, flesh, s)
    hair = palette.plain(rng.choice(((0.05, 0.04, 0.035), (0.10, 0.07, 0.05), (0.35, 0.33, 0.32))), 0.5)
    head_z = 1.60 * s
    body.ball((0.100, 0.088, 0.128), (-0.012, 0, head_z + 0.022), hair)
    body.ball((0.085, 0.092, 0.085), (-0.022, 0, head_z - 0.005), hair)
    if rng.random() < 0.5:
        body.ball((0.06, 0.09, 0.16), (-0.06, 0, head_z - 0.10), hair)
    for side in (-1, 1):
        body.ball((0.018, 0.012, 0.032), (0.0, side * 0.086, head_z - 0.01), flesh, detail=2)
    front = _head(palette, rng, skin, head_z, thing)
    at = (thing.x_m, thing.y_m, thing.z_m)
    return [
        body.build(thing.id, index, at, thing.heading_deg),
        front.build(thing.id, face_index, at, thing.heading_deg),
    ]


def _head(palette: Palette, rng: random.Random, skin: tuple[int, int, int], head_z: float, thing: Thing) -> Solid:
    """The head's front half with the drawn face projected on it, a nose and a chin."""
    mat = palette.picture(f"face {thing.id} {thing.style}", textures.face(rng, skin), 0.5)
    head = Solid()
    bm = bmesh.new()
    bmesh.ops.create_icosphere(bm, subdivisions=4, radius=1.0)
    for v in bm.verts:
        narrow = 1.0 - 0.22 * max(0.0, -v.co.z) ** 1.5
        v.co = Vector(
            (
                v.co.x * 0.096 + (0.012 if v.co.z < -0.5 and v.co.x > 0.2 else 0.0),
                v.co.y * 0.080 * narrow,
                v.co.z * 0.122,
            )
        )
        ridge = max(0.0, 1 - abs(v.co.y) / 0.016) * max(0.0, 1 - abs(v.co.z + 0.018) / 0.03)
        v.co.x += 0.018 * ridge if v.co.x > 0 else 0.0
    bm.verts.index_update()
    verts = [(v.co.x, v.co.y, v.co.z + head_z) for v in bm.verts]
    keep = [f for f in bm.faces if f.calc_center_median().x > -0.035]
    uvs = [[(0.5 + verts[v.index][1] / 0.18, 0.5 + (verts[v.index][2] - head_z) / 0.25) for v in f.verts] for f in keep]
    head.add(verts, [[v.index for v in f.verts] for f in keep], mat, smooth=True, uvs=uvs)
    bm.free()
    return head


def _oval(z: float, rx: float, ry: float, x: float = 0.0, n: int = 16) -> list[tuple[float, float, float]]:
    return [(x + rx * math.cos(2 * math.pi * i / n), ry * math.sin(2 * math.pi * i / n), z) for i in range(n)]


def _clothes(body: Solid, palette: Palette, rng: random.Random, flesh: object, s: float) -> None:
    """Legs, trunk, arms and shoes, dressed in two colours."""
    top = palette.plain(rng.choice(CLOTHES), 0.8)
    legs = palette.plain(
        rng.choice(((0.08, 0.1, 0.16), (0.12, 0.12, 0.12), (0.25, 0.28, 0.35), (0.45, 0.4, 0.33))), 0.85
    )
    shoes = palette.plain(rng.choice(((0.05, 0.05, 0.05), (0.8, 0.8, 0.8), (0.4, 0.15, 0.1))), 0.6)
    stride = rng.uniform(-0.10, 0.10)
    for side in (-1, 1):
        step = stride * side
        hip, knee, ankle = (
            (0, side * 0.09 * s, 0.88 * s),
            (step * 0.6 + 0.015, side * 0.10 * s, 0.48 * s),
            (step, side * 0.11 * s, 0.09 * s),
        )
        body.limb(hip, knee, 0.085 * s, 0.062 * s, legs)
        body.limb(knee, ankle, 0.062 * s, 0.048 * s, legs)
        body.ball((0.065 * s, 0.065 * s, 0.07 * s), knee, legs, detail=2)
        body.box((0.25 * s, 0.09 * s, 0.08 * s), (step + 0.05, side * 0.11 * s, 0.04 * s), shoes, bevel=0.03)
        bend = rng.uniform(-0.15, 0.25)
        shoulder, elbow = (0, side * 0.19 * s, 1.38 * s), (-0.02 + bend * 0.3, side * 0.245 * s, 1.10 * s)
        wrist = (0.05 + bend, side * 0.235 * s, (0.86 + abs(bend) * 0.5) * s)
        sleeve = flesh if rng.random() < 0.6 else top
        body.limb(shoulder, elbow, 0.058 * s, 0.045 * s, top)
        body.limb(elbow, wrist, 0.042 * s, 0.030 * s, sleeve)
        body.ball((0.045 * s, 0.045 * s, 0.045 * s), elbow, sleeve, detail=2)
        body.ball((0.062 * s, 0.062 * s, 0.062 * s), shoulder, top, detail=2)
        body.ball((0.035 * s, 0.03 * s, 0.05 * s), wrist, flesh, detail=2)
    rings = [
        _oval(0.84 * s, 0.10 * s, 0.155 * s),
        _oval(0.95 * s, 0.108 * s, 0.165 * s),
        _oval(1.10 * s, 0.10 * s, 0.150 * s),
        _oval(1.28 * s, 0.118 * s, 0.185 * s),
        _oval(1.38 * s, 0.10 * s, 0.195 * s),
        _oval(1.44 * s, 0.075 * s, 0.13 * s),
        _oval(1.47 * s, 0.055 * s, 0.06 * s),
    ]
    body.loft(rings, top)
    body.limb((0, 0, 1.43 * s), (0.005, 0, 1.54 * s), 0.052 * s, 0.05 * s, flesh)
    if rng.random() < 0.4:
        body.box((0.12, 0.3, 0.38), (-0.17, 0, 1.2 * s), palette.plain(rng.choice(CLOTHES), 0.8), bevel=0.05)


def build_two_wheeler(thing: Thing, palette: Palette, index: int) -> list[bpy.types.Object]:
    """A bicycle, or a motor scooter."""
    rng = random.Random(thing.style)
    solid = Solid()
    (_scooter if thing.kind == "scooter" else _bicycle)(solid, palette, rng)
    return [solid.build(thing.id, index, (thing.x_m, thing.y_m, thing.z_m), thing.heading_deg)]


def _bicycle(solid: Solid, palette: Palette, rng: random.Random) -> None:
    paint = palette.plain(
        rng.choice(((0.9, 0.75, 0.1), (0.1, 0.45, 0.75), (0.15, 0.6, 0.35), (0.08, 0.08, 0.08))), 0.35, coat=0.6
    )
    black, steel = palette.plain((0.03, 0.03, 0.03), 0.7), palette.plain((0.6, 0.6, 0.62), 0.3, 0.8)
    front, rear = (0.53, 0, 0.33), (-0.50, 0, 0.33)
    for hub in (front, rear):
        solid.ring(0.31, 0.022, hub, black, turn=(90, 0, 0))
        solid.cylinder(0.03, 0.1, hub, steel, turn=(90, 0, 0), segments=10)
        for i in range(6):
            turned = math.pi * i / 6
            solid.limb(
                (hub[0] + 0.3 * math.cos(turned), 0, hub[2] + 0.3 * math.sin(turned)),
                (hub[0] - 0.3 * math.cos(turned), 0, hub[2] - 0.3 * math.sin(turned)),
                0.004,
                0.004,
                steel,
                segments=4,
            )
        solid.box((0.5, 0.06, 0.01), (hub[0], 0, hub[2] + 0.36), paint)
    crank, seat, neck = (-0.05, 0, 0.30), (-0.22, 0, 0.85), (0.36, 0, 0.88)
    for a, b in (
        (crank, seat),
        (crank, (0.38, 0, 0.78)),
        (seat, rear),
        (crank, rear),
        (front, neck),
        ((-0.18, 0, 0.72), (0.37, 0, 0.82)),
    ):
        solid.limb(a, b, 0.02, 0.02, paint, segments=8)
    solid.limb(neck, (0.33, 0, 1.02), 0.015, 0.015, steel)
    solid.limb((0.28, -0.27, 1.03), (0.28, 0.27, 1.03), 0.015, 0.015, black)
    solid.ball((0.14, 0.08, 0.04), (-0.24, 0, 0.90), black, detail=2)
    solid.box((0.26, 0.34, 0.22), (0.58, 0, 0.90), palette.plain((0.25, 0.25, 0.26), 0.6), bevel=0.02)


def _scooter(solid: Solid, palette: Palette, rng: random.Random) -> None:
    paint = palette.plain(
        rng.choice(((0.75, 0.1, 0.1), (0.85, 0.85, 0.85), (0.1, 0.2, 0.4), (0.15, 0.15, 0.16), (0.5, 0.75, 0.72))),
        0.3,
        coat=0.8,
    )
    black, lamp = palette.plain((0.03, 0.03, 0.03), 0.6), palette.plain((0.9, 0.9, 0.9), 0.1, coat=1.0)
    for x in (0.62, -0.60):
        solid.ring(0.19, 0.065, (x, 0, 0.25), black, turn=(90, 0, 0))
        solid.cylinder(0.14, 0.06, (x, 0, 0.25), palette.plain((0.5, 0.5, 0.5), 0.3, 0.8), turn=(90, 0, 0))
    solid.box((0.55, 0.28, 0.08), (0.08, 0, 0.30), black, bevel=0.02)
    solid.loft(
        [
            [
                (x, y * w, z0 + (z1 - z0) * t)
                for y, t in ((-1, 0), (-1.05, 0.5), (-0.8, 1), (0.8, 1), (1.05, 0.5), (1, 0))
            ]
            for x, w, z0, z1 in (
                (-0.92, 0.08, 0.50, 0.68),
                (-0.70, 0.16, 0.42, 0.74),
                (-0.35, 0.19, 0.30, 0.72),
                (-0.10, 0.17, 0.28, 0.66),
            )
        ],
        paint,
    )
    solid.box((0.72, 0.28, 0.11), (-0.46, 0, 0.79), black, bevel=0.04)
    solid.loft(
        [
            [(cx + dx, dy * w, z) for dx, dy in ((0.08, -0.6), (0.11, 0.0), (0.08, 0.6), (-0.03, 1.0), (-0.03, -1.0))]
            for cx, w, z in ((0.42, 0.16, 0.28), (0.44, 0.20, 0.55), (0.38, 0.19, 0.80), (0.31, 0.13, 0.98))
        ],
        paint,
    )
    solid.box((0.42, 0.16, 0.05), (0.62, 0, 0.47), paint, bevel=0.02)
    solid.limb((0.60, 0, 0.27), (0.36, 0, 0.85), 0.035, 0.035, black)
    solid.limb((0.27, -0.33, 1.02), (0.27, 0.33, 1.02), 0.018, 0.018, black)
    solid.ball((0.06, 0.09, 0.07), (0.43, 0, 0.92), lamp, detail=2)
    for side in (-1, 1):
        solid.limb((0.30, side * 0.22, 1.0), (0.26, side * 0.30, 1.20), 0.008, 0.008, black)
        solid.ball((0.02, 0.06, 0.04), (0.26, side * 0.30, 1.22), black, detail=2)
    solid.box((0.3, 0.3, 0.28), (-0.88, 0, 0.95), palette.plain((0.06, 0.06, 0.06), 0.5), bevel=0.05)
