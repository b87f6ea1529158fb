"""Drives on which alarms are counted: what `datasets/drives.toml` says of them, and what a detector sees along one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.detector import Detector
from models.tomlfile import read_toml
from pipeline.detections import Detections
from pipeline.ego import Motion, Small, estimate, small_grey
from pipeline.table import Table, fault_at
from training.errors import TrainingError
from training.pictures import Image, read_picture
from training.sources import PHOTO_SUFFIXES

WEAK: Final = 0.1
"""Weaker boxes are not even used to carry on a thing that is followed."""
STEP_S: Final = 0.2
"""Frames nearer than that to the last one are passed over: a patrol looks at about four a second."""
PHOTO_S: Final = 1.0
MOST_FRAMES: Final = 20_000


class Drive(Table):
    """One drive of `datasets/drives.toml`, which says what the fields mean."""

    name: str
    kind: Literal["rendered", "real"]
    base: Literal["datasets", "data"]
    clip: str
    truth: str = ""
    km: Annotated[float, Field(gt=0)] | None = None
    km_from: str = ""
    holds: tuple[str, ...] = ()


class _Drives(Table):
    drive: tuple[Drive, ...]


Px = Annotated[float, Field(allow_inf_nan=False)]


class _TruePart(BaseModel):
    """A part of a drive's truth; what it says beyond the boxes (ids, faces, plates) is not read here."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _TrueBox(_TruePart):
    label: str
    xyxy: tuple[Px, Px, Px, Px]


class _TrueFrame(_TruePart):
    frame: Annotated[int, Field(ge=0)]
    boxes: tuple[_TrueBox, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One analysed frame: what was found, and how the picture moved since the last."""

    index: int
    media_ns: int
    found: Detections
    motion: Motion | None


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A drive as the detector saw it, from a weak score on. timed: whether its frames' times are real."""

    width_px: int
    height_px: int
    steps: tuple[Step, ...]
    timed: bool

    @property
    def minutes(self) -> float | None:
        """From the first analysed frame to the last; None where nobody knows."""
        return (self.steps[-1].media_ns - self.steps[0].media_ns) / 60e9 if self.timed else None


Truth = Mapping[int, Mapping[str, NDArray[np.float32]]]
"""True boxes [M, 4] px by frame and label."""


def read_drives(path: Path) -> tuple[Drive, ...]:
    """The drives that a file describes; raises TrainingError naming the file and the field."""
    return read_toml(path, _Drives, TrainingError).drive


def play(clip: Path, detector: Detector) -> Passage:
    """Detect in a clip's frames, at most one in STEP_S; raises TrainingError for a clip that cannot be read."""
    steps: list[Step] = []
    before: Small | None = None
    size = (0, 0)
    for index, media_ns, picture in frames(clip):
        if steps and (media_ns - steps[-1].media_ns) / 1e9 < STEP_S:
            continue
        if size != (0, 0) and size != (picture.shape[1], picture.shape[0]):
            raise TrainingError(f"{clip}, picture {index}: another size than the first; a drive has one camera.")
        size = (picture.shape[1], picture.shape[0])
        small = small_grey(picture)
        motion = None if before is None else estimate(before, small)
        steps.append(Step(index, media_ns, detector.detect(picture, WEAK), motion))
        before = small
    if not steps:
        raise TrainingError(f"{clip}: there is no picture in it.")
    return Passage(*size, tuple(steps), timed=not clip.is_dir())


def frames(clip: Path) -> Iterator[tuple[int, int, Image]]:
    """(index, media ns, picture) of a video, or of a folder's photos in name order, as if a second apart."""
    if clip.is_dir():
        photos = sorted(path for path in clip.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES)
        for index, photo in enumerate(photos[:MOST_FRAMES]):
            yield index, round(index * PHOTO_S * 1e9), read_picture(photo)
        return
    try:
        with av.open(str(clip)) as container:
            if not container.streams.video:
                raise TrainingError(f"{clip}: there is no picture in it.")
            for index, frame in enumerate(container.decode(video=0)):
                if index == MOST_FRAMES:
                    return
                if frame.time is None:
                    raise TrainingError(f"{clip}, picture {index}: it has no time; put the clip into MP4 or MKV first.")
                yield index, round(frame.time * 1e9), np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    except FFmpegError as error:
        raise TrainingError(f"{clip}: not a readable video ({error.strerror}).") from error


def read_truth(path: Path) -> Truth:
    """True boxes by frame and label, from a file of one JSON line a frame; raises TrainingError naming the line."""
    found: dict[int, dict[str, NDArray[np.float32]]] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path}: no readable truth of a drive ({error}); correct `truth` in the drive.") from error
    for number, line in enumerate(lines, start=1):
        try:
            row = _TrueFrame.model_validate_json(line)
        except ValidationError as error:
            raise TrainingError(f"{fault_at(f'{path}, line {number}', error)}: not a frame's boxes.") from None
        by_label: dict[str, list[tuple[float, ...]]] = {}
        for box in row.boxes:
            by_label.setdefault(box.label, []).append(box.xyxy)
        found[row.frame] = {label: np.array(boxes, np.float32) for label, boxes in by_label.items()}
    return found
