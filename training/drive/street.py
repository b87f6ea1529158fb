"""The ground, the house fronts, trees, poles and the sky of a block. Needs bpy."""

from __future__ import annotations

import math
import random
from typing import Final

import bpy

from training.drive import textures
from training.drive.materials import Palette, Rgb, shade
from training.drive.meshes import Solid
from training.drive.scene import Block, Building, Light

BAY_M: Final = 3.5
FLOOR_M: Final = 3.1
WALLS: Final[tuple[Rgb, ...]] = (
    (0.78, 0.74, 0.66),
    (0.70, 0.70, 0.68),
    (0.82, 0.78, 0.72),
    (0.62, 0.55, 0.48),
    (0.74, 0.66, 0.56),
    (0.66, 0.70, 0.70),
    (0.85, 0.83, 0.80),
    (0.60, 0.42, 0.36),
)


def build_street(block: Block, palette: Palette) -> None:
    """Everything that never moves and is no thing of the truth file (pass index 0)."""
    _ground(block, palette)
    for number, building in enumerate(block.buildings):
        _building(block, building, palette, number)
    for x, y, style in block.trees:
        _tree(x, y, style, palette)
    _poles(block, palette)


def _ground(block: Block, palette: Palette) -> None:
    rng = random.Random(f"ground-{block.seed}")
    x0, x1, half, outer = -60.0, block.length_m + 80.0, block.road_half_m, block.wall_m
    tone = rng.uniform(0.36, 0.46)
    asphalt = palette.mottled((tone * 0.82,) * 3, (tone * 1.15,) * 3, 0.9, rough=0.9, detail=7.0)
    ground = Solid()
    ground.quad([(x0, -half, 0), (x1, -half, 0), (x1, half, 0), (x0, half, 0)], asphalt)
    patch = palette.mottled((tone * 0.6,) * 3, (tone * 0.8,) * 3, 2.0, rough=0.92, detail=5.0)
    for number in range(6):
        x, y = rng.uniform(0, block.length_m), rng.uniform(-half + 1, half - 1.5)
        w, d, z = rng.uniform(0.8, 4), rng.uniform(0.5, 1.4), 0.001 + 0.0007 * number
        ground.quad([(x, y, z), (x + w, y, z), (x + w, y + d, z), (x, y + d, z)], patch)
    iron = palette.mottled((0.12, 0.11, 0.10), (0.25, 0.23, 0.21), 30.0, rough=0.6)
    for _ in range(4):
        ground.cylinder(0.35, 0.012, (rng.uniform(5, block.length_m), rng.uniform(-2.0, 2.0), 0.004), iron, segments=28)
    _markings(ground, block, palette, x0, x1)
    face = rng.choice(((0.58, 0.54, 0.50), (0.62, 0.50, 0.44), (0.60, 0.60, 0.58)))
    paving = palette.tiles(face, shade(face, 0.86), shade(face, 0.5), 0.30, 0.15, gap=0.008)
    yellow = palette.tiles((0.72, 0.60, 0.22), (0.66, 0.54, 0.20), (0.35, 0.3, 0.15), 0.3, 0.3, offset=0.0)
    stone = palette.tiles((0.60, 0.60, 0.58), (0.54, 0.54, 0.52), (0.3, 0.3, 0.3), 1.0, 0.5, offset=0.0)
    for side in (-1, 1):
        inner, k = side * half, block.kerb_m
        far = side * (outer + 0.3)
        line = side * (half + block.pavement_m * 0.52)
        lo, hi = sorted((inner, far))
        ground.quad([(x0, lo, k), (x1, lo, k), (x1, hi, k), (x0, hi, k)], paving, uv_size=(x1 - x0, hi - lo))
        ground.quad(
            [
                (x0, line - 0.15, k + 0.004),
                (x1, line - 0.15, k + 0.004),
                (x1, line + 0.15, k + 0.004),
                (x0, line + 0.15, k + 0.004),
            ],
            yellow,
            uv_size=(x1 - x0, 0.3),
        )
        lo, hi = sorted((inner, inner + side * 0.15))
        ground.quad(
            [(x0, lo, k + 0.005), (x1, lo, k + 0.005), (x1, hi, k + 0.005), (x0, hi, k + 0.005)],
            stone,
            uv_size=(x1 - x0, 0.15),
        )
        ground.quad(
            [(x0, inner, 0), (x1, inner, 0), (x1, inner, k + 0.005), (x0, inner, k + 0.005)],
            stone,
            uv_size=(x1 - x0, 0.15),
        )
    earth = palette.mottled((0.35, 0.33, 0.30), (0.45, 0.43, 0.40), 0.3)
    ground.quad(
        [(x0 - 200, -300, -0.05), (x1 + 200, -300, -0.05), (x1 + 200, 300, -0.05), (x0 - 200, 300, -0.05)], earth
    )
    ground.build("ground", 0)


def _markings(ground: Solid, block: Block, palette: Palette, x0: float, x1: float) -> None:
    """A dashed centre line, edge lines and the bays of legal parking."""
    white = palette.mottled((0.55, 0.55, 0.53), (0.82, 0.82, 0.80), 3.0, rough=0.8, detail=5.0)
    yellow = palette.mottled((0.62, 0.48, 0.12), (0.80, 0.63, 0.18), 3.0, rough=0.8, detail=5.0)

    def line(ax: float, ay: float, bx: float, by: float, mat: object, layer: int = 0) -> None:
        z = 0.006 + 0.0008 * layer
        lo_x, hi_x, lo_y, hi_y = min(ax, bx) - 0.06, max(ax, bx) + 0.06, min(ay, by) - 0.06, max(ay, by) + 0.06
        ground.quad([(lo_x, lo_y, z), (hi_x, lo_y, z), (hi_x, hi_y, z), (lo_x, hi_y, z)], mat)

    x = x0
    while x < x1:
        line(x, 0, x + 3.0, 0, yellow)
        x += 7.0
    for bay_x, _, side in block.bays:
        outer, inner = side * (block.road_half_m - 0.1), side * (block.road_half_m - 2.3)
        for layer, end in enumerate((bay_x - 3.1, bay_x + 3.1)):
            line(end, inner, end, outer, white, layer)
        line(bay_x - 3.1, inner, bay_x + 3.1, inner, white, 2)


class _Front:
    """Draws onto a house front: x along the street, z up, out towards the street; all metres."""

    def __init__(self, solid: Solid, side: int, wall_m: float) -> None:
        self.solid, self.side, self.wall_m = solid, side, wall_m

    def panel(
        self,
        x: float,
        z0: float,
        width: float,
        height: float,
        out: float,
        mat: object,
        uv_size: tuple[float, float] = (1.0, 1.0),
    ) -> None:
        """A flat picture facing the street, centred on x."""
        y = self.side * (self.wall_m - out)
        left = x + self.side * -width / 2
        right = x + self.side * width / 2
        self.solid.quad(
            [(left, y, z0), (right, y, z0), (right, y, z0 + height), (left, y, z0 + height)], mat, uv_size=uv_size
        )

    def block(self, x: float, z: float, size: tuple[float, float, float], out: float, mat: object) -> None:
        """A box of width, depth, height, centred `out` before the wall."""
        self.solid.box(size, (x, self.side * (self.wall_m - out), z), mat)


def _building(block: Block, building: Building, palette: Palette, number: int) -> None:
    rng = random.Random(building.style)
    rgb = rng.choice(WALLS)
    plaster = palette.mottled(shade(rgb, 0.78), shade(rgb, 1.05), 0.55, rough=0.92, detail=6.0)
    upper = (
        plaster
        if rng.random() < 0.5
        else palette.tiles(rgb, shade(rgb, 0.94), shade(rgb, 0.7), 0.2, 0.1, gap=0.004, offset=0.0, rough=0.4)
    )
    solid = Solid()
    front = _Front(solid, building.side, block.wall_m)
    width, height, middle = (
        building.x1_m - building.x0_m,
        building.floors * FLOOR_M + 0.9,
        (building.x0_m + building.x1_m) / 2,
    )
    depth = 9.0
    solid.box((width, depth, height), (middle, building.side * (block.wall_m + depth / 2 + 0.01), height / 2), plaster)
    front.panel(middle, FLOOR_M + 0.5, width, height - FLOOR_M - 0.5, 0.0, upper, (width, height - FLOOR_M))
    front.block(middle, FLOOR_M + 0.45, (width, 0.16, 0.14), 0.05, palette.plain((0.6, 0.6, 0.58), 0.8))
    front.block(middle, height - 0.1, (width, 0.3, 0.2), 0.05, palette.plain((0.55, 0.54, 0.52), 0.8))
    for i, bay in enumerate(building.bays):
        _bay(front, bay, building.x0_m + BAY_M * (i + 0.5), palette, rng, f"{number}-{i}")
        for floor in range(1, building.floors):
            _window(front, building.x0_m + BAY_M * (i + 0.5), floor * FLOOR_M + 1.0, 1.7, 1.5, palette, rng)
    solid.build(f"building {number}", 0)


def _window(
    front: _Front, x: float, z: float, width: float, height: float, palette: Palette, rng: random.Random
) -> None:
    glass = palette.plain(
        rng.choice(((0.06, 0.08, 0.09), (0.08, 0.11, 0.11), (0.16, 0.17, 0.16))), rough=0.08, coat=0.4
    )
    frame = palette.plain(rng.choice(((0.75, 0.76, 0.76), (0.35, 0.28, 0.22))), 0.4)
    front.panel(x, z, width, height, 0.02, glass)
    for dx in (-width / 2, 0.0, width / 2):
        front.block(x + dx, z + height / 2, (0.06, 0.08, height), 0.03, frame)
    for dz in (0.0, height):
        front.block(x, z + dz, (width + 0.06, 0.08, 0.06), 0.03, frame)
    extra = rng.random()
    if extra < 0.35:
        steel = palette.plain((0.55, 0.56, 0.56), 0.35, 0.6)
        for k in range(9):
            front.block(x - width / 2 + k * width / 8, z + height / 2 - 0.1, (0.02, 0.02, height + 0.1), 0.42, steel)
        for dz in (-0.15, height * 0.5, height):
            front.block(x, z + dz, (width + 0.05, 0.03, 0.03), 0.42, steel)
        front.block(x, z - 0.15, (width, 0.42, 0.03), 0.21, steel)
    elif extra < 0.7:
        shell = palette.plain((0.82, 0.82, 0.80), 0.5)
        ax = x + rng.choice((-1, 1)) * 0.2
        front.block(ax, z - 0.45, (0.85, 0.32, 0.56), 0.22, shell)
        front.block(ax - 0.1, z - 0.45, (0.46, 0.01, 0.46), 0.385, palette.plain((0.25, 0.25, 0.25), 0.7))


def _bay(front: _Front, kind: str, x: float, palette: Palette, rng: random.Random, name: str) -> None:
    """One 3.5 m of ground floor: rolling shutter, open shop, door, window or bare wall."""
    if kind in ("shutter", "shop"):
        if kind == "shutter":
            rgb = rng.choice(((0.62, 0.64, 0.66), (0.35, 0.45, 0.6), (0.68, 0.66, 0.6), (0.45, 0.5, 0.48)))
            front.panel(x, 0.1, 3.0, 2.55, 0.02, palette.corrugated(rgb, 0.1), (3.0, 2.55))
        else:
            front.panel(
                x, 0.1, 3.0, 2.55, 0.02, palette.mottled((0.03, 0.03, 0.035), (0.22, 0.17, 0.12), 2.5, rough=0.25)
            )
            for dx in (-1.5, -0.5, 0.5, 1.5):
                front.block(x + dx, 1.4, (0.06, 0.06, 2.5), 0.04, palette.plain((0.5, 0.5, 0.52), 0.4, 0.5))
        front.panel(x, 2.78, 3.2, 0.72, 0.16, palette.picture(f"sign {name}", textures.shop_sign(rng), 0.5, dirt=0.15))
        front.block(x, 3.14, (3.22, 0.14, 0.74), 0.08, palette.plain((0.4, 0.4, 0.4), 0.7))
    elif kind == "door":
        steel = palette.plain(rng.choice(((0.25, 0.32, 0.30), (0.35, 0.2, 0.15), (0.4, 0.42, 0.45))), 0.45, 0.3)
        front.block(x, 1.2, (1.3, 0.1, 2.3), 0.0, steel)
        front.block(x, 1.2, (0.04, 0.14, 2.2), 0.0, palette.plain((0.1, 0.1, 0.1), 0.6))
        front.block(x, 2.5, (1.9, 0.7, 0.1), 0.35, palette.plain((0.6, 0.6, 0.58), 0.8))
    elif kind == "window":
        _window(front, x, 1.0, 1.8, 1.4, palette, rng)
    elif kind == "wall" and rng.random() < 0.3:
        front.panel(x, 1.1, 1.3, 0.95, 0.03, palette.picture(f"notice {name}", textures.notice_board(rng), 0.4))


def _tree(x: float, y: float, style: int, palette: Palette) -> None:
    """A street tree: a trunk, a few boughs and a crown of loose leaves."""
    rng = random.Random(style)
    bark = palette.mottled((0.20, 0.16, 0.12), (0.36, 0.30, 0.24), 8.0, rough=0.95, bump=0.4)
    greens = [palette.plain(rgb, 0.6) for rgb in ((0.14, 0.26, 0.08), (0.20, 0.34, 0.10), (0.28, 0.42, 0.14))]
    tree = Solid()
    height = rng.uniform(2.5, 3.1)
    tree.limb((0, 0, 0.1), (rng.uniform(-0.1, 0.1), 0, height), rng.uniform(0.11, 0.16), 0.09, bark)
    tree.limb((0, 0, 0.0), (0, 0, 0.75), 0.165, 0.16, palette.plain((0.85, 0.85, 0.82), 0.9))
    clumps = []
    for _ in range(rng.randint(6, 9)):
        at = (rng.uniform(-1.2, 1.2), rng.uniform(-1.0, 1.0), height + rng.uniform(0.4, 2.0))
        clumps.append((at, rng.uniform(0.6, 1.0)))
        tree.limb((0, 0, height - 0.3), at, 0.05, 0.015, bark, segments=6)
    for number in range(2600):
        (cx, cy, cz), radius = clumps[number % len(clumps)]
        a, b, r = rng.uniform(0, 2 * math.pi), math.acos(rng.uniform(-1, 1)), radius * rng.uniform(0.55, 1.0) ** 0.5
        px, py, pz = cx + r * math.sin(b) * math.cos(a), cy + r * math.sin(b) * math.sin(a), cz + r * math.cos(b) * 0.75
        s = rng.uniform(0.07, 0.13)
        ux, uy, uz = rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(-0.5, 0.5)
        vx, vy, vz = rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(-0.6, 0.6)
        tree.add(
            [
                (px - ux * s, py - uy * s, pz - uz * s),
                (px + vx * s * 0.5, py + vy * s * 0.5, pz + vz * s * 0.5),
                (px + ux * s, py + uy * s, pz + uz * s),
                (px - vx * s * 0.5, py - vy * s * 0.5, pz - vz * s * 0.5),
            ],
            [(0, 1, 2, 3)],
            greens[number % 3],
        )
    tree.box((1.1, 1.1, 0.02), (0, 0, 0.145), palette.mottled((0.16, 0.12, 0.08), (0.26, 0.2, 0.14), 6.0))
    tree.build("tree", 0, (x, y, 0.0), rng.uniform(0, 360))


def _poles(block: Block, palette: Palette) -> None:
    """Lamp posts between the trees, and a cable along each side."""
    concrete = palette.mottled((0.48, 0.47, 0.45), (0.6, 0.59, 0.57), 3.0)
    poles = Solid()
    for x, y in block.poles:
        side = 1 if y > 0 else -1
        poles.limb((x, y, 0), (x, y, 7.6), 0.10, 0.065, concrete)
        poles.limb((x, y, 7.3), (x, y - side * 1.6, 7.7), 0.04, 0.03, concrete)
        poles.box((0.25, 0.6, 0.12), (x, y - side * 1.7, 7.68), palette.plain((0.7, 0.7, 0.7), 0.4))
    black = palette.plain((0.03, 0.03, 0.03), 0.8)
    for side in (-1, 1):
        for k in range(3):
            z, y = 5.6 + 0.22 * k, side * (block.wall_m - 0.25)
            for n in range(12):
                a, b = -40 + n * 15.0, -25 + n * 15.0
                poles.limb((a, y, z), ((a + b) / 2, y, z - 0.3), 0.015, 0.015, black, segments=5)
                poles.limb(((a + b) / 2, y, z - 0.3), (b, y, z), 0.015, 0.015, black, segments=5)
    poles.build("poles", 0)


def light_up(light: Light) -> None:
    """Sky and sun of one pass, as the scene's world."""
    scene = bpy.context.scene
    world = bpy.data.worlds.new("sky")
    scene.world = world
    world.use_nodes = True
    tree = world.node_tree
    background = tree.nodes["Background"]
    grey = light.overcast
    background.inputs["Color"].default_value = (0.62 + 0.26 * grey, 0.78 + 0.14 * grey, 1.0, 1.0)
    background.inputs["Strength"].default_value = 0.95
    if light.overcast < 1.0:
        sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
        sun.data.energy = 3.7 * (1.0 - light.overcast)
        sun.data.angle = math.radians(0.6 + 4 * light.overcast)
        sun.data.color = (1.0, 0.95, 0.87)
        azimuth, tilt = math.radians(light.sun_azimuth_deg), math.radians(90 - light.sun_elevation_deg)
        sun.rotation_euler = (0.0, tilt, azimuth)
        scene.collection.objects.link(sun)
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.view_settings.exposure = light.exposure + 0.55 + 0.3 * light.overcast
