"""The detectors of a pass and the reader, as they run on this machine: so many pictures at a time, on so many cores."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.batching import Batcher
from edge.memory import let_go_of_code, trim
from edge.reading import open_reader
from models.cores import usable_cores
from models.detector import Detector
from models.privacy import PEOPLE_FLOOR, PrivacyStep
from models.providers import Precision, Provider
from models.store import open_detector
from pipeline.detections import Detections
from pipeline.reading import Lines, Reader
from pipeline.redact import DidNotRun, Redacted, Regions

WEAK: Final = 0.1
# Cores that share one picture wait for one another at every layer; two pictures at a time leave them less to wait for.
AT_A_TIME: Final = 2


@dataclass(frozen=True, slots=True)
class Models:
    """The detectors of a pass, verified against their cards. reader: None where numbers on ads are not read."""

    street: Detector
    privacy: PrivacyStep
    digests: dict[str, str]
    batcher: Batcher
    reader: Reader | None = None
    one_at_a_time: Lock = field(default_factory=Lock)
    _reads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "reader"))

    def begin(self, image: NDArray[np.uint8]) -> Callable[[], Detections]:
        """Look for boxes beside whatever the caller does next; pictures of several cameras share a batch."""
        return self.batcher.begin(image)

    def find(self, image: NDArray[np.uint8], seen: Detections) -> Regions | DidNotRun:
        """The regions to fill in a picture, for any thread."""
        with self.one_at_a_time:
            return self.privacy.find(image, seen)

    def read(self, picture: Redacted) -> Lines:
        """The text in a picture, for any thread; there is a reader."""
        return self.begin_to_read(picture)()

    def begin_to_read(self, picture: Redacted) -> Callable[[], Lines]:
        """Read a picture in the reader's own thread, beside whatever the caller does next; there is a reader."""
        assert self.reader is not None  # noqa: S101  (asked only where there is one)
        return self._reads.submit(self.reader, picture).result


def open_models(
    folder: Path | None = None,
    street: str = "street",
    privacy: str = "privacy",
    threads: int | None = None,
    provider: Provider | None = None,
    cameras: int = 1,
) -> Models:
    """The shipped models, or those of a folder; raises ModelError where one does not match its card.

    threads: cores for inference, None for all. provider: as `open_session` takes it. cameras: how many will look at one
    moment; frames of several are looked into together, so that there is no one shape of input.
    """
    cv2.setNumThreads(1)  # its threads would wait for the cores that detectors use, and the frame loop for them
    cores = usable_cores() if threads is None else threads
    at_a_time = min(AT_A_TIME, cores)
    opened = partial(open_detector, folder=folder, provider=provider, precision=Precision.FAST)
    one = opened(street, threads=threads, at_a_time=at_a_time, frames=cameras == 1)
    two = opened(privacy, threads=cores // at_a_time)  # beside what is looked into meanwhile
    trim()  # their files and what compiling them took: 40 MB
    let_go_of_code()  # what compiled them: 60 MB
    digests = {one.card.name: one.digest, two.card.name: two.digest}
    # A camera's pictures come one by one, and those of several gather while others are looked into.
    waiting = int(one.session.queues and cameras == 1)
    batcher = Batcher(one, min(WEAK, PEOPLE_FLOOR), at_a_time, waiting)
    return Models(one, PrivacyStep(two, one), digests, batcher, open_reader())
