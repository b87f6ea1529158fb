"""The comparison as one HTML file that needs nothing beside it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from training.compare.comparison import Comparison, Row
from training.compare.disagree import Drawn

HERE: Final = Path(__file__).resolve().parent


def page(comparison: Comparison, drawn: Sequence[Drawn], at: datetime, gates: Sequence[object] = ()) -> str:
    """HTML with every figure and the disputed pictures inline; gates: a promotion's rulings, where there are some."""
    pages = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    pages.filters["points"] = lambda share: f"{100 * share:+.1f}"
    pages.filters["percent"] = lambda share: f"{100 * share:.1f}"
    pages.filters["inline"] = lambda jpeg: "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
    pages.tests["worse"] = _worse
    pages.tests["better"] = _better
    return pages.get_template("page.html.jinja").render(
        c=comparison, drawn=drawn, at=at.strftime("%Y-%m-%d %H:%M UTC"), gates=gates
    )


def _worse(row: Row) -> bool:
    """The whole interval lies below nought."""
    return row.difference.high < 0


def _better(row: Row) -> bool:
    return row.difference.low > 0
