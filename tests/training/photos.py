"""Tiny sources for the tests of data sets: pictures that differ, in every format that is read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.dataset.build import Built, build
from training.dataset.description import find
from training.dataset.plan import Plan, make_plan
from training.dataset.progress import silent
from training.sources import read_sources

WIDTH_PX, HEIGHT_PX = 80, 60
MAP = '{ 0 = "litter" }'


def picture(seed: int, width: int = WIDTH_PX, height: int = HEIGHT_PX) -> NDArray[np.uint8]:
    """Coarse coloured noise: every seed looks different, also to a perceptual hash."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def write_picture(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture(seed))
    return path


def yolo_source(folder: Path, names: Sequence[str], first_seed: int = 0, line: str = "0 0.5 0.5 0.2 0.4\n") -> Path:
    """A YOLO folder with one box a picture."""
    (folder / "labels").mkdir(parents=True)
    for place, name in enumerate(names):
        write_picture(folder / "images" / f"{name}.png", first_seed + place)
        (folder / "labels" / f"{name}.txt").write_text(line, "utf-8")
    return folder


def coco_file(folder: Path, images: Sequence[Mapping[str, object]], boxes: Sequence[tuple[int, list[float]]]) -> Path:
    """`annotations.json`; each image is 80 x 60 unless it says otherwise, boxes name their image's place."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = [{"id": place, "width": WIDTH_PX, "height": HEIGHT_PX, **image} for place, image in enumerate(images)]
    annotations = [
        {"id": place, "image_id": image, "category_id": 7, "bbox": box} for place, (image, box) in enumerate(boxes)
    ]
    path = folder / "annotations.json"
    content = {"images": listed, "annotations": annotations, "categories": [{"id": 7, "name": "litter"}]}
    path.write_text(json.dumps(content), "utf-8")
    return path


def sources_file(path: Path, *tables: str) -> Path:
    """A file of source descriptions; each table is `name format split classes`."""
    text = ""
    for table in tables:
        name, kind, rule, classes = table.split(" ", 3)
        text += f'[[source]]\nname = "{name}"\nfolder = "{name}"\ntitle = "T"\nlicence = "CC0"\nnote = "a note"\n'
        text += f'format = "{kind}"\nsplit = "{rule}"\nclasses = {classes}\n'
    path.write_text(text, "utf-8")
    return path


def sets_file(path: Path, sources: Sequence[str], **more: object) -> Path:
    """A file that describes one set, `tiny`, of litter."""
    fields = {"name": "tiny", "version": "1", "labels": ["litter"], "sources": list(sources), **more}
    path.write_text("[[set]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in fields.items()), "utf-8")
    return path


def tiny_set(folder: Path, **more: object) -> Path:
    """A source to train on and one that is held out, three pictures each."""
    yolo_source(folder / "data/a", ["a1", "a2", "a3"])
    yolo_source(folder / "data/v", ["v1", "v2", "v3"], first_seed=50)
    sources_file(folder / "sources.toml", f"a yolo none {MAP}", f"v yolo all_held_out {MAP}")
    sets_file(folder / "sets.toml", ["a", "v"], **more)
    return folder


def plan_of(folder: Path) -> Plan:
    """What the set `tiny` in that folder will hold."""
    sources = read_sources(folder / "sources.toml")
    return make_plan(find(folder / "sets.toml", "tiny"), sources, folder / "data", silent)


def build_of(folder: Path, copy: bool = False) -> Built:
    """The set `tiny`, built under `out`."""
    return build(plan_of(folder), folder / "out", copy, silent)
