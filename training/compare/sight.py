"""What two models see in the same pictures, run in turn in one process, so that their times can be compared."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.card import ModelCard
from models.detector import Detector
from models.errors import ModelError
from models.providers import Precision, Provider
from models.store import open_detector
from training import evaluate
from training.cardfile import store_of
from training.errors import TrainingError
from training.evaluate import Seen
from training.pictures import Image, read_picture

TIMED: Final = 100
"""Pictures on which the models are timed, spread evenly over all: more change the median by less than its interval."""
EVERY: Final = 50
ON_THE_CPU: Final = frozenset({Provider.CPU, Provider.OPENVINO})
Say = Callable[[str], None]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A model to compare: its open detector, and the weights file that it runs."""

    detector: Detector
    weights: Path

    @property
    def card(self) -> ModelCard:
        return self.detector.card

    @property
    def size_mb(self) -> float:
        return self.weights.stat().st_size / 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The model to beat and the one that wants to. twin: the latter's in 8-bit integers, where its file is there."""

    champion: Contender
    challenger: Contender
    twin: Contender | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """One picture as each model saw it, weak boxes included; seconds champion and challenger took, if it was timed."""

    champion: Seen
    challenger: Seen
    twin: Seen | None
    seconds: tuple[float, float] | None


def open_pair(champion: Path, challenger: Path, threads: int = 1) -> Pair:
    """Both models, verified against their cards, and the challenger's twin where its file is there. threads: cores for
    one inference. Raises TrainingError.
    """
    one, two = open_contender(champion, threads), open_contender(challenger, threads)
    int8 = two.card.int8
    has_twin = int8 is not None and (two.weights.parent / Path(int8.weights).name).is_file()
    return Pair(one, two, open_contender(challenger, threads, Precision.INT8) if has_twin else None)


def open_contender(path: Path, threads: int = 1, precision: Precision = Precision.EXACT) -> Contender:
    """One model, or its twin in 8-bit integers, verified against its card."""
    store = store_of(path)
    try:
        detector = open_detector(path.stem, store, threads=threads, precision=precision)
    except ModelError as error:
        raise TrainingError(str(error)) from error
    return Contender(detector, Path(detector.session.where))


def clock_of(pair: Pair) -> Clock:
    """CPU seconds where both run on the CPU, which other work on the machine changes least; elapsed ones elsewhere."""
    both = {pair.champion.detector.session.provider, pair.challenger.detector.session.provider}
    return time.process_time if both <= ON_THE_CPU else time.perf_counter


def look(pair: Pair, pictures: Iterable[Path], say: Say, timed: int = TIMED) -> Mapping[Path, Sight]:
    """Every picture through all models. Raises TrainingError for a file that is no picture."""
    clock = clock_of(pair)
    wanted = list(dict.fromkeys(pictures))
    step = max(1, -(-len(wanted) // timed))
    seen: dict[Path, Sight] = {}
    for place, path in enumerate(wanted):
        image = read_picture(path)
        seconds = _race(pair, image, place, clock) if place % step == 0 else None
        one, two = (evaluate.look(by.detector, image) for by in (pair.champion, pair.challenger))
        three = None if pair.twin is None else evaluate.look(pair.twin.detector, image)
        seen[path] = Sight(one, two, three, seconds)
        if (place + 1) % EVERY == 0 or place + 1 == len(wanted):
            say(f"looked at {place + 1} of {len(wanted)} pictures")
    return seen


def _race(pair: Pair, image: Image, place: int, clock: Clock) -> tuple[float, float]:
    """Seconds from picture to boxes of each, at its operating scores: the better of two, run as A B B A.

    The better of two leaves out what a first run in a new shape costs, and most of what other work on the machine
    costs; who begins changes from picture to picture.
    """
    both = (pair.champion.detector, pair.challenger.detector)
    order = (0, 1, 1, 0) if place % 2 == 0 else (1, 0, 0, 1)
    took: tuple[list[float], list[float]] = ([], [])
    for turn in order:
        start = clock()
        both[turn].detect(image)
        took[turn].append(clock() - start)
    return min(took[0]), min(took[1])


def times(seen: Sequence[Sight]) -> list[tuple[float, float]]:
    """The seconds of the pictures that were timed."""
    return [one.seconds for one in seen if one.seconds is not None]
