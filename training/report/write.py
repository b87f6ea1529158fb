"""Puts a report into a folder: the page and the figures, both or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from training.errors import TrainingError
from training.report.figures import Report
from training.report.page import write_page
from training.report.pictures import Shown


def write(report: Report, shown: Sequence[Shown], folder: Path) -> Path:
    """Write `report.html` and `report.json`; returns the page's path. Raises TrainingError where the folder refuses."""
    texts = {"report.json": report.to_json(), "report.html": write_page(report, shown)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / f"{name}.part").write_text(text, "utf-8")
        for name in texts:
            (folder / f"{name}.part").replace(folder / name)
    except OSError as error:
        raise TrainingError(f"{folder}: cannot be written ({error.strerror}); pass another --out.") from error
    return folder / "report.html"
