"""Puts a report into a folder: the figures, then the page that shows them, each whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.wholefile import write_whole
from training.errors import TrainingError
from training.report.figures import Report
from training.report.page import write_page
from training.report.pictures import Shown


def write(report: Report, shown: Sequence[Shown], folder: Path) -> Path:
    """Write `report.html` and `report.json`; returns the page's path. Raises TrainingError where the folder refuses."""
    texts = {"report.json": report.to_json(), "report.html": write_page(report, shown)}
    try:
        for name, text in texts.items():
            write_whole(folder / name, text.encode())
    except OSError as error:
        raise TrainingError(f"{folder}: cannot be written ({error.strerror}); pass another --out.") from error
    return folder / "report.html"
