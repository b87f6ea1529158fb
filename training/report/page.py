"""The report as one HTML file: no script, nothing fetched, both languages inside and a switch between them."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from training.operating import ENOUGH_BOXES
from training.report import alarms, calibration, footage, plots, slices
from training.report.alarms import Rate
from training.report.averages import DRAWS, ENOUGH_PICTURES, Interval
from training.report.calibration import Calibration
from training.report.figures import Drawn, Operating, Report, Row
from training.report.findings import ENOUGH_IN_SLICE, Finding, findings
from training.report.mistakes import Kind
from training.report.pictures import Shown
from training.report.texts import Texts, read_texts

HERE: Final = Path(__file__).parent
TRANSLATED: Final = {"by": "by", "part": "part", "cause": "cause"}
"""Values of findings that are themselves keys of the catalogue, and the keys' prefix."""
BOUNDS: Final = {
    "draws": DRAWS, "pictures": ENOUGH_PICTURES, "enough": ENOUGH_BOXES,
    "weakest": calibration.WEAKEST, "bins": calibration.BINS,
    "dark": slices.DARK, "flat": slices.FLAT, "bright": slices.BRIGHT,
    "step": footage.STEP_S, "same": alarms.SAME_THING,
}  # fmt: skip
"""Limits that the page's texts name, from the modules that use them."""


def write_page(report: Report, shown: Sequence[Shown]) -> str:
    """The page as HTML text."""
    said = _Said(read_texts())
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"figure": figure, "interval": interval, "rate": rate, "jpeg": jpeg}
    exams = dict.fromkeys((row.dataset, row.truth) for row in report.rows)
    labels = tuple(dict.fromkeys(one.point.label for one in report.operating))
    return environment.get_template("page.html").render(
        report=report,
        exams=[[row for row in report.rows if (row.dataset, row.truth) == key] for key in exams],
        findings=findings(report),
        curves={label: _curves(report, label, said.texts) for label in labels},
        reliability=[(one, _reliability(one, said.texts)) for one in report.calibration],
        parted=[[part for part in report.slices if part.label == label] for label in labels if _has(report, label)],
        shots=[(label, _by_kind(shown, label)) for label in labels if any(one.mistake.label == label for one in shown)],
        style=Markup((HERE / "page.css").read_text("utf-8")),  # noqa: S704  (our own file)
        stroke=plots.stroke,
        enough=ENOUGH_BOXES,
        enough_in_slice=ENOUGH_IN_SLICE,
        t=said.text,
        how=said.how,
        label=said.label,
        finding=said.finding,
        sections=SECTIONS,
    )


SECTIONS: Final = (
    "findings",
    "averages",
    "curves",
    "operating",
    "calibration",
    "slices",
    "drives",
    "mistakes",
    "provenance",
)


@dataclass(frozen=True, slots=True)
class _Said:
    """Texts in every language at once, each in an element that names its own; the style sheet shows one."""

    texts: Texts

    def text(self, key: str, **values: object) -> Markup:
        return self._each(lambda language: self.texts.say(key, language, **values))

    def how(self, section: str) -> Markup:
        """How a section's figures come about, with the limits that they use."""
        return self._each(lambda language: self.texts.words[f"{section}_how"][language].format(**BOUNDS))

    def label(self, label: str) -> Markup:
        return self._each(lambda language: self.texts.name(label, language))

    def finding(self, finding: Finding) -> Markup:
        def say(language: str) -> str:
            values = {name: self._value(name, value, language) for name, value in finding.values}
            return self.texts.say(f"finding_{finding.key}", language, **values)

        return self._each(say)

    def _value(self, name: str, value: object, language: str) -> object:
        return self.texts.say(f"{TRANSLATED[name]}_{value}", language) if name in TRANSLATED else value

    def _each(self, say: Callable[[str], str]) -> Markup:
        return Markup("").join(
            Markup('<span lang="{}">{}</span>').format(language, say(language)) for language in self.texts.languages
        )


def figure(value: float | None, digits: int = 2) -> str:
    """A figure, or a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def interval(of: Interval) -> Markup:
    """A figure with its interval."""
    if math.isnan(of.value):
        return Markup("–")
    if math.isnan(of.low):
        return Markup('<b>{:.3f}</b> <small class="range">(?)</small>').format(of.value)
    return Markup('<b>{:.3f}</b> <small class="range">({:.2f}–{:.2f})</small>').format(of.value, of.low, of.high)


def rate(of: Rate | None) -> Markup:
    """Events a unit with their interval, or a dash."""
    if of is None:
        return Markup("–")
    return Markup('<b>{:.1f}</b> <small class="range">({:.1f}–{:.1f})</small>').format(of.value, of.low, of.high)


def jpeg(content: bytes) -> str:
    """A picture as a data URL."""
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"


def _has(report: Report, label: str) -> bool:
    return any(part.label == label for part in report.slices)


def _by_kind(shown: Sequence[Shown], label: str) -> list[list[Shown]]:
    """A label's false alarms and its misses, where there are any."""
    mine = [one for one in shown if one.mistake.label == label]
    return [some for kind in Kind if (some := [one for one in mine if one.mistake.kind is kind])]


def _curves(report: Report, label: str, texts: Texts) -> tuple[Markup, list[Row]]:
    """A label's plot, and the rows that its lines belong to, in order."""
    drawn = [one for one in report.curves if one.label == label]
    lines = [
        plots.Line(f"{one.dataset}, {one.truth}", [(recall, precision) for _, precision, recall in one.points])
        for one in drawn
    ]
    dots = [dot for one in report.operating if one.point.label == label for dot in _dot(one, drawn)]
    rows = [row for row in report.rows if row.label == label]
    return Markup(plots.curves(label, lines, dots, texts)), rows  # noqa: S704  (plots escapes)


def _reliability(one: Calibration, texts: Texts) -> Markup:
    return Markup(plots.reliability(one.label, one.bins, texts))  # noqa: S704  (plots escapes)


def _dot(one: Operating, drawn: Sequence[Drawn]) -> list[plots.Dot]:
    """Where the card's score lies on the curve of the exam that chooses it."""
    main = [curve for curve in drawn if (curve.dataset, curve.truth) == one.point.by]
    score = one.shipped.score
    used = [point for curve in main for point in curve.points if point[0] >= score]
    return [plots.Dot(used[-1][2], used[-1][1], f"{score:.2f}")] if used else []
