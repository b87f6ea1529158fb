"""A challenger looks along: on a share of the frames, when it has nothing else to do, and only to be counted.

What it finds goes into no observation. Only counts stay: how many boxes both models found, and how many one alone did.
They are of one champion and one challenger: they go on over restarts of the worker, and begin anew when either changes.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationError

from edge.care.thermal import Band
from edge.care.vitals import Vitals
from edge.config import ShadowTable
from edge.errors import EdgeError
from edge.files import write_private
from edge.say import Say
from models.detector import Detector
from models.errors import ModelError
from models.providers import Precision
from models.store import open_detector
from pipeline.boxes import iou_matrix
from pipeline.detections import Detections

REPORT: Final = "shadow.json"
REPORT_S: Final = 60.0
MATCHED: Final = 0.5


class Match(StrEnum):
    """What became of a box: found by both (IoU of 0.5 or more, same label), or by one alone."""

    BOTH = "both"
    CHAMPION_ONLY = "champion_only"
    CHALLENGER_ONLY = "challenger_only"


Counts = Counter[tuple[int, Match]]


def matched(champion: Detections, challenger: Detections) -> Counts:
    """Boxes by label and match; each box is matched once, the best overlap first."""
    counts: Counts = Counter()
    for label in {*champion.label.tolist(), *challenger.label.tolist()}:
        one, other = champion[champion.label == label], challenger[challenger.label == label]
        overlap = iou_matrix(one.xyxy, other.xyxy)
        both = 0
        while overlap.size and overlap.max() >= MATCHED:
            row, column = np.unravel_index(int(overlap.argmax()), overlap.shape)
            overlap[row, :] = overlap[:, column] = 0.0
            both += 1
        for match, count in (
            (Match.BOTH, both),
            (Match.CHAMPION_ONLY, len(one) - both),
            (Match.CHALLENGER_ONLY, len(other) - both),
        ):
            counts[int(label), match] += count
    return +counts


def open_challenger(asked: ShadowTable, labels: tuple[str, ...]) -> Detector:
    """The challenger that is asked for; raises ModelError where it cannot be opened, or knows other labels than these
    of the champion."""
    challenger = open_detector(asked.model, asked.folder, threads=1, precision=Precision.FAST)
    if challenger.card.labels != labels:
        raise ModelError(f"{asked.model}: its labels are not the champion's, so the two cannot be compared")
    return challenger


@dataclass(frozen=True, slots=True)
class Rivals:
    """Whom the counts are of: names with versions, and the digests of the weights that run."""

    champion: str
    champion_digest: str
    challenger: str
    challenger_digest: str


class _Report(BaseModel):
    """`shadow.json`. since: UTC, by the vehicle's clock; boxes: by label and match."""

    rivals: Rivals
    since: str
    frames: Annotated[int, Field(ge=0)] = 0
    boxes: dict[str, dict[Match, int]] = Field(default_factory=dict)


class Shadow:
    """See the module. `look` may be called from any thread and never waits."""

    def __init__(
        self, asked: ShadowTable, labels: tuple[str, ...], state_dir: Path, vitals: Vitals, say: Say,
        rng: random.Random | None = None,
    ) -> None:  # fmt: skip
        """Raises ModelError as `open_challenger` does."""
        challenger = open_challenger(asked, labels)
        self._challenger: Detector | None = challenger
        self._name = _called(challenger)
        self._labels, self._share = labels, asked.share
        self._path, self._vitals, self._say = state_dir / REPORT, vitals, say
        self._rng = rng or random.Random()  # noqa: S311  (a sample)
        self._runs = ThreadPoolExecutor(1, "shadow")
        self._busy: Future[None] | None = None
        self._report: _Report | None = None
        self._written_s = time.monotonic()

    def look(self, image: NDArray[np.uint8], found: Detections, champion: Detector) -> None:
        """One analysed frame with what the champion found in it."""
        busy = self._busy is not None and not self._busy.done()
        if not busy:
            self._look_back()
        warm = self._vitals.band not in ("", Band.NORMAL)
        if self._challenger is None or busy or warm or self._rng.random() >= self._share:
            return
        seen = found[found.score >= champion.thresholds[found.label]]
        self._busy = self._runs.submit(self._compare, self._challenger, image, seen, champion)

    def close(self) -> None:
        """Wait for the frame at hand and write the report."""
        self._runs.shutdown()
        self._look_back()
        self._write()

    def _compare(self, challenger: Detector, image: NDArray[np.uint8], seen: Detections, champion: Detector) -> None:
        report = self._of(Rivals(_called(champion), champion.digest, _called(challenger), challenger.digest))
        if _same(champion, challenger):
            self._challenger = None
            self._say(f"shadow: {self._name} is the champion itself, so it no longer looks along")
            return
        for (label, match), count in matched(seen, challenger.detect(image)).items():
            of = report.boxes.setdefault(self._labels[label], {})
            of[match] = of.get(match, 0) + count
        report.frames += 1
        told = {(label, match.value): n for label, of in report.boxes.items() for match, n in of.items()}
        self._vitals.shadowed(report.frames, told)
        if time.monotonic() - self._written_s >= REPORT_S:
            self._write()

    def _of(self, rivals: Rivals) -> _Report:
        """The counts of these two: those at hand, those on the disk, or new ones."""
        if self._report is None:
            with suppress(OSError, ValidationError):
                self._report = _Report.model_validate_json(self._path.read_bytes())
        if self._report is None or self._report.rivals != rivals:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self._report = _Report(rivals=rivals, since=now)
        return self._report

    def _look_back(self) -> None:
        """Leave a challenger alone that failed on the last frame, whatever failed."""
        error = self._busy.exception() if self._busy is not None else None
        if error is not None and self._challenger is not None:
            self._challenger = None
            self._say(f"shadow: {self._name} failed and is left alone: {error!r}")

    def _write(self) -> None:
        self._written_s = time.monotonic()
        if self._report is None:
            return
        try:
            write_private(self._path, self._report.model_dump_json(indent=1).encode())
        except (EdgeError, OSError) as error:
            self._say(f"shadow: {error}")


def _called(detector: Detector) -> str:
    return f"{detector.card.name} {detector.card.version}"


def _same(one: Detector, other: Detector) -> bool:
    """Whether nothing that decides what is found differs; a card with other thresholds is another model."""
    return (one.card.digest, one.card.thresholds) == (other.card.digest, other.card.thresholds)
