"""Solids put together from primitives into one mesh, so that a scene has few objects. Needs bpy."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import bmesh
import bpy
from mathutils import Euler, Matrix, Vector, noise

Point = Sequence[float]


class Solid:
    """A growing mesh in its own frame (+x forward, +z up, metres); `build` makes it a Blender object."""

    def __init__(self) -> None:
        self.verts: list[tuple[float, float, float]] = []
        self.faces: list[tuple[int, ...]] = []
        self.slots: list[bpy.types.Material] = []
        self.face_slot: list[int] = []
        self.face_uv: list[list[tuple[float, float]]] = []
        self.face_smooth: list[bool] = []

    def add(
        self,
        verts: Sequence[Point],
        faces: Sequence[Sequence[int]],
        mats: object,
        *,
        smooth: bool = False,
        uvs: Sequence[Sequence[tuple[float, float]]] | None = None,
    ) -> None:
        """Adds faces; mats is one material or one a face; uvs gives a coordinate for each corner of each face."""
        start = len(self.verts)
        self.verts.extend((float(v[0]), float(v[1]), float(v[2])) for v in verts)
        for number, face in enumerate(faces):
            mat = mats[number] if isinstance(mats, list) else mats
            if mat not in self.slots:
                self.slots.append(mat)
            self.faces.append(tuple(start + i for i in face))
            self.face_slot.append(self.slots.index(mat))
            self.face_uv.append(list(uvs[number]) if uvs else [(0.0, 0.0)] * len(face))
            self.face_smooth.append(smooth)

    def mesh(self, bm: bmesh.types.BMesh, mat: object, matrix: Matrix, *, smooth: bool = False) -> None:
        """Adds a bmesh, moved by matrix, and frees it."""
        bm.verts.ensure_lookup_table()
        bm.verts.index_update()
        self.add([matrix @ v.co for v in bm.verts], [[v.index for v in f.verts] for f in bm.faces], mat, smooth=smooth)
        bm.free()

    def box(
        self, size: Point, at: Point, mat: object, *, turn: Point = (0, 0, 0), bevel: float = 0.0, taper: float = 1.0
    ) -> None:
        """A box centred at `at`; turn in degrees about x, y, z; taper scales its lower end in x and y."""
        bm = bmesh.new()
        bmesh.ops.create_cube(bm, size=1.0)
        for v in bm.verts:
            shrink = taper if v.co.z < 0 else 1.0
            v.co = Vector((v.co.x * size[0] * shrink, v.co.y * size[1] * shrink, v.co.z * size[2]))
        if bevel:
            bmesh.ops.bevel(bm, geom=list(bm.edges), offset=bevel, segments=2, affect="EDGES", profile=0.6)
        self.mesh(bm, mat, placed(at, turn), smooth=False)

    def cylinder(
        self,
        radius: float,
        depth: float,
        at: Point,
        mat: object,
        *,
        turn: Point = (0, 0, 0),
        top: float | None = None,
        segments: int = 20,
    ) -> None:
        """A cylinder or cone along its own z, centred at `at`."""
        bm = bmesh.new()
        bmesh.ops.create_cone(
            bm, cap_ends=True, segments=segments, radius1=radius, radius2=radius if top is None else top, depth=depth
        )
        self.mesh(bm, mat, placed(at, turn), smooth=False)

    def ball(self, radii: Point, at: Point, mat: object, *, turn: Point = (0, 0, 0), detail: int = 3) -> None:
        bm = bmesh.new()
        bmesh.ops.create_icosphere(bm, subdivisions=detail, radius=1.0)
        for v in bm.verts:
            v.co = Vector((v.co.x * radii[0], v.co.y * radii[1], v.co.z * radii[2]))
        self.mesh(bm, mat, placed(at, turn), smooth=True)

    def limb(
        self, start: Point, end: Point, radius: float, end_radius: float, mat: object, *, segments: int = 12
    ) -> None:
        """A round, tapering bar from start to end."""
        a, b = Vector(start), Vector(end)
        axis = b - a
        turn = axis.to_track_quat("Z", "Y").to_matrix().to_4x4()
        bm = bmesh.new()
        bmesh.ops.create_cone(
            bm, cap_ends=True, segments=segments, radius1=radius, radius2=end_radius, depth=axis.length
        )
        self.mesh(bm, mat, Matrix.Translation((a + b) / 2) @ turn, smooth=True)

    def ring(
        self, radius: float, tube: float, at: Point, mat: object, *, turn: Point = (0, 0, 0), segments: int = 24
    ) -> None:
        """A torus about its own z."""
        verts, faces, sides = [], [], 8
        for i in range(segments):
            a = 2 * math.pi * i / segments
            for j in range(sides):
                b = 2 * math.pi * j / sides
                out = radius + tube * math.cos(b)
                verts.append((out * math.cos(a), out * math.sin(a), tube * math.sin(b)))
                k, m = (i + 1) % segments, (j + 1) % sides
                faces.append((i * sides + j, k * sides + j, k * sides + m, i * sides + m))
        matrix = placed(at, turn)
        self.add([matrix @ Vector(v) for v in verts], faces, mat, smooth=True)

    def loft(self, rings: Sequence[Sequence[Point]], mat: object, *, smooth: bool = True, caps: bool = True) -> None:
        """A skin over closed rings of equally many points; mat is one material."""
        n = len(rings[0])
        verts = [p for ring in rings for p in ring]
        faces: list[Sequence[int]] = [
            (r * n + i, r * n + (i + 1) % n, (r + 1) * n + (i + 1) % n, (r + 1) * n + i)
            for r in range(len(rings) - 1)
            for i in range(n)
        ]
        if caps:
            faces.append(tuple(reversed(range(n))))
            faces.append(tuple(range((len(rings) - 1) * n, len(rings) * n)))
        self.add(verts, faces, mat, smooth=smooth)

    def quad(self, corners: Sequence[Point], mat: object, *, uv_size: tuple[float, float] = (1.0, 1.0)) -> None:
        """A rectangle of four corners (lower left, lower right, upper right, upper left as seen from its front)."""
        u, v = uv_size
        self.add(corners, [(0, 1, 2, 3)], mat, uvs=[[(0, 0), (u, 0), (u, v), (0, v)]])

    def build(
        self,
        name: str,
        index: int,
        at: Point = (0, 0, 0),
        heading_deg: float = 0.0,
        *,
        subdivide: int = 0,
    ) -> bpy.types.Object:
        """The Blender object, linked into the scene, with that pass index."""
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(self.verts, [], self.faces)
        for mat in self.slots:
            mesh.materials.append(mat)
        mesh.polygons.foreach_set("material_index", self.face_slot)
        mesh.polygons.foreach_set("use_smooth", self.face_smooth)
        layer = mesh.uv_layers.new(name="UVMap")
        layer.uv.foreach_set("vector", [c for face in self.face_uv for uv in face for c in uv])
        mesh.update()
        built = bpy.data.objects.new(name, mesh)
        built.location, built.rotation_euler = at, (0, 0, math.radians(heading_deg))
        built.pass_index = index
        if subdivide:
            modifier = built.modifiers.new("Subdivision", "SUBSURF")
            modifier.levels = modifier.render_levels = subdivide
        bpy.context.scene.collection.objects.link(built)
        return built


def placed(at: Point, turn: Point = (0, 0, 0)) -> Matrix:
    """The matrix that turns by degrees about x, y, z and then moves to `at`."""
    return Matrix.Translation(at) @ Euler([math.radians(t) for t in turn]).to_matrix().to_4x4()


def add_bag(solid: Solid, rng: random.Random, at: Point, size: float, mat: object) -> None:
    """A filled, tied plastic bag of about that diameter, standing on `at`."""
    bm = bmesh.new()
    bmesh.ops.create_icosphere(bm, subdivisions=4, radius=1.0)
    shift = Vector((rng.uniform(0, 90), rng.uniform(0, 90), rng.uniform(0, 90)))
    squash, knot = rng.uniform(0.62, 0.85), rng.uniform(0.25, 0.6)
    for v in bm.verts:
        c = v.co.copy()
        wrinkle = (
            noise.noise(c * 1.3 + shift) * 0.30
            + noise.noise(c * 3.5 + shift) * 0.16
            + noise.noise(c * 8 + shift) * 0.07
        )
        c *= 1.0 + wrinkle
        c.z *= squash
        if v.co.z > 0.72:
            pull = (v.co.z - 0.72) / 0.28
            c.x *= 1 - 0.75 * pull
            c.y *= 1 - 0.75 * pull
            c.z += knot * pull * pull * (1 + noise.noise(c * 12 + shift))
        c.z = max(c.z, -0.45)
        v.co = c * (size / 2)
    turn = (rng.uniform(-35, 35), rng.uniform(-35, 35), rng.uniform(0, 360))
    lifted = (at[0], at[1], at[2] + size * 0.2)
    solid.mesh(bm, mat, placed(lifted, turn), smooth=True)


def add_sheet(solid: Solid, rng: random.Random, at: Point, size: float, mat: object) -> None:
    """A crumpled sheet or wrapper lying at `at`."""
    shift = Vector((rng.uniform(0, 90), rng.uniform(0, 90), 0))
    n, aspect = 6, rng.uniform(0.5, 1.0)
    matrix = placed(at, (rng.uniform(-12, 12), rng.uniform(-12, 12), rng.uniform(0, 360)))
    verts, faces = [], []
    for i in range(n + 1):
        for j in range(n + 1):
            p = Vector(((i / n - 0.5) * size, (j / n - 0.5) * size * aspect, 0))
            p.z = 0.02 + abs(noise.noise(p * (5 / size) * 0.5 + shift)) * size * 0.45
            verts.append(matrix @ p)
    for i in range(n):
        for j in range(n):
            a = i * (n + 1) + j
            faces.append((a, a + n + 1, a + n + 2, a + 1))
    solid.add(verts, faces, mat, smooth=False)
