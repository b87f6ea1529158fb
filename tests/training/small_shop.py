"""A workshop small enough for a test: a tiny real model, fourteen drawn photos, one drive, a recipe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from tests.models.tiny import BGR, write_tiny

LABELS = ("litter", "overflowing_bin", "bin", "illegal_ad", "person")
COLOURS = np.array([[1, -1, -1], [-1, 1, -1], [-1, -1, 1], [-1, -1, -1], [-1, -1, -1]], np.float32)
"""Red is litter, green a full bin, blue a bin; the last two are never found."""
SIDE, CELL = 192, 32
Square = tuple[str, int, int]
"""Label, column and row of a cell."""

RECIPE = """name = "small"
version = "1"
labels = ["litter", "overflowing_bin", "bin", "illegal_ad", "person"]
seed = 5
base = "none.pt"
held_out_share = 0.5

[[teachers]]
name = "somebody"
thresholds = { person = 0.3 }

[[uses]]
source = "graffiti"

[synthesis]
kind = "plates"
fonts = []
walls = []

[[stages]]
name = "all"
epochs = 1
lr0 = 0.001
lrf = 0.1

[publish]
target_precision = { litter = 0.9 }
"""
SOURCES = """[[source]]
name = "street_waste_val"
folder = "waste"
title = "w"
licence = "CC0-1.0"
classes = { 0 = "litter", 1 = "overflowing_bin", 2 = "bin" }
split = "all_held_out"

[[source]]
name = "graffiti"
folder = "graffiti"
title = "g"
licence = "CC0-1.0"
classes = { 0 = "illegal_ad" }
split = "all_held_out"

[[source]]
name = "coco"
folder = "coco"
title = "c"
licence = "CC0-1.0"
classes = { 0 = "person" }
split = "all_held_out"
"""
DRIVES = """[[drive]]
name = "yard"
kind = "real"
base = "data"
clip = "yard"
km = 0.02
km_from = "a tape measure"

[[drive]]
name = "gone"
kind = "real"
base = "data"
clip = "gone.mp4"
"""
OF_LABEL = {"litter": "red", "overflowing_bin": "green", "bin": "blue"}


def write_shop(folder: Path) -> list[str]:
    """Lay everything out under a folder; returns the arguments of `steward train evaluate` for it."""
    write_tiny(folder / "store", "small", LABELS, width=SIDE, height=SIDE, colours=COLOURS)
    for name, text in (("small.toml", RECIPE), ("sources.toml", SOURCES), ("drives.toml", DRIVES)):
        (folder / name).write_text(text, "utf-8")
    for number, (drawn, true) in enumerate(_waste()):
        _photo(folder / "data/waste", f"p{number:02}", drawn, true)
    _photo(folder / "data/graffiti", "wall", [], [])
    _photo(folder / "data/coco", "street", [], [("litter", 2, 2)])  # class 0 is a person there
    for number in range(6):
        _photo(folder / "data/yard", f"{number}", [("litter", 2, 3)], [], labels=False)
    return [
        "--model", str(folder / "store/cards/small.toml"), "--recipe", str(folder / "small.toml"),
        "--sources", str(folder / "sources.toml"), "--drives", str(folder / "drives.toml"),
        "--data", str(folder / "data"), "--work", str(folder / "work"), "--date", "2026-01-02", "--threads", "1",
    ]  # fmt: skip


def write_privacy_shop(folder: Path) -> list[str]:
    """The same for a model of faces (red) and plates (green), where a teacher has looked at every photo."""
    arguments = write_shop(folder)
    write_tiny(folder / "store", "small", ("face", "plate"), width=SIDE, height=SIDE, threshold=0.05)
    recipe = RECIPE.replace(", ".join(f'"{label}"' for label in LABELS), '"face", "plate"')
    recipe = recipe.replace("thresholds = { person = 0.3 }", "thresholds = { face = 0.3, plate = 0.3 }")
    recipe = recipe.replace("target_precision = { litter = 0.9 }", "target_recall = { face = 0.9 }")
    (folder / "small.toml").write_text(recipe, "utf-8")
    said = folder / "work/said/somebody/street_waste_val.jsonl"
    said.parent.mkdir(parents=True)
    rows = []
    for number, (drawn, _) in enumerate(_waste()):
        corners = [(column * CELL / SIDE, row * CELL / SIDE) for label, column, row in drawn if label == "litter"]
        boxes = [["face", x, y, x + CELL / SIDE, y + CELL / SIDE, 0.9] for x, y in corners]
        rows.append(json.dumps({"photo": f"p{number:02}", "by": "somebody", "boxes": boxes}) + "\n")
    said.write_text("".join(rows), "utf-8")
    return arguments


def _waste() -> Iterator[tuple[list[Square], list[Square]]]:
    """What is drawn on each photo, and what its people said: mostly the same."""
    for number in range(8):
        seen: list[Square] = [("litter", number % 3, 1), ("bin", 4, number % 5)]
        yield seen, seen
    yield [("litter", 2, 2)], []  # a false alarm
    yield [("overflowing_bin", 3, 3)], [("bin", 3, 3)]  # taken for another
    yield [], [("litter", 1, 4)]  # a miss
    yield [("overflowing_bin", 1, 1)], [("overflowing_bin", 1, 1)]


def _photo(folder: Path, name: str, drawn: list[Square], true: list[Square], labels: bool = True) -> None:
    images = folder / "images" if labels else folder
    images.mkdir(parents=True, exist_ok=True)
    picture = np.full((SIDE, SIDE, 3), 110, np.uint8)
    for label, column, row in drawn:
        picture[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL] = BGR[OF_LABEL[label]]
    cv2.imwrite(str(images / f"{name}.png"), picture)
    if labels:
        (folder / "labels").mkdir(exist_ok=True)
        lines = [
            f"{LABELS.index(label)} {(column + 0.5) * CELL / SIDE:.6f} {(row + 0.5) * CELL / SIDE:.6f} "
            f"{CELL / SIDE:.6f} {CELL / SIDE:.6f}\n"
            for label, column, row in true
        ]
        (folder / "labels" / f"{name}.txt").write_text("".join(lines), "utf-8")
