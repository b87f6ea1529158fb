"""Procedural surfaces, each made once a scene. Needs bpy."""

from __future__ import annotations

import bpy
import numpy as np
from PIL import Image

Rgb = tuple[float, float, float]


def linear(rgb: Rgb) -> tuple[float, float, float, float]:
    """An sRGB colour in 0..1 as Blender's linear RGBA."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb)
    return red, green, blue, 1.0


def shade(rgb: Rgb, factor: float) -> Rgb:
    return (min(1.0, rgb[0] * factor), min(1.0, rgb[1] * factor), min(1.0, rgb[2] * factor))


class Palette:
    """Makes materials and hands the same one back for the same request."""

    def __init__(self) -> None:
        self._made: dict[object, bpy.types.Material] = {}

    def plain(
        self, rgb: Rgb, rough: float = 0.6, metal: float = 0.0, coat: float = 0.0, glow: float = 0.0
    ) -> bpy.types.Material:
        """One colour: lacquer, plastic, cloth, skin, metal."""
        key = ("plain", rgb, rough, metal, coat, glow)
        if key not in self._made:
            mat, shader = _surface(f"plain{len(self._made)}")
            shader.inputs["Base Color"].default_value = linear(rgb)
            shader.inputs["Roughness"].default_value = rough
            shader.inputs["Metallic"].default_value = metal
            shader.inputs["Coat Weight"].default_value = coat
            shader.inputs["Coat Roughness"].default_value = 0.05
            if glow:
                shader.inputs["Emission Color"].default_value = linear(rgb)
                shader.inputs["Emission Strength"].default_value = glow
            self._made[key] = mat
        return self._made[key]

    def mottled(
        self,
        low: Rgb,
        high: Rgb,
        scale: float,
        rough: float = 0.8,
        bump: float = 0.0,
        detail: float = 5.0,
        gloss: float = 0.0,
    ) -> bpy.types.Material:
        """Two colours mixed by noise over the object's own coordinates: plaster, asphalt, bark, bag film."""
        key = ("mottled", low, high, scale, rough, bump, detail, gloss)
        if key not in self._made:
            mat, shader = _surface(f"mottled{len(self._made)}")
            tree = mat.node_tree
            cloud = _noise(tree, scale, detail)
            ramp = tree.nodes.new("ShaderNodeValToRGB")
            ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.36, 0.64
            ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = linear(low), linear(high)
            tree.links.new(cloud.outputs["Fac"], ramp.inputs["Fac"])
            tree.links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
            shader.inputs["Roughness"].default_value = rough
            shader.inputs["Coat Weight"].default_value = gloss
            if bump:
                _bump(tree, cloud.outputs["Fac"], shader, bump)
            self._made[key] = mat
        return self._made[key]

    def tiles(
        self,
        face: Rgb,
        other: Rgb,
        joint: Rgb,
        width: float,
        height: float,
        *,
        gap: float = 0.006,
        offset: float = 0.5,
        rough: float = 0.7,
    ) -> bpy.types.Material:
        """Tiles or bricks laid over UV coordinates in metres, with stains."""
        key = ("tiles", face, other, joint, width, height, gap, offset, rough)
        if key not in self._made:
            mat, shader = _surface(f"tiles{len(self._made)}")
            tree = mat.node_tree
            brick = tree.nodes.new("ShaderNodeTexBrick")
            brick.offset = offset
            for name, value in (
                ("Color1", linear(face)),
                ("Color2", linear(other)),
                ("Mortar", linear(joint)),
                ("Scale", 1.0),
                ("Mortar Size", gap),
                ("Brick Width", width),
                ("Row Height", height),
                ("Bias", 0.0),
            ):
                brick.inputs[name].default_value = value
            uv = tree.nodes.new("ShaderNodeTexCoord")
            tree.links.new(uv.outputs["UV"], brick.inputs["Vector"])
            mix = _stained(tree, brick.outputs["Color"], 0.7, 0.35)
            tree.links.new(mix, shader.inputs["Base Color"])
            shader.inputs["Roughness"].default_value = rough
            self._made[key] = mat
        return self._made[key]

    def picture(self, name: str, image: Image.Image, rough: float = 0.7, *, dirt: float = 0.0) -> bpy.types.Material:
        """A drawn picture over UV 0..1; an RGBA picture is see-through where its alpha is 0."""
        key = ("picture", name)
        if key not in self._made:
            mat, shader = _surface(name)
            tree = mat.node_tree
            node = tree.nodes.new("ShaderNodeTexImage")
            node.image = _blender_image(name, image)
            node.extension = "EXTEND"
            colour = _stained(tree, node.outputs["Color"], 6.0, dirt) if dirt else node.outputs["Color"]
            tree.links.new(colour, shader.inputs["Base Color"])
            shader.inputs["Roughness"].default_value = rough
            if image.mode == "RGBA":
                tree.links.new(node.outputs["Alpha"], shader.inputs["Alpha"])
            self._made[key] = mat
        return self._made[key]

    def corrugated(self, rgb: Rgb, pitch: float) -> bpy.types.Material:
        """A rolling shutter: horizontal slats over UV in metres."""
        key = ("corrugated", rgb, pitch)
        if key not in self._made:
            mat, shader = _surface(f"shutter{len(self._made)}")
            tree = mat.node_tree
            uv = tree.nodes.new("ShaderNodeTexCoord")
            wave = tree.nodes.new("ShaderNodeTexWave")
            wave.bands_direction = "Y"
            wave.inputs["Scale"].default_value = 1.0 / pitch / 3.14
            tree.links.new(uv.outputs["UV"], wave.inputs["Vector"])
            ramp = tree.nodes.new("ShaderNodeValToRGB")
            ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = linear(shade(rgb, 0.55)), linear(rgb)
            ramp.color_ramp.elements[1].position = 0.5
            tree.links.new(wave.outputs["Fac"], ramp.inputs["Fac"])
            tree.links.new(_stained(tree, ramp.outputs["Color"], 1.5, 0.3), shader.inputs["Base Color"])
            shader.inputs["Roughness"].default_value = 0.45
            shader.inputs["Metallic"].default_value = 0.4
            self._made[key] = mat
        return self._made[key]


def _surface(name: str) -> tuple[bpy.types.Material, bpy.types.Node]:
    mat = bpy.data.materials.new(name)
    mat.use_nodes = True
    return mat, mat.node_tree.nodes["Principled BSDF"]


def _noise(tree: bpy.types.NodeTree, scale: float, detail: float) -> bpy.types.Node:
    where = tree.nodes.new("ShaderNodeTexCoord")
    cloud = tree.nodes.new("ShaderNodeTexNoise")
    cloud.inputs["Scale"].default_value, cloud.inputs["Detail"].default_value = scale, detail
    cloud.inputs["Roughness"].default_value = 0.65
    tree.links.new(where.outputs["Object"], cloud.inputs["Vector"])
    return cloud


def _stained(
    tree: bpy.types.NodeTree, colour: bpy.types.NodeSocket, scale: float, strength: float
) -> bpy.types.NodeSocket:
    """The colour, darkened in large soft patches."""
    cloud = _noise(tree, scale, 4.0)
    span = tree.nodes.new("ShaderNodeMapRange")
    span.inputs["From Min"].default_value, span.inputs["From Max"].default_value = 0.35, 0.7
    span.inputs["To Min"].default_value, span.inputs["To Max"].default_value = 1.0 - strength, 1.05
    tree.links.new(cloud.outputs["Fac"], span.inputs["Value"])
    mix = tree.nodes.new("ShaderNodeVectorMath")
    mix.operation = "SCALE"
    tree.links.new(colour, mix.inputs[0])
    tree.links.new(span.outputs["Result"], mix.inputs["Scale"])
    return mix.outputs["Vector"]


def _bump(tree: bpy.types.NodeTree, height: bpy.types.NodeSocket, shader: bpy.types.Node, strength: float) -> None:
    bump = tree.nodes.new("ShaderNodeBump")
    bump.inputs["Strength"].default_value = strength
    bump.inputs["Distance"].default_value = 0.05
    tree.links.new(height, bump.inputs["Height"])
    tree.links.new(bump.outputs["Normal"], shader.inputs["Normal"])


def _blender_image(name: str, image: Image.Image) -> bpy.types.Image:
    rgba = np.asarray(image.convert("RGBA"), dtype=np.float32)[::-1] / 255.0
    made = bpy.data.images.new(name, image.width, image.height, alpha=True)
    made.pixels.foreach_set(np.ascontiguousarray(rgba).ravel())
    made.update()
    made.pack()
    return made
