"""CVAT for images 1.1: one `annotations.xml` beside `images/`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from training.dataset.readers.hardened import number, parse_xml, side_px
from training.dataset.reading import MAX_ANNOTATIONS_BYTES, Fault, Marked, Reading, counted, inside, settle
from training.errors import TrainingError
from training.sources import Photo, Source

FILE: Final = "annotations.xml"
SHAPES: Final = frozenset({"box", "polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton"})


def read(source: Source, folder: Path) -> list[Reading]:
    """Every picture that the file lists, in name order. Boxes (rotated ones too) and polygons are read as boxes."""
    path = folder / FILE
    images = parse_xml(path, MAX_ANNOTATIONS_BYTES).findall("image")
    if not images:
        raise TrainingError(f'{path}: no <image> in it; export the task as "CVAT for images 1.1".')
    counted(len(images), str(path))
    found: dict[Path, Reading] = {}
    for image in images:
        reading = _reading(source, folder, path, image)
        if reading.photo.picture in found:
            raise TrainingError(f"{path}, image {reading.photo.picture.name[:80]!r}: it stands twice.")
        found[reading.photo.picture] = reading
    return [found[picture] for picture in sorted(found)]


def _reading(source: Source, folder: Path, path: Path, image: Element) -> Reading:
    name = image.get("name", "")
    where = f"{path}, image {name[:80]!r}"
    if not name:
        raise TrainingError(f"{path}, image {image.get('id', '?')[:20]!r}: it has no name.")
    picture = inside(folder, "images", name, where)
    if not picture.exists() and image.get("subset"):
        picture = inside(folder, "images", f"{image.get('subset')}/{name}", where)
    width = side_px(image.get("width"), f"{where}, field width")
    height = side_px(image.get("height"), f"{where}, field height")
    marked, not_read = [], []
    for place, shape in enumerate((child for child in image if child.tag in SHAPES), start=1):
        corners = _corners(shape, f"{where}, shape {place}")
        if corners:
            xs, ys = zip(*corners, strict=True)
            label = source.names.get(shape.get("label", ""))
            marked.append(Marked(label, min(xs) / width, min(ys) / height, max(xs) / width, max(ys) / height))
        else:
            not_read.append(Fault.SHAPE_NOT_READ)
    boxes, faults = settle(marked, where)
    return Reading(Photo(source.name, picture, path), boxes, faults + tuple(not_read), stated_px=(width, height))


def _corners(shape: Element, where: str) -> list[tuple[float, float]]:
    """A shape's corners in pixels; none for shapes that have no extent of their own (lines, points, masks ...)."""
    if shape.tag == "polygon":
        pairs = [pair.partition(",") for pair in shape.get("points", "").split(";")]
        return [(number(x, f"{where}, field points"), number(y, f"{where}, field points")) for x, _, y in pairs]
    if shape.tag != "box":
        return []
    left, top, right, bottom = (
        number(shape.get(edge), f"{where}, field {edge}") for edge in ("xtl", "ytl", "xbr", "ybr")
    )
    if right <= left or bottom <= top:
        return [(left, top), (right, bottom)]
    turn = math.radians(number(shape.get("rotation", "0"), f"{where}, field rotation"))
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    return [
        (
            middle_x + (x - middle_x) * math.cos(turn) - (y - middle_y) * math.sin(turn),
            middle_y + (x - middle_x) * math.sin(turn) + (y - middle_y) * math.cos(turn),
        )
        for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))
    ]
