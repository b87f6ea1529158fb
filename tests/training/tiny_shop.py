"""A workshop small enough for a test: pictures of coloured cells, tiny models that find them, a recipe and gates."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.card import DataSource, Int8, Metric, ModelCard, Parity, read_card
from tests.models.tiny import BGR, CELL, COLOURS, tiny_graph, write_tiny
from tests.waiting import PATIENCE_S
from training.cardfile import card_text

LABELS = ("red", "green", "blue")
SIDE = 4
PASSPHRASE = "six words that nobody would guess"
GATES = """
[accuracy]
largest_loss = 0.01
least_boxes = 30
[accuracy.labels]
tiny = ["red", "green", "blue"]
[twin]
largest_loss = 0.01
[parity]
least_iou = 0.99
largest_score_difference = 0.001
[size]
largest_mb = 12.0
[latency]
largest_ratio = 10.0
least_pictures = 20
"""
RECIPE = """
name = "tiny"
version = "1"
labels = ["red", "green", "blue"]
seed = 1
base = "none.pt"
teachers = []
stages = []
uses = [{ source = "learnt" }]
synthesis = { fonts = [], walls = [] }
"""
SOURCES = """
[[source]]
name = "learnt"
folder = "learnt"
title = "Cells"
licence = "CC0-1.0"
classes = { 0 = "red", 1 = "green", 2 = "blue" }
"""


def write_photos(folder: Path, n: int, seed: int = 0) -> Path:
    """`n` PNG pictures of 128 px with two cells of each colour, YOLO labels and a classes.txt; returns the folder."""
    rng = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    (folder / "classes.txt").write_text("\n".join(LABELS) + "\n", "utf-8")
    for place in range(n):
        picture = np.full((SIDE * CELL, SIDE * CELL, 3), 90, np.uint8)
        lines = []
        for number, cell in enumerate(rng.permutation(SIDE * SIDE)[:6]):
            label, (row, column) = number % 3, divmod(int(cell), SIDE)
            picture[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL] = BGR[LABELS[label]]
            lines.append(f"{label} {(column + 0.5) / SIDE} {(row + 0.5) / SIDE} {1 / SIDE} {1 / SIDE}\n")
        cv2.imwrite(str(folder / "images" / f"cells_{place:03}.png"), picture)
        (folder / "labels" / f"cells_{place:03}.txt").write_text("".join(lines), "utf-8")
    return folder


def write_model(store: Path, version: str, blind: str = "", parity: bool = True, box_px: float = CELL) -> Path:
    """A complete card of a tiny model, its weights beside it; returns the card. blind: a label that it never finds."""
    write_tiny(store, width=SIDE * CELL, height=SIDE * CELL, colours=_colours(blind), box_px=box_px)
    path = store / "cards" / "tiny.toml"
    path.write_text(card_text(_complete(read_card(path), version, parity)), "utf-8")
    return path


def write_twin(card_path: Path, blind: str = "") -> Path:
    """Give a tiny model a twin, which never finds the label `blind`; returns the twin's file."""
    graph = tiny_graph(LABELS, SIDE * CELL, SIDE * CELL, colours=_colours(blind))
    graph.doc_string = "the twin"
    path = card_path.parent.parent / "weights" / "tiny.int8.onnx"
    path.write_bytes(graph.SerializeToString())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    twin = Int8(weights=path.name, digest=digest, calibrated_on={"learnt": 3})
    card_path.write_text(card_text(read_card(card_path).model_copy(update={"int8": twin})), "utf-8")
    return path


def _colours(blind: str) -> NDArray[np.float32]:
    colours = COLOURS.copy()
    if blind:
        colours[LABELS.index(blind)] = -1
    return colours


def _complete(card: ModelCard, version: str, parity: bool) -> ModelCard:
    return card.model_copy(
        update={
            "version": version,
            "parity": Parity(pictures=12, anchors=90, least_iou=0.9991, largest_score_difference=0.0002)
            if parity
            else None,
            "metrics": (Metric(label="red", name="AP50", value=1.0, dataset="cells", truth="people", n_boxes=48),),
            "sources": (DataSource(name="Cells", licence="CC0-1.0", n_images=3),),
            "weaknesses": ("It knows three colours.",),
        }
    )


def write_workshop(home: Path) -> None:
    """recipe.toml, sources.toml, gates.toml, and learnt/: other pictures than those of the exam."""
    (home / "recipe.toml").write_text(RECIPE, "utf-8")
    (home / "sources.toml").write_text(SOURCES, "utf-8")
    (home / "gates.toml").write_text(GATES, "utf-8")
    write_photos(home / "learnt", 3, seed=7)


def steward(*arguments: str, home: Path, passphrase: str = PASSPHRASE) -> subprocess.CompletedProcess[str]:
    """`steward train ...` as a process of its own, in `home`."""
    root = Path(__file__).resolve().parent.parent.parent
    environment = {**os.environ, "PYTHONPATH": str(root), "STEWARD_KEY_PASSPHRASE": passphrase, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, str(root / "steward.py"), "train", *arguments],
        cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=2 * PATIENCE_S,
    )  # fmt: skip
