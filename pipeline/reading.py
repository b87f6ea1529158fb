"""Numbers on ads, read once a finished track in the redacted view that was kept of it.

The reader itself is passed in: the vehicle's stands in edge/reading.py, and `FixedReader` beside the protocol here.
Nothing that goes wrong with reading costs an observation; it costs the attribute `phones`, and is counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pipeline.phones import PHONES, TextLine, phones_in, to_attribute
from pipeline.redact import Redacted
from pipeline.types import AttributeValue


class Reading(StrEnum):
    """What became of reading one thing. All but READ have a line in docs/reasons.md."""

    READ = "read"
    NO_PICTURE = "no_picture"
    NO_TEXT = "no_text"
    NO_NUMBER = "no_number"
    READER_FAILED = "reader_failed"


@dataclass(frozen=True, slots=True)
class ReaderFailed:
    """The reader could not read a picture. `why` is for the log, and holds nothing that stood in the picture."""

    why: str


class Reader(Protocol):
    def __call__(self, picture: Redacted) -> tuple[TextLine, ...] | ReaderFailed:
        """The lines of text in a picture, boxes in its pixels. Expected to take up to a second; never raises."""
        ...


@dataclass(slots=True)
class FixedReader:
    """Reads the same in every picture, and keeps the sizes of those it was given."""

    lines: tuple[TextLine, ...] | ReaderFailed = ()
    sizes: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self, picture: Redacted) -> tuple[TextLine, ...] | ReaderFailed:
        self.sizes.append((picture.width_px, picture.height_px))
        return self.lines


@dataclass(slots=True)
class NumberDesk:
    """Reads the numbers on things of some labels (indices), and counts what became of it.

    failure: why the reader failed last, for the log.
    """

    reader: Reader
    labels: frozenset[int]
    counts: Counter[Reading] = field(default_factory=Counter)
    failure: str | None = None

    def attributes(self, label: int, view: Redacted | None) -> tuple[tuple[str, AttributeValue], ...]:
        """What reading adds to an observation of this label; `view`: the best that was kept of it, if any was."""
        if label not in self.labels:
            return ()
        outcome, text = self._read(view)
        self.counts[outcome] += 1
        return ((PHONES, text),) if outcome is Reading.READ else ()

    def _read(self, view: Redacted | None) -> tuple[Reading, str]:
        if view is None:
            return Reading.NO_PICTURE, ""
        lines = self.reader(view)
        if isinstance(lines, ReaderFailed):
            self.failure = lines.why
            return Reading.READER_FAILED, ""
        if not lines:
            return Reading.NO_TEXT, ""
        phones = phones_in(lines)
        return (Reading.READ, to_attribute(phones)) if phones else (Reading.NO_NUMBER, "")

    def drain(self) -> tuple[tuple[Reading, int], ...]:
        """The counts since the last call."""
        counts, self.counts = self.counts, Counter()
        return tuple(sorted(counts.items()))
