"""Small plots as SVG text, drawn by hand: they scale, print, take the page's colours and cost a kilobyte or two each.

Axis titles stand in both languages; the page shows one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from training.report.calibration import Bin
from training.report.texts import Texts

SIDE: Final = 220
LEFT, TOP, RIGHT, BOTTOM = 46, 8, 10, 34
TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
STROKES: Final = ("c0", "c1", "c2", "c3", "c4", "c5")
"""Classes of the page's style sheet; each has a colour and a dash of its own, so that grey print tells them apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line through (x, y) in 0..1, and what it is called."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Dot:
    """A point that is pointed out."""

    x: float
    y: float
    name: str


def stroke(place: int) -> str:
    """The class of the place-th line of a plot."""
    return STROKES[place % len(STROKES)]


def curves(title: str, lines: Sequence[Line], dots: Iterable[Dot], texts: Texts) -> str:
    """Precision over recall, a line an exam; the dots are operating points."""
    drawn = "".join(
        f'<polyline class="line {stroke(place)}" points="{_points(line.points)}"><title>{escape(line.name)}</title>'
        "</polyline>"
        for place, line in enumerate(lines)
    )
    marked = "".join(
        f'<circle class="dot" cx="{_x(dot.x):.1f}" cy="{_y(dot.y):.1f}" r="4">'
        f"<title>{escape(dot.name)}</title></circle>"
        for dot in dots
    )
    return _plot(title, drawn + marked, texts, "recall", "precision")


def reliability(title: str, bins: Sequence[Bin], texts: Texts) -> str:
    """The share of true detections over their mean score; on the dashed line a score means what it says."""
    diagonal = f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'
    line = f'<polyline class="line c0" points="{_points([(one.mean_score, one.share_true) for one in bins])}"/>'
    dots = "".join(
        f'<circle class="bin" cx="{_x(one.mean_score):.1f}" cy="{_y(one.share_true):.1f}" r="3.2">'
        f"<title>{one.n}: {one.mean_score:.2f} → {one.share_true:.2f}</title></circle>"
        for one in bins
    )
    return _plot(title, diagonal + line + dots, texts, "mean_score", "share_true")


def _plot(title: str, inside: str, texts: Texts, x_title: str, y_title: str) -> str:
    grid = "".join(
        f'<line class="grid" x1="{_x(0)}" x2="{_x(1)}" y1="{_y(tick):.1f}" y2="{_y(tick):.1f}"/>'
        f'<line class="grid" y1="{_y(0)}" y2="{_y(1)}" x1="{_x(tick):.1f}" x2="{_x(tick):.1f}"/>'
        f'<text class="tick" text-anchor="end" x="{LEFT - 4}" y="{_y(tick) + 3.5:.1f}">{tick:g}</text>'
        f'<text class="tick" text-anchor="middle" x="{_x(tick):.1f}" y="{TOP + SIDE + 13}">{tick:g}</text>'
        for tick in TICKS
    )
    middle = TOP + SIDE / 2
    titles = _both(texts, x_title, f'x="{_x(0.5):.1f}" y="{TOP + SIDE + 27}"') + _both(
        texts, y_title, f'x="11" y="{middle}" transform="rotate(-90 11 {middle})"'
    )
    wide, tall = LEFT + SIDE + RIGHT, TOP + SIDE + BOTTOM
    return (
        f'<svg class="plot" role="img" aria-label="{escape(title, quote=True)}" viewBox="0 0 {wide} {tall}">'
        f"{grid}{inside}{titles}</svg>"
    )


def _both(texts: Texts, key: str, where: str) -> str:
    return "".join(
        f'<text class="axis" lang="{language}" text-anchor="middle" {where}>{escape(texts.say(key, language))}</text>'
        for language in texts.languages
    )


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)


def _x(share: float) -> float:
    return LEFT + share * SIDE


def _y(share: float) -> float:
    return TOP + (1 - share) * SIDE
