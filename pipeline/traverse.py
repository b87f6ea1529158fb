"""One stretch of one pass: where it looked, what it saw, and what became of its frames."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from pipeline.observation import ClockQuality, Observation, SourceKind
from pipeline.reasons import Reason


@dataclass(frozen=True, slots=True)
class TraversePose:
    """One analysed frame of a traverse, also of those in which nothing was found: what was looked at, and how well."""

    utc_ns: int
    lat: float
    lon: float
    heading_deg: float
    odometer_m: float
    sigma_m: float
    usable: bool


@dataclass(frozen=True, slots=True)
class FrameCounts:
    """frames in = analysed + skipped (by reason) + quarantined (by reason)."""

    seen: int = 0
    analysed: int = 0
    skipped: tuple[tuple[Reason, int], ...] = ()
    quarantined: tuple[tuple[Reason, int], ...] = ()

    def __post_init__(self) -> None:
        told = self.analysed + sum(n for _, n in self.skipped) + sum(n for _, n in self.quarantined)
        if told != self.seen:
            raise ValueError(f"{self.seen} frames came in but {told} are accounted for")


@dataclass(frozen=True, slots=True)
class Traverse:
    """About a street block of one pass (60 s or 400 m at most): the unit of upload, because it is the unit of error."""

    id: UUID
    device: str
    source_kind: SourceKind
    clock: ClockQuality
    poses: tuple[TraversePose, ...]
    observations: tuple[Observation, ...]
    hfov_deg: float
    view_range_m: float
    frames: FrameCounts = FrameCounts()
