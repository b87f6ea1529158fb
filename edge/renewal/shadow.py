"""A challenger looks along: on a share of the frames, when it has nothing else to do, and only to be counted.

What it finds goes into no observation. Only counts stay: how many boxes both models found, and how many one alone did.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.care.thermal import Band
from edge.care.vitals import Vitals
from edge.config import ShadowTable
from edge.errors import EdgeError
from edge.files import write_private
from edge.say import Say
from models.detector import Detector
from models.errors import ModelError
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
    challenger = open_detector(asked.model, asked.folder, threads=1)
    if challenger.card.labels != labels:
        raise ModelError(f"{asked.model}: its labels are not the champion's, so the two cannot be compared")
    return challenger


class Shadow:
    """See the module. `look` may be called from any thread and never waits."""

    def __init__(
        self, asked: ShadowTable, labels: tuple[str, ...], state_dir: Path, vitals: Vitals, say: Say,
        rng: random.Random | None = None,
    ) -> None:  # fmt: skip
        """Raises ModelError as `open_challenger` does."""
        challenger = open_challenger(asked, labels)
        self._challenger: Detector | None = challenger
        self._name = f"{challenger.card.name} {challenger.card.version}"
        self._digest, self._labels, self._share = challenger.digest, labels, asked.share
        self._path, self._vitals, self._say = state_dir / REPORT, vitals, say
        self._rng = rng or random.Random()  # noqa: S311  (a sample)
        self._runs = ThreadPoolExecutor(1, "shadow")
        self._busy: Future[None] | None = None
        self._counts: Counts = Counter()
        self._frames, self._written_s = 0, time.monotonic()

    def look(self, image: NDArray[np.uint8], found: Detections, thresholds: NDArray[np.float32]) -> None:
        """One analysed frame with what the champion found in it and its thresholds."""
        busy = self._busy is not None and not self._busy.done()
        if not busy:
            self._look_back()
        warm = self._vitals.band not in ("", Band.NORMAL)
        if self._challenger is None or busy or warm or self._rng.random() >= self._share:
            return
        seen = found[found.score >= thresholds[found.label]]
        self._busy = self._runs.submit(self._compare, self._challenger, image, seen)

    def close(self) -> None:
        """Wait for the frame at hand and write the report."""
        self._runs.shutdown()
        self._look_back()
        self._write()

    def _compare(self, challenger: Detector, image: NDArray[np.uint8], seen: Detections) -> None:
        self._counts.update(matched(seen, challenger.detect(image)))
        self._frames += 1
        told = {(self._labels[label], match.value): count for (label, match), count in self._counts.items()}
        self._vitals.shadowed(self._frames, told)
        if time.monotonic() - self._written_s >= REPORT_S:
            self._write()

    def _look_back(self) -> None:
        """Leave a challenger alone that failed on the last frame, whatever failed."""
        error = self._busy.exception() if self._busy is not None else None
        if error is not None and self._challenger is not None:
            self._challenger = None
            self._say(f"shadow: {self._name} failed and is left alone: {error!r}")

    def _write(self) -> None:
        self._written_s = time.monotonic()
        boxes: dict[str, dict[str, int]] = {}
        for (label, match), count in sorted(self._counts.items()):
            boxes.setdefault(self._labels[label], {})[match.value] = count
        told = {"challenger": self._name, "digest": self._digest, "frames": self._frames, "boxes": boxes}
        try:
            write_private(self._path, json.dumps(told, indent=1).encode())
        except (EdgeError, OSError) as error:
            self._say(f"shadow: {error}")
