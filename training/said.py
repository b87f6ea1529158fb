"""What teachers said, as they left it on disk: one JSON line a photo, every box with its score."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.errors import TrainingError
from training.sources import Box


def read_said(path: Path) -> dict[str, list[Box]]:
    """What a teacher said about each photo, by the photo's name; empty where it has not looked yet."""
    if not path.is_file():
        return {}
    said: dict[str, list[Box]] = {}
    for number, line in enumerate(_whole(path.read_bytes()).decode("utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            raise TrainingError(f"{path}, line {number}: not JSON; delete it and run the teacher again.") from None
        said[row["photo"]] = [_box(box, row["by"]) for box in row["boxes"]]
    return said


def drop_half_a_line(path: Path) -> None:
    """Take away what a teacher was writing when it was killed: a last line without an end."""
    if path.is_file():
        with path.open("r+b") as file:
            file.truncate(len(_whole(file.read())))


def _whole(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]


def _box(told: Sequence[Any], by: str) -> Box:
    label, x1, y1, x2, y2, score = told[:6]
    return Box(label, x1, y1, x2, y2, score, by)
