"""Numbers on ads, read once a finished track in the redacted view that was kept of it, beside the frames that follow.

The reader itself is passed in: the vehicle's stands in edge/reading.py, and `FixedReader` beside the protocol here.
Nothing that goes wrong with reading costs an observation; it costs the attribute `phones`, and is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pipeline.observation import AttributeValue
from pipeline.phones import PHONES, TextLine, phones_in, to_attribute
from pipeline.redact import Redacted


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


Lines = tuple[TextLine, ...] | ReaderFailed


class Reader(Protocol):
    def __call__(self, picture: Redacted) -> Lines:
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

    ahead: begins to read beside whatever comes next; calling what it returns waits for the lines. None: everything is
    read when it is asked for. failure: why the reader failed last, for the log.
    """

    reader: Reader
    labels: frozenset[int]
    ahead: Callable[[Redacted], Callable[[], Lines]] | None = None
    counts: Counter[Reading] = field(default_factory=Counter)
    failure: str | None = None
    _begun: dict[int, Callable[[], Lines]] = field(default_factory=dict)

    def begin(self, key: int, label: int, view: Redacted | None) -> None:
        """A thing has gone out of sight: read the best view that was kept of it, if somebody can meanwhile."""
        if self.ahead is not None and view is not None and label in self.labels:
            self._begun[key] = self.ahead(view)

    def forget(self, key: int) -> None:
        """It becomes no observation: what stands on it is not asked for."""
        self._begun.pop(key, None)

    def attributes(self, key: int, label: int, view: Redacted | None) -> tuple[tuple[str, AttributeValue], ...]:
        """What reading adds to an observation of this label; `view`: the best that was kept of it, if any was."""
        begun = self._begun.pop(key, None)
        if label not in self.labels:
            return ()
        outcome, text = self._read(view, begun)
        self.counts[outcome] += 1
        return ((PHONES, text),) if outcome is Reading.READ else ()

    def _read(self, view: Redacted | None, begun: Callable[[], Lines] | None) -> tuple[Reading, str]:
        if view is None:
            return Reading.NO_PICTURE, ""
        lines = self.reader(view) if begun is None else begun()
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
