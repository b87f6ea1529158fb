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
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            raise TrainingError(f"{path}, line {number}: half a line; delete it and run the teacher again.") from None
        said[row["photo"]] = [_box(box, row["by"]) for box in row["boxes"]]
    return said


def _box(told: Sequence[Any], by: str) -> Box:
    label, x1, y1, x2, y2, score = told[:6]
    return Box(label, x1, y1, x2, y2, score, by)
