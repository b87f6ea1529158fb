"""`steward edge inspect`: one piece of footage into a folder, whole or not at all."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge.assemble import Assembled
from edge.errors import OutputError
from edge.files import whole_folder
from edge.inspection.annotate import Annotated, AnnotatedVideo, ContactSheets, Unannotated
from edge.inspection.export import write_evidence, write_json, write_observations
from edge.reading import NOT_INSTALLED
from edge.sources.video import Video
from pipeline.events import Finished, Looked
from pipeline.inspect import inspect
from pipeline.redact import Redacted
from pipeline.sampling import closer_of
from pipeline.traverse import Traverse

Progress = Callable[[Looked], None]
NOTE: Final = "pass.json"
TIMING: Final = "timing.json"
"""How long it took stands apart: all other files come out the same when the same footage is inspected again."""


@dataclass(slots=True)
class Tally:
    """What a pass came to, summed over its traverses."""

    analysed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    located: int = 0
    unlocated: int = 0
    pictures: int = 0
    withheld: int = 0
    early: int = 0
    numbers: Counter[str] = field(default_factory=Counter)
    plates: Counter[str] = field(default_factory=Counter)
    shifts: list[dict[str, float]] = field(default_factory=list)
    traverses: list[Traverse] = field(default_factory=list)

    def add(self, told: Finished) -> None:
        frames = told.traverse.frames
        self.analysed += frames.analysed
        self.skipped.update(dict(frames.skipped))
        self.quarantined.update(dict(frames.quarantined))
        self.rejected.update(dict(told.rejected))
        for seen in told.traverse.observations:
            self.categories[seen.category] += 1
            self.located += seen.lat is not None
            self.unlocated += seen.lat is None
        self.pictures += len(told.pictures)
        self.withheld += told.withheld
        self.early += told.early
        self.numbers.update({outcome.value: count for outcome, count in told.readings})
        self.plates.update({outcome.value: count for outcome, count in told.platings})
        if (by := told.shift) is not None:
            east, north, sigma = (round(part, 2) for part in (by.east_m, by.north_m, by.sigma_m))
            self.shifts.append({"east_m": east, "north_m": north, "sigma_m": sigma, "ties": by.ties})
        self.traverses.append(told.traverse)

    @property
    def seen(self) -> int:
        return self.analysed + self.skipped.total() + self.quarantined.total()


@dataclass(frozen=True, slots=True)
class PassNote:
    """What a result folder says of itself. asked: a name for all that its content depends on."""

    asked: str
    summary: dict[str, Any]


def inspect_into(
    assembled: Assembled, out: Path, annotate: bool, progress: Progress, asked: str | None = None
) -> dict[str, Any]:
    """Inspect footage into the folder `out` and give the summary; raises EdgeError, and then `out` is as it was.

    asked: kept with the summary in a PassNote, where it is given.
    """
    tally = Tally()
    with whole_folder(out) as draft:
        began_s = time.perf_counter()
        with closing(_annotated(assembled, draft) if annotate else Unannotated()) as annotated:
            for told in inspect(assembled.source.shots(), assembled.tools, assembled.plan):
                if isinstance(told, Finished):
                    write_evidence(draft, told.pictures)
                    tally.add(told)
                    continue
                if isinstance(told.picture, Redacted):
                    annotated.add(assembled.outlined(told.picture, told.seen), told.media_ns)
                progress(told)
        summary = summarise(assembled, tally)
        write_observations(draft, tally.traverses, summary, assembled.taxonomy)
        timing = _timing(tally.seen, time.perf_counter() - began_s)
        write_json(draft / TIMING, timing)
        if asked is not None:
            write_json(draft / NOTE, {"asked": asked, "summary": summary})
    return {**summary, **timing, "out": str(out)}


def read_pass(out: Path) -> PassNote | None:
    """The note of a result folder; None where there is none. Raises OutputError where it cannot be read."""
    try:
        told = json.loads((out / NOTE).read_bytes())
        return PassNote(told["asked"], told["summary"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{out / NOTE}: cannot be read ({error}). Remove {out}, or name another --out.") from error


def _timing(frames: int, seconds: float) -> dict[str, Any]:
    return {"seconds": round(seconds, 3), "fps": round(frames / seconds, 2) if seconds > 0 else None}


def _annotated(assembled: Assembled, folder: Path) -> Annotated:
    source = assembled.source
    if isinstance(source, Video):
        return AnnotatedVideo(folder, source.fps, source.threads)
    return ContactSheets(folder)


def summarise(assembled: Assembled, tally: Tally) -> dict[str, Any]:
    """The machine-readable summary of a pass, without how long it took."""
    sampler = assembled.tools.sampler
    return {
        "source": assembled.source.name,
        "fingerprint": assembled.fingerprint,
        "models": assembled.models,
        "telemetry": assembled.telemetry,
        "clocks": assembled.clocks,
        "frames": {
            "seen": tally.seen,
            "analysed": tally.analysed,
            "skipped": dict(tally.skipped),
            "quarantined": dict(tally.quarantined),
            "apart_m": sampler.distance_m,
            "closer_m": closer_of(sampler.distance_m, sampler.closer_m),
        },
        "observations": {
            "total": tally.located + tally.unlocated,
            "located": tally.located,
            "unlocated": tally.unlocated,
            "by_category": dict(tally.categories),
        },
        "tracks_rejected": dict(tally.rejected),
        "traverses": len(tally.traverses),
        "shifts": tally.shifts,
        "pictures": {"kept": tally.pictures, "withheld": tally.withheld, "early": tally.early},
        "numbers": dict(tally.numbers),
        "plates": dict(tally.plates),
        "notes": [*assembled.notes, *_about_numbers(assembled)],
    }


def _about_numbers(assembled: Assembled) -> list[str]:
    """What a reader of the results should know about numbers on ads."""
    desk = assembled.tools.numbers
    if desk is None:
        return [NOT_INSTALLED]
    return [] if desk.failure is None else [f"numbers could not be read: {desk.failure}"]
