"""What `inspect` shows: a bar while it runs, a table when it is through."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from pipeline.events import Looked
from pipeline.taxonomy import Taxonomy


def plain(*, stderr: bool = False) -> Console:
    """A terminal on which names stand as they are: footage may be called [front].mp4, which Rich takes for markup."""
    return Console(stderr=stderr, markup=False, soft_wrap=not stderr)


@contextmanager
def bar(screen: Console, n_frames: int, hidden: bool) -> Iterator[Callable[[Looked], None]]:
    """A progress bar with frames per second; the yielded function takes each frame's outcome."""
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[fps]} frames/s"), TimeRemainingColumn())
    with Progress(*columns, console=screen, disable=hidden, transient=True) as progress:
        task = progress.add_task("frames", total=n_frames or None, fps="–")
        began_s, seen = time.perf_counter(), 0

        def step(_: Looked) -> None:
            nonlocal seen
            seen += 1
            if seen % 5 == 0:
                progress.update(task, completed=seen, fps=f"{seen / (time.perf_counter() - began_s):.1f}")

        yield step


def tell_summary(screen: Console, summary: Mapping[str, Any], taxonomy: Taxonomy) -> None:
    """The summary for people."""
    frames, found = summary["frames"], summary["observations"]
    table = Table("problem", "中文", "found", title=f"{summary['source']} → {summary['out']}", title_justify="left")
    for key, count in sorted(found["by_category"].items(), key=lambda pair: -pair[1]):
        category = taxonomy.categories[key]
        table.add_row(category.en, category.zh, str(count))
    screen.print(table if found["by_category"] else f"{summary['source']} → {summary['out']}: no problem was found")
    screen.print(f"frames: {frames['seen']} seen = {frames['analysed']} analysed{_reasons(frames)}")
    screen.print(f"observations: {found['total']}, {found['located']} located, {found['unlocated']} without a place")
    rejected = ", ".join(f"{count} {reason}" for reason, count in summary["tracks_rejected"].items())
    screen.print(f"tracks rejected: {rejected or 'none'}")
    screen.print(f"{summary['seconds']:.1f} s, {summary['fps']} frames/s; pictures kept: {summary['pictures']['kept']}")
    if summary["numbers"]:
        read = ", ".join(f"{count} {outcome}" for outcome, count in summary["numbers"].items())
        screen.print(f"numbers on ads: {read}")
    for by in summary["shifts"]:
        off = f"{by['east_m']:+.1f} m east, {by['north_m']:+.1f} m north, now known to {by['sigma_m']:.1f} m"
        screen.print(f"positions corrected by {by['ties']} sightings of registered bins: {off}")
    for note in summary["notes"]:
        screen.print(f"note: {note}")


def _reasons(frames: Mapping[str, Any]) -> str:
    parts = []
    for stage in ("skipped", "quarantined"):
        reasons: Mapping[str, int] = frames[stage]
        if reasons:
            told = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
            parts.append(f" + {sum(reasons.values())} {stage} ({told})")
    return "".join(parts)
