"""A comparison run from exams to files: what is asked, what came out, and the page and figures written of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from models.errors import ModelError
from models.privacy import PrivacyStep
from models.store import open_detector
from training.compare.comparison import Comparison, compare
from training.compare.disagree import Drawn, draw, most_disputed
from training.compare.folder import classes_of, folder_exam
from training.compare.page import page
from training.compare.sight import Pair, Sight, look
from training.errors import TrainingError
from training.evaluate import Exam, LeftOut, exams
from training.files import write_whole
from training.workshop import Workshop

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Two models, what they were asked, what they saw and what that comes to."""

    pair: Pair
    exams: tuple[Exam, ...]
    seen: Mapping[Path, Sight]
    comparison: Comparison

    def table(self) -> str:
        """The accuracy rows as a Markdown table, AP in per cent and its difference in points."""
        head = (
            "| data set | truth by | label | boxes | IoU | champion | challenger | difference | 95 % |\n" + "|---" * 9
        )
        rows = [
            f"| {row.dataset} | {row.truth} | {row.label} | {row.n_boxes} | {row.least_iou:.1f} "
            f"| {100 * row.champion.average_precision:.1f} | {100 * row.challenger.average_precision:.1f} "
            f"| {100 * row.difference.value:+.1f} "
            f"| {100 * row.difference.low:+.1f} to {100 * row.difference.high:+.1f} |"
            for row in self.comparison.rows
        ]
        return "\n".join([head + "|", *rows])


def exams_of(
    shop: Workshop | None, folders: Sequence[Path], classes: str, limit: int, sources: Path, data: Path
) -> tuple[Exam, ...]:
    """The folders as exams, or those of the recipe's own that can be sat here; the others are said with the reason."""
    if shop is not None:
        asked = tuple(exams(shop))
        for one in asked:
            if isinstance(one, LeftOut):
                shop.say(f"left out {one.name}: {one.why}")
        return tuple(one for one in asked if not isinstance(one, LeftOut))
    return tuple(folder_exam(one, classes_of(one, classes, sources, data), limit) for one in folders)


def measured(pair: Pair, asked: Sequence[Exam], say: Say) -> Run:
    """Both models through every picture, then the figures."""
    seen = look(pair, (item.picture for exam in asked for item in exam.items), say)
    return Run(pair, tuple(asked), seen, compare(pair, asked, seen, say))


def disputed(run: Run) -> list[Drawn]:
    """The most disputed pictures, after the privacy step of the shipped models."""
    cases = most_disputed(run.pair, run.exams, run.seen)
    if not cases:
        return []
    try:
        privacy = PrivacyStep(open_detector("privacy"), open_detector("street"))
    except ModelError as error:
        raise TrainingError(f"no picture may be shown without the privacy step: {error}") from error
    return [draw(run.pair, case, run.seen[case.item.picture], privacy) for case in cases]


def write_report(out: Path, run: Run, at: datetime, gates: Sequence[object] = ()) -> None:
    """index.html and comparison.json in `out`, each whole or not at all."""
    out.mkdir(parents=True, exist_ok=True)
    html = page(run.comparison, disputed(run), at, gates)
    figures = json.dumps({"at": at.isoformat(), **asdict(run.comparison)}, indent=1, ensure_ascii=False)
    write_whole(out / "comparison.json", f"{figures}\n".encode())
    write_whole(out / "index.html", html.encode())
