"""Renders views of a block with Cycles on the CPU, and reads back which pixel shows which thing. Needs bpy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from models.wholefile import write_whole
from training.drive import cars, people, street, waste
from training.drive.materials import Palette
from training.drive.poses import Lens, View
from training.drive.scene import Block, Thing


@dataclass(frozen=True, slots=True)
class Quality:
    """How much work a frame gets. Which pixel shows what does not depend on it."""

    samples: int = 4
    bounces: int = 2
    threads: int = 0
    denoised: bool = True


class Studio:
    """One block as it stands in one pass, ready to be photographed from any view."""

    def __init__(self, block: Block, pass_name: str, lens: Lens, scratch: Path, quality: Quality = Quality()) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.block, self.lens, self.scratch = block, lens, scratch
        self.parts: dict[int, tuple[Thing, str]] = {}
        palette = Palette()
        street.build_street(block, palette)
        for thing in block.things:
            if pass_name in thing.passes:
                self._build(thing, palette)
        street.light_up(block.lights[pass_name])
        self._camera()
        _engine(lens, quality)
        self._index_output()

    def _index(self, thing: Thing, part: str) -> int:
        self.parts[len(self.parts) + 1] = (thing, part)
        return len(self.parts)

    def _build(self, thing: Thing, palette: Palette) -> None:
        body = self._index(thing, "body")
        if thing.kind == "heap":
            waste.build_heap(thing, palette, body)
        elif thing.kind == "bin":
            waste.build_bin(thing, palette, body)
        elif thing.kind == "ad_site":
            waste.build_ad_site(thing, palette, body)
        elif thing.kind == "person":
            people.build_person(thing, palette, body, self._index(thing, "face"))
        elif thing.kind in ("scooter", "bicycle"):
            people.build_two_wheeler(thing, palette, body)
        else:
            cars.build_car(thing, palette, body, (self._index(thing, "plate"), self._index(thing, "plate")))

    def _camera(self) -> None:
        lens = bpy.data.cameras.new("camera")
        lens.sensor_fit, lens.angle = "HORIZONTAL", math.radians(self.lens.hfov_deg)
        lens.clip_start, lens.clip_end = 0.1, 500.0
        self.camera = bpy.data.objects.new("camera", lens)
        bpy.context.scene.collection.objects.link(self.camera)
        bpy.context.scene.camera = self.camera

    def refit(self, lens: Lens) -> None:
        """Puts another lens of the same picture size on the camera."""
        self.lens = lens
        self.camera.data.angle = math.radians(lens.hfov_deg)

    def _index_output(self) -> None:
        """Writes the object-index pass beside each picture as a float EXR."""
        scene = bpy.context.scene
        scene.view_layers[0].use_pass_object_index = True
        scene.use_nodes = True
        tree = scene.node_tree
        tree.nodes.clear()
        layers, composite = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new("CompositorNodeComposite")
        tree.links.new(layers.outputs["Image"], composite.inputs["Image"])
        out = tree.nodes.new("CompositorNodeOutputFile")
        out.base_path = str(self.scratch)
        out.format.file_format, out.format.color_depth, out.format.color_mode = "OPEN_EXR", "32", "RGB"
        out.file_slots[0].path = "index_"
        tree.links.new(layers.outputs["IndexOB"], out.inputs[0])

    def shoot(self, view: View, picture: Path) -> NDArray[np.int32]:
        """Renders the view into a PNG and gives the part index of every pixel, int32 [H, W] (0: the street itself)."""
        axes = view.axes()
        basis = np.stack([axes[0], -axes[1], -axes[2]], axis=1)
        matrix = Matrix([[*(float(v) for v in row), 0.0] for row in basis] + [[0.0, 0.0, 0.0, 1.0]])
        matrix.translation = (view.x_m, view.y_m, view.z_m)
        self.camera.matrix_world = matrix
        scene = bpy.context.scene
        shot = self.scratch / "view.png"
        scene.render.filepath = str(shot)
        scene.frame_set(1)
        bpy.ops.render.render(write_still=True)
        index = self._read_index()
        write_whole(picture, shot.read_bytes())
        return index

    def _read_index(self) -> NDArray[np.int32]:
        path = self.scratch / "index_0001.exr"
        image = bpy.data.images.load(str(path), check_existing=False)
        width, height = image.size
        flat = np.empty(width * height * 4, dtype=np.float32)
        image.pixels.foreach_get(flat)
        bpy.data.images.remove(image)
        path.unlink()
        return np.ascontiguousarray(np.rint(flat.reshape(height, width, 4)[::-1, :, 0]).astype(np.int32))


def _engine(lens: Lens, quality: Quality) -> None:
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = (
        lens.width_px,
        lens.height_px,
        100,
    )
    scene.render.image_settings.file_format, scene.render.image_settings.color_mode = "PNG", "RGB"
    scene.render.image_settings.compression = 40
    scene.render.use_persistent_data = True
    if quality.threads:
        scene.render.threads_mode, scene.render.threads = "FIXED", quality.threads
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.use_adaptive_sampling = "CPU", quality.samples, False
    cycles.use_denoising, cycles.denoiser = quality.denoised, "OPENIMAGEDENOISE"
    cycles.denoising_prefilter = "FAST"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = (
        quality.bounces,
        min(2, quality.bounces),
        min(2, quality.bounces),
    )
    cycles.transparent_max_bounces = 6
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.seed = 7
