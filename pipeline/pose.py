"""Where a device says it was, how its camera sits and sees, and where the camera was at one frame's time.

Coordinates are WGS-84 degrees, latitude first. `_ns` times are UTC nanoseconds unless the field says media time.
Angles: heading, course, bearing and yaw are degrees clockwise from true north (yaw of a mount: from the vehicle's
forward axis); pitch is degrees above the horizon, so a camera that looks down has a negative pitch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class FixQuality(StrEnum):
    """How a position came about, best first."""

    GNSS = "gnss"
    INTERPOLATED = "interpolated"
    DEAD_RECKONED = "dead_reckoned"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Attitude:
    """Where the camera itself points, as measured (gimbal, IMU or compass); see the module for signs.

    pitch_deg is None where only a compass direction is known: pitch and roll are then the mount's.
    """

    yaw_deg: float
    pitch_deg: float | None = None
    roll_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Fix:
    """One line of telemetry: where the device said it was. sigma_m: 1-sigma horizontal error per axis.

    utc_ns is None where the telemetry carries no clock (photos without EXIF time); media_ns is its time within the
    footage where the telemetry is tied to the footage itself (subtitles, GPMF), else None.
    height_m: above the ground below (drones), None where unknown; alt_m: above the ellipsoid or sea level.
    """

    utc_ns: int | None
    lat: float
    lon: float
    sigma_m: float
    media_ns: int | None = None
    alt_m: float | None = None
    height_m: float | None = None
    course_deg: float | None = None
    speed_mps: float | None = None
    attitude: Attitude | None = None
    quality: FixQuality = FixQuality.GNSS


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera in pixels, principal point at the centre unless given.

    focal_sigma: 1-sigma error of the focal length, as a share of it.
    """

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    focal_sigma: float = 0.0

    @classmethod
    def from_hfov(cls, width_px: int, height_px: int, hfov_deg: float, hfov_sigma_deg: float = 0.0) -> Self:
        """Square pixels and a centred principal point; f = w / (2 tan(hfov/2)), and df / f = dhfov / sin(hfov)."""
        hfov = math.radians(hfov_deg)
        f = width_px / (2.0 * math.tan(hfov / 2.0))
        sigma = math.radians(hfov_sigma_deg) / math.sin(hfov)
        return cls(width_px, height_px, f, f, width_px / 2.0, height_px / 2.0, sigma)


@dataclass(frozen=True, slots=True)
class Mount:
    """How the camera sits on its vehicle: height above ground, pitch above the horizon, yaw clockwise from forward.

    height_sigma_m: 1-sigma error of a height that was measured with a tape, tyres and load included.
    """

    height_m: float
    pitch_deg: float = 0.0
    yaw_deg: float = 0.0
    roll_deg: float = 0.0
    angle_sigma_deg: float = 1.0
    height_sigma_m: float = 0.05


@dataclass(frozen=True, slots=True)
class Pose:
    """The camera at one frame's time: position, height above the ground, where it looks, and how sure that is.

    heading_deg is the camera's; course_deg the vehicle's direction of travel. sigma_m is per axis and dominated by a
    bias that all poses of a traverse share. along_sigma_m: what comes on top along the course where camera and
    receiver may be apart in time; shared too. odometer_m: distance travelled since the source began. steadied: a gimbal
    measured the angles at this very moment, so that what they are wrong by hardly changes from frame to frame.
    sway_deg: the part of heading_sigma_deg and pitch_sigma_deg that is new in each frame, where the rest was learned.
    height_sigma_m: 1-sigma error of height_m, which all poses of a traverse share. pitch_height: how far that and the
    error of the pitch go together (correlation), where both were learned from the same things. roll_sigma_deg: 1-sigma
    error of roll_deg, which all poses of a traverse share.
    """

    utc_ns: int
    lat: float
    lon: float
    height_m: float
    heading_deg: float
    pitch_deg: float
    roll_deg: float
    course_deg: float
    speed_mps: float
    odometer_m: float
    sigma_m: float
    heading_sigma_deg: float
    pitch_sigma_deg: float
    quality: FixQuality
    along_sigma_m: float = 0.0
    steadied: bool = False
    sway_deg: tuple[float, float] | None = None
    height_sigma_m: float = 0.0
    pitch_height: float = 0.0
    roll_sigma_deg: float = 0.0
