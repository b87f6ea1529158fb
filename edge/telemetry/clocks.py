"""Whether the camera's clock agrees with the receiver's: given, built in, found by looking, or unknown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from edge.sources.video import Video
from pipeline.clock_offset import Estimated, Flagged, Unclear, clock_offset, nothing_changes
from pipeline.clock_signals import Seen
from pipeline.clock_spans import informative_spans
from pipeline.ego import Small, estimate, small_grey
from pipeline.own_motion import OwnMotion, own_motion
from pipeline.pose import Camera, Mount
from pipeline.shots import Shot
from pipeline.tracklog import Tracklog

LOOK_S: Final = 0.2
UNKNOWN_SIGMA_S: Final = 1.75
"""Of an offset that could be anything within 3 s either way (3/√3)."""
TIED_SIGMA_S: Final = 0.05
"""Of fixes that the footage carries itself, and of an offset that is given. A flight controller's position is as old as
its receiver took (0.1 to 0.2 s, most of it made good), is written ten times a second at most, and is told beside a
picture that took its own time; nothing in a file says how much of that is left."""


class Tie(StrEnum):
    """How footage and fixes are tied in time."""

    GIVEN = "given"
    BUILT_IN = "built_in"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Clocks:
    """offset_s: by how much the camera's clock is ahead, with its 1-sigma error. why: what keeps it unknown."""

    tie: Tie
    offset_s: float = 0.0
    sigma_s: float = 0.0
    why: str | None = None

    @property
    def known(self) -> bool:
        return self.tie is not Tie.UNKNOWN

    def told(self) -> dict[str, Any]:
        """For the summary of a pass."""
        said = {"tie": self.tie.value, "offset_s": round(self.offset_s, 3), "sigma_s": round(self.sigma_s, 3)}
        return said if self.why is None else {**said, "why": self.why}


def compare_clocks(video: Video, log: Tracklog, camera: Camera, mount: Mount) -> Clocks:
    """Look at the telling minutes of a video, and find by how much its clock is ahead of its fixes'.

    log: the fixes at their own time, as if there were no offset. At most two minutes of footage are decoded, and none
    where the fixes tell of no change in them.
    """
    spans = informative_spans(log, video.duration_ns / 1e9)
    if nothing_changes(spans, log):
        return Clocks(Tie.UNKNOWN, 0.0, UNKNOWN_SIGMA_S, Unclear.NOTHING_CHANGES.value)
    match clock_offset([footage_motion(video, span, camera, mount) for span in spans], log):
        case Estimated(offset_s, sigma_s):
            return Clocks(Tie.ESTIMATED, offset_s, sigma_s)
        case Flagged(reason):
            return Clocks(Tie.UNKNOWN, 0.0, UNKNOWN_SIGMA_S, reason.value)


def footage_motion(video: Video, span: tuple[float, float], camera: Camera, mount: Mount) -> Seen:
    """The camera's own motion through a span (seconds) of a video."""
    steps: list[tuple[float, OwnMotion]] = []
    before: tuple[float, Small] | None = None
    for shot in video.shots(int(span[0] * 1e9)):
        at_s = shot.media_ns / 1e9
        if at_s > span[1]:
            break
        if not isinstance(shot, Shot) or (before is not None and at_s - before[0] < LOOK_S - 1e-3):
            continue
        small = small_grey(shot.frame().image)
        moved = None if before is None else estimate(before[1], small)
        if before is not None and moved is not None:
            own = own_motion(moved, camera, mount, at_s - before[0])
            if own is not None:
                steps.append(((at_s + before[0]) / 2.0, own))
        before = at_s, small
    return Seen.of(steps)
