"""Pascal VOC: `Annotations/*.xml`, one a picture, and the pictures in `JPEGImages/` under the same sub-folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from training.dataset.readers.hardened import number, parse_xml, side_px
from training.dataset.reading import MAX_LABEL_FILE_BYTES, Marked, Reading, counted, inside, settle
from training.errors import TrainingError
from training.sources import Photo, Source


def read(source: Source, folder: Path) -> list[Reading]:
    """Every picture that has an annotation file, in that file's order."""
    annotations = folder / "Annotations"
    if not annotations.is_dir():
        raise TrainingError(f"{annotations}: no such folder; Pascal VOC keeps its XML files there.")
    files = sorted(annotations.rglob("*.xml"))
    counted(len(files), str(annotations))
    readings = [_reading(source, folder, path) for path in files]
    first: dict[Path, Path] = {}
    for reading in readings:
        if reading.photo.picture in first:
            raise TrainingError(
                f"{reading.photo.labels}, field filename: {first[reading.photo.picture]} names the same picture; "
                "keep one of the two files."
            )
        first[reading.photo.picture] = reading.photo.labels
    return readings


def _reading(source: Source, folder: Path, path: Path) -> Reading:
    inside(folder, "", str(path.relative_to(folder)), str(path))
    root = parse_xml(path, MAX_LABEL_FILE_BYTES)
    where = f"{path}, field"
    name = (root.findtext("filename") or "").strip()
    if not name:
        raise TrainingError(f"{where} filename: it is absent.")
    sub_folder = path.parent.relative_to(folder / "Annotations")
    picture = inside(folder, Path("JPEGImages") / sub_folder, name, f"{where} filename")
    width = side_px(root.findtext("size/width"), f"{where} size/width")
    height = side_px(root.findtext("size/height"), f"{where} size/height")
    boxes, faults = settle(_marked(root, source, where, width, height), str(path))
    return Reading(Photo(source.name, picture, path), boxes, faults, stated_px=(width, height))


def _marked(root: Element, source: Source, where: str, width: int, height: int) -> Iterator[Marked]:
    """The boxes: the devkit counts pixels from 1 and includes both ends, so a box's left edge is xmin - 1."""
    for place, thing in enumerate(root.iterfind("object"), start=1):
        field = f"{where} object {place}"
        label = source.names.get((thing.findtext("name") or "").strip())
        left, top, right, bottom = (
            number(thing.findtext(f"bndbox/{edge}"), f"{field}/bndbox/{edge}")
            for edge in ("xmin", "ymin", "xmax", "ymax")
        )
        yield Marked(label, max(0.0, left - 1) / width, max(0.0, top - 1) / height, right / width, bottom / height)
