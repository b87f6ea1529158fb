"""Fixes to poses: where the camera was, and where it looked, when a frame was taken.

Two kinds of footage, one question, `pose(index, media_ns)`:
- `Timeline`: a video with fixes along it, tied by the footage's own time or by UTC and the footage's start.
- `PhotoPoses`: photos with one fix each; the order of the photos is the order of travel.

A measured attitude (gimbal, compass) is the camera's own, so the mount's angles do not add to it; a mount's height
counts where the fix has none above ground, and its error with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from pipeline.course import Course, heading_between
from pipeline.geo import distance_m, wrap_180, wrap_360
from pipeline.pose import Attitude, Fix, FixQuality, Mount, Pose
from pipeline.rays import Looks, mounted
from pipeline.reasons import Reason, Rejected
from pipeline.tracklog import Tracklog, TracklogOptions

SECOND_NS: Final = 1_000_000_000
ON_A_FIX_S: Final = 0.15
GIMBAL_HEADING_SIGMA_DEG: Final = 2.0
GIMBAL_LEVEL_SIGMA_DEG: Final = 1.0
"""Of pitch and roll, which are told from the same level."""
COMPASS_SIGMA_DEG: Final = 8.0
HEIGHT_SIGMA_M: Final = 1.0
"""Of a height above ground as a drone tells it: a barometer's, above where it took off. Weather moves one by 0.8 m for
0.1 hPa, makers hold a height to 0.5 m, and the ground below is not as high as where it took off."""
MIN_HEIGHT_M: Final = 0.3


class PoseSource(Protocol):
    """Whatever knows the camera's pose for a frame."""

    def pose(self, index: int, media_ns: int) -> Pose | Rejected:
        """The pose at a frame, or Rejected(NO_FIX)."""
        ...


@dataclass(frozen=True, slots=True)
class TimelineOptions:
    """max_gap_s: fixes up to this far apart are interpolated. dead_reckon_s: how far from its nearest fix a position
    is still told (flagged as dead reckoned), with an error that grows by what the vehicle may have done unseen."""

    max_gap_s: float = 2.0
    dead_reckon_s: float = 5.0
    tracklog: TracklogOptions = field(default_factory=TracklogOptions)


class Timeline:
    """Poses along a video.

    start_utc_ns: UTC at media time 0; needed where fixes carry only UTC, or no time of their own.
    clock_offset_ns: added to every fix's time to get the footage's (positive: the camera's clock is ahead).
    clock_sigma_s: how uncertain that is. A place is then uncertain by the way travelled in that time, and a heading by
    the turn.
    begins_ns: media time at which the footage begins; the odometer counts from there, as far as it is dead reckoned.
    Raises ValueError, in words for people, where the fixes cannot be tied to the footage.
    """

    def __init__(
        self,
        fixes: Sequence[Fix],
        mount: Mount,
        *,
        start_utc_ns: int | None = None,
        clock_offset_ns: int = 0,
        clock_sigma_s: float = 0.0,
        begins_ns: int = 0,
        options: TimelineOptions = TimelineOptions(),
    ) -> None:
        self._mount, self._options, self._clock_sigma_s = mount, options, clock_sigma_s
        base_ns, timed = _tie(fixes, start_utc_ns, clock_offset_ns)
        self._base_utc_ns = base_ns
        self._log = Tracklog.of(timed, options.tracklog)
        before_s = min(max(float(self._log.at_s[0]) - begins_ns / SECOND_NS, 0.0), options.dead_reckon_s)
        self._before_m = before_s * self._log.courses[0].speed_mps

    @property
    def dropped(self) -> tuple[tuple[Reason, int], ...]:
        """Fixes that were not used, by reason."""
        return self._log.dropped

    @property
    def log(self) -> Tracklog:
        """The fixes that are used, by media time."""
        return self._log

    @property
    def length_m(self) -> float:
        """Distance travelled from the first to the last fix."""
        return float(self._log.odometer_m[-1])

    def utc_ns(self, media_ns: int) -> int:
        """UTC at a media time."""
        return self._base_utc_ns + media_ns

    def pose(self, index: int, media_ns: int) -> Pose | Rejected:  # noqa: ARG002  (the port's signature)
        """The camera at a media time; NO_FIX where the nearest fix is further than the dead-reckoning budget."""
        at_s, options = media_ns / SECOND_NS, self._options
        place = self._log.at(at_s, options.max_gap_s)
        if place.away_s > options.dead_reckon_s:
            return Rejected(Reason.NO_FIX)
        sigma_m = math.hypot(place.sigma_m, place.unseen_m)
        if place.away_s <= ON_A_FIX_S:
            quality = FixQuality.GNSS
        else:
            quality = FixQuality.DEAD_RECKONED if place.carried else FixQuality.INTERPOLATED
        lat, lon = self._log.frame.to_latlon(place.east_m, place.north_m)
        pose = _pose(
            self.utc_ns(media_ns), lat, lon, place.height_m, place.attitude, place.course,
            max(0.0, self._before_m + place.odometer_m), sigma_m, quality, self._mount,
        )  # fmt: skip
        return pose if self._clock_sigma_s <= 0.0 else self._early_or_late(pose, at_s)

    def _early_or_late(self, pose: Pose, at_s: float) -> Pose:
        """The pose, less certain by half of what lies between one sigma too early and one too late."""
        early, late = (self._log.at(at_s + side * self._clock_sigma_s, self._options.max_gap_s) for side in (-1.0, 1.0))
        turned_deg = 0.5 * abs(wrap_180(late.course.deg - early.course.deg)) if pose.heading_sigma_deg < 180.0 else 0.0
        return replace(
            pose,
            along_sigma_m=0.5 * (late.odometer_m - early.odometer_m),
            heading_sigma_deg=min(180.0, math.hypot(pose.heading_sigma_deg, turned_deg)),
        )


def _tie(fixes: Sequence[Fix], start_utc_ns: int | None, clock_offset_ns: int) -> tuple[int, list[tuple[int, Fix]]]:
    """UTC at media time 0, and the fixes with their media time (ns)."""
    if not fixes:
        raise ValueError("there are no fixes")
    by_media = [(fix.media_ns + clock_offset_ns, fix) for fix in fixes if fix.media_ns is not None]
    by_utc = [fix for fix in fixes if fix.utc_ns is not None]
    if 2 * len(by_media) >= len(fixes):
        starts = sorted(fix.utc_ns - media for media, fix in by_media if fix.utc_ns is not None)
        if not starts and start_utc_ns is None:
            raise ValueError("the telemetry carries no clock and the start of the footage is unknown")
        base_ns = starts[len(starts) // 2] if starts else start_utc_ns
        assert base_ns is not None  # noqa: S101  (one of the two is there, checked above)
        return base_ns, by_media
    if not by_utc:
        raise ValueError("the fixes carry neither UTC nor a time within the footage")
    if start_utc_ns is None:
        raise ValueError("the fixes carry UTC, but the UTC at which the footage starts is unknown")
    base_ns = start_utc_ns - clock_offset_ns
    return base_ns, [(fix.utc_ns - base_ns, fix) for fix in by_utc if fix.utc_ns is not None]


class PhotoPoses:
    """Poses of photos, one fix each (None where a photo has none), in the order of travel.

    A photo's own attitude (EXIF direction, gimbal) counts as it is. Else the heading is that of travel, from the
    neighbours far enough apart, plus the mount's yaw. Photos without a time of their own get
    start_utc_ns plus one second a photo. Raises ValueError where neither is known.
    """

    def __init__(self, fixes: Sequence[Fix | None], mount: Mount, *, start_utc_ns: int | None = None) -> None:
        known = [index for index, fix in enumerate(fixes) if fix is not None]
        if start_utc_ns is None and any(fix is not None and fix.utc_ns is None for fix in fixes):
            raise ValueError("photos carry no time and no start time is given")
        self._fixes, self._mount, self._start_utc_ns, self._known = tuple(fixes), mount, start_utc_ns, known
        self._odometer_m = self._distances()
        self._courses = self._all_courses()

    def _distances(self) -> dict[int, float]:
        told, so_far, last = {}, 0.0, None
        for index in self._known:
            fix = self._fixes[index]
            if fix is not None and last is not None:
                so_far += distance_m(last.lat, last.lon, fix.lat, fix.lon)
            told[index], last = so_far, fix
        return told

    def _all_courses(self) -> dict[int, Course]:
        chain = [fix for fix in self._fixes if fix is not None]
        courses = (heading_between(chain, place) for place in range(len(chain)))
        return dict(zip(self._known, courses, strict=True))

    def pose(self, index: int, media_ns: int) -> Pose | Rejected:  # noqa: ARG002  (the port's signature)
        """The camera at a photo; NO_FIX where the photo has no position."""
        fix = self._fixes[index] if 0 <= index < len(self._fixes) else None
        if fix is None:
            return Rejected(Reason.NO_FIX)
        utc_ns = fix.utc_ns
        if utc_ns is None:
            assert self._start_utc_ns is not None  # noqa: S101  (checked when built)
            utc_ns = self._start_utc_ns + index * SECOND_NS
        return _pose(
            utc_ns, fix.lat, fix.lon, fix.height_m, fix.attitude, self._courses[index], self._odometer_m[index],
            fix.sigma_m, fix.quality, self._mount,
        )  # fmt: skip


def _pose(
    utc_ns: int,
    lat: float,
    lon: float,
    height_m: float | None,
    attitude: Attitude | None,
    course: Course,
    odometer_m: float,
    sigma_m: float,
    quality: FixQuality,
    mount: Mount,
) -> Pose:
    """A camera's pose: as measured where it was, else mounted on a level vehicle that looks along its course."""
    if attitude is None:
        looks = mounted(Looks(course.deg), mount)
        heading_sigma, level_sigma = math.hypot(course.sigma_deg, mount.angle_sigma_deg), mount.angle_sigma_deg
    elif attitude.pitch_deg is None:
        looks = Looks(wrap_360(attitude.yaw_deg), mount.pitch_deg, mount.roll_deg)
        heading_sigma, level_sigma = COMPASS_SIGMA_DEG, mount.angle_sigma_deg
    else:
        looks = Looks(wrap_360(attitude.yaw_deg), attitude.pitch_deg, attitude.roll_deg)
        heading_sigma, level_sigma = GIMBAL_HEADING_SIGMA_DEG, GIMBAL_LEVEL_SIGMA_DEG
    high_m, high_sigma_m = mount.height_m, mount.height_sigma_m
    if height_m is not None and height_m > MIN_HEIGHT_M:
        high_m, high_sigma_m = height_m, HEIGHT_SIGMA_M
    return Pose(
        utc_ns=utc_ns,
        lat=lat,
        lon=lon,
        height_m=high_m,
        heading_deg=looks.heading_deg,
        pitch_deg=looks.pitch_deg,
        roll_deg=looks.roll_deg,
        course_deg=wrap_360(course.deg),
        speed_mps=course.speed_mps,
        odometer_m=odometer_m,
        sigma_m=sigma_m,
        heading_sigma_deg=min(180.0, heading_sigma),
        pitch_sigma_deg=level_sigma,
        quality=quality,
        steadied=attitude is not None and attitude.pitch_deg is not None,
        height_sigma_m=high_sigma_m,
        roll_sigma_deg=level_sigma,
    )
