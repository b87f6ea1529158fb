"""What looking less often costs: problems told of, false ones and frames analysed, by how far apart looks are.

    make bench-looks                                        # the demo drive
    make bench-looks ARGS="--drive DIR"                     # another rendered drive, in place of it
    make bench-looks ARGS="--footage FILE"                  # real footage, of which nobody knows the truth

Each frame is detected in once; the same boxes are then told again with every spacing, begun at the first, second and
third frame. Everything else is the product, but for privacy, pictures and numbers, which decide nothing here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from demo.play import passes_of
from demo.report import Order, Problem, compare, read_truth
from edge.assemble import Assembled, Job, assemble
from edge.detectors import Models, open_models
from pipeline.detections import Detections
from pipeline.events import Finished
from pipeline.inspect import inspect
from pipeline.observation import Observation
from pipeline.redact import DidNotRun
from pipeline.shots import LetGo, Lost, Shot

ROOT: Final = Path(__file__).resolve().parents[2]
SPACINGS: Final = ((1.5, 1.5), (3.0, 3.0), (3.0, 1.5), (3.0, 1.0))
"""Metres between looks, usually and while something young is in sight."""
BEGINNINGS: Final = 3


@dataclass(slots=True)
class Seen:
    """The boxes of every frame of one piece of footage, found when they are first asked for."""

    models: Models
    at: int = 0
    found: dict[int, Detections] = field(default_factory=dict)

    def watched(self, shots: Iterator[Shot | Lost | LetGo]) -> Iterator[Shot | Lost | LetGo]:
        """The same shots; boxes are asked for while one of them is at hand."""
        for shot in shots:
            self.at = shot.index
            yield shot

    def begin(self, image: NDArray[np.uint8]) -> Callable[[], Detections]:
        if self.at not in self.found:
            self.found[self.at] = self.models.begin(image)()
        return partial(self.found.__getitem__, self.at)


@dataclass(frozen=True, slots=True)
class Told:
    """What one pass came to."""

    observations: tuple[Observation, ...]
    analysed: int


def told(assembled: Assembled, seen: Seen, first: int) -> Told:
    """A pass told from its so-manieth frame on."""
    tools = replace(assembled.tools, detect=seen.begin, privacy=_unseen, numbers=None, plates=None)
    shots = seen.watched(islice(assembled.source.shots(), first, None))
    done = [one for one in inspect(shots, tools, assembled.plan) if isinstance(one, Finished)]
    made = tuple(observation for one in done for observation in one.traverse.observations)
    return Told(made, sum(one.traverse.frames.analysed for one in done))


def _unseen(image: NDArray[np.uint8], seen: Detections) -> DidNotRun:
    return DidNotRun("no picture is wanted")


@dataclass(frozen=True, slots=True)
class Score:
    """Of all passes. twice: observations of what the same pass told of already; unlocated ones count as neither."""

    told: int = 0
    twice: int = 0
    false: int = 0
    analysed: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.told + other.told,
            self.twice + other.twice,
            self.false + other.false,
            self.analysed + other.analysed,
        )


def score(one: Told, problems: tuple[Problem, ...]) -> Score:
    """A second observation near a problem that was told of is `twice`, one near none of its category is `false`."""
    left = tuple(_order(seen) for seen in one.observations if seen.lat is not None)
    first = compare(problems, left)
    again = first.false
    repeated = 0
    while again and (found := compare(problems, again)).found:
        repeated += len(found.found)
        again = found.false
    return Score(len(first.found), repeated, len(again), one.analysed)


def _order(seen: Observation) -> Order:
    return Order(str(seen.id), "", seen.category, seen.lat or 0.0, seen.lon or 0.0, "", "", "", 1)


def drive(folder: Path, models: Models) -> Iterator[str]:
    """A row for each spacing, over all passes of a rendered drive."""
    jobs = {
        one.name: Job(
            one.video, one.telemetry, one.camera, folder / "zones.geojson", folder / "bins.geojson", clock_offset_s=0.0
        )
        for one in passes_of(folder)
    }
    truth = read_truth(folder / "truth.json")
    problems = {name: tuple(one for one in truth if name in one.visible_in) for name in jobs}
    seen = {name: Seen(models) for name in jobs}
    yield f"| {folder.name}, {sum(map(len, problems.values()))} problems in sight | told | twice | false | analysed |"
    yield "|---|---|---|---|---|"
    for distance_m, closer_m in SPACINGS:
        sums = []
        for first in range(BEGINNINGS):
            whole = Score()
            for name, job in jobs.items():
                asked = replace(job, distance_m=distance_m, closer_m=closer_m)
                whole += score(told(assemble(asked, models), seen[name], first), problems[name])
            sums.append(whole)
        yield _row(distance_m, closer_m, sums)


def _row(distance_m: float, closer_m: float, sums: list[Score]) -> str:
    columns = ([getattr(one, name) for one in sums] for name in ("told", "twice", "false", "analysed"))
    return f"| {_named(distance_m, closer_m)} | " + " | ".join(", ".join(map(str, column)) for column in columns) + " |"


def _named(distance_m: float, closer_m: float) -> str:
    return f"{distance_m:g} m" + (f", closer {closer_m:g} m" if closer_m < distance_m else "")


def footage(path: Path, models: Models) -> Iterator[str]:
    """A row for each spacing: real footage as it is, with what is beside it."""
    yield f"| {path.name} | frames | analysed | observations | of them placed |\n|---|---|---|---|---|"
    seen = Seen(models)
    for distance_m, closer_m in SPACINGS:
        assembled = assemble(Job(path, distance_m=distance_m, closer_m=closer_m), models)
        one = told(assembled, seen, 0)
        placed = sum(each.lat is not None for each in one.observations)
        frames = assembled.source.n_frames
        yield f"| {_named(distance_m, closer_m)} | {frames} | {one.analysed} | {len(one.observations)} | {placed} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--drive", type=Path, action="append", default=[], help="a rendered drive's folder, with videos"
    )
    parser.add_argument("--footage", type=Path, action="append", default=[], help="real footage")
    wishes = parser.parse_args()
    models = open_models(threads=1)
    demo = [] if wishes.drive or wishes.footage else [ROOT / "datasets" / "demo_drive"]
    for folder in (*demo, *wishes.drive):
        for row in drive(folder, models):
            print(row, flush=True)
    for path in wishes.footage:
        for row in footage(path, models):
            print(row, flush=True)


if __name__ == "__main__":
    main()
