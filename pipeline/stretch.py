"""A traverse while it grows: cut after 60 s or 400 m, with its frames counted by what became of each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from pipeline.anchors import Shift
from pipeline.geo import LocalFrame
from pipeline.observation import ClockQuality, Observation, SourceKind
from pipeline.pose import Pose
from pipeline.reasons import Reason
from pipeline.traverse import FrameCounts, Traverse, TraversePose

SECOND_NS: Final = 1_000_000_000
UNUSABLE: Final = frozenset({Reason.DARK, Reason.BLURRED, Reason.COVERED})


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where a traverse ends: the unit of error must be short against the drift of a GNSS bias.

    most_poses: keeps a pass of every frame of a fast camera within what the wire takes.
    """

    longest_s: float = 60.0
    farthest_m: float = 400.0
    most_poses: int = 4000


@dataclass(slots=True)
class Stretch:
    """Grows by frames; `traverse` says what it became. begins_ns: media time; odometer_m: None without positions."""

    begins_ns: int
    odometer_m: float | None
    analysed: int = 0
    skipped: Counter[Reason] = field(default_factory=Counter)
    quarantined: Counter[Reason] = field(default_factory=Counter)
    poses: list[TraversePose] = field(default_factory=list)

    def is_full(self, media_ns: int, odometer_m: float | None, cuts: Cuts) -> bool:
        """Whether a frame at this time and place belongs to the next traverse."""
        if media_ns - self.begins_ns >= cuts.longest_s * SECOND_NS or len(self.poses) >= cuts.most_poses:
            return True
        if odometer_m is None or self.odometer_m is None:
            return False
        return odometer_m - self.odometer_m >= cuts.farthest_m

    def analyse(self, pose: Pose | None) -> None:
        self.analysed += 1
        self._look(pose, usable=True)

    def skip(self, reason: Reason, pose: Pose | None) -> None:
        """A frame passed over; one that was looked at and was no use still says where the camera was."""
        self.skipped[reason] += 1
        if reason in UNUSABLE:
            self._look(pose, usable=False)

    def quarantine(self, reason: Reason) -> None:
        self.quarantined[reason] += 1

    def _look(self, pose: Pose | None, *, usable: bool) -> None:
        if pose is None:
            return
        if self.odometer_m is None:
            self.odometer_m = pose.odometer_m
        sigma_m = math.hypot(pose.sigma_m, pose.along_sigma_m)
        self.poses.append(
            TraversePose(pose.utc_ns, pose.lat, pose.lon, pose.heading_deg, pose.odometer_m, sigma_m, usable)
        )

    @property
    def counts(self) -> FrameCounts:
        return FrameCounts(
            seen=self.analysed + self.skipped.total() + self.quarantined.total(),
            analysed=self.analysed,
            skipped=tuple(sorted(self.skipped.items())),
            quarantined=tuple(sorted(self.quarantined.items())),
        )

    def traverse(
        self,
        ident: UUID,
        device: str,
        source_kind: SourceKind,
        clock: ClockQuality,
        observations: Sequence[Observation],
        hfov_deg: float,
        view_range_m: float,
        shift: Shift | None = None,
    ) -> Traverse:
        """The finished traverse, its poses moved by the shift that its tracks told."""
        return Traverse(
            id=ident,
            device=device,
            source_kind=source_kind,
            clock=clock,
            poses=tuple(self.poses if shift is None else (_moved(pose, shift) for pose in self.poses)),
            observations=tuple(observations),
            hfov_deg=hfov_deg,
            view_range_m=view_range_m,
            frames=self.counts,
        )


def _moved(pose: TraversePose, shift: Shift) -> TraversePose:
    lat, lon = LocalFrame(pose.lat, pose.lon).to_latlon(shift.east_m, shift.north_m)
    return replace(pose, lat=lat, lon=lon, sigma_m=min(pose.sigma_m, shift.sigma_m))
