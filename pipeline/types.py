"""The values that travel from a frame to an observation. Frozen; arrays are read-only.

Coordinates are WGS-84 degrees, latitude first. `_ns` times are UTC nanoseconds unless the field says media time.
Angles: heading, course, bearing and yaw are degrees clockwise from true north (yaw of a mount: from the vehicle's
forward axis); pitch is degrees above the horizon, so a camera that looks down has a negative pitch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Literal, Self
from uuid import UUID

import numpy as np
from numpy.typing import NDArray


class Reason(StrEnum):
    """Why something was skipped, quarantined or rejected. Every member has a counter and a line in docs/reasons.md."""

    # frames
    TOO_CLOSE = "too_close"
    STANDSTILL = "standstill"
    BLURRED = "blurred"
    DARK = "dark"
    COVERED = "covered"
    NO_FIX = "no_fix"
    TOO_WARM = "too_warm"
    DECODE_ERROR = "decode_error"
    OTHER_SIZE = "other_size"
    OVERTAKEN = "overtaken"
    # tracks and observations
    FEW_HITS = "few_hits"
    LOW_SCORE = "low_score"
    ABOVE_HORIZON = "above_horizon"
    TOO_FAR = "too_far"
    POOR_GEOMETRY = "poor_geometry"
    UNLOCATED = "unlocated"
    MOVING = "moving"
    OUTSIDE_ZONE = "outside_zone"
    NOT_A_PROBLEM = "not_a_problem"
    JOINED = "joined"
    TOLD_BEFORE = "told_before"
    # telemetry
    NO_POSITION = "no_position"
    ZERO_POSITION = "zero_position"
    OUT_OF_RANGE = "out_of_range"
    BAD_TIME = "bad_time"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Rejected:
    """An expected 'no', with its reason."""

    reason: Reason


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded picture. media_ns: nanoseconds since the start of the source; image: uint8 [H, W, 3] BGR."""

    source: str
    index: int
    media_ns: int
    image: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise ValueError(f"a frame is uint8 [H, W, 3], not {self.image.dtype} {self.image.shape}")
        self.image.flags.writeable = False


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Boxes found in one frame, best first. N may be 0.

    xyxy:  float32 [N, 4], pixels of the original frame, x right, y down
    score: float32 [N] in 0..1
    label: int16 [N], index into the model card's labels
    track: int32 [N], −1 where no track is known
    """

    xyxy: NDArray[np.float32]
    score: NDArray[np.float32]
    label: NDArray[np.int16]
    track: NDArray[np.int32]

    def __post_init__(self) -> None:
        n = len(self.xyxy)
        shapes = (self.xyxy.shape, self.score.shape, self.label.shape, self.track.shape)
        if shapes != ((n, 4), (n,), (n,), (n,)):
            raise ValueError(f"columns disagree: {shapes}")
        for column in (self.xyxy, self.score, self.label, self.track):
            column.flags.writeable = False

    @classmethod
    def of(
        cls,
        xyxy: NDArray[np.float32],
        score: NDArray[np.float32],
        label: NDArray[np.int16],
        track: NDArray[np.int32] | None = None,
    ) -> Self:
        """Boxes without tracks yet (track −1) unless given."""
        return cls(xyxy, score, label, np.full(len(xyxy), -1, np.int32) if track is None else track)

    @classmethod
    def none(cls) -> Self:
        """No boxes."""
        return cls.of(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int16))

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, pick: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Self:
        return replace(
            self, xyxy=self.xyxy[pick], score=self.score[pick], label=self.label[pick], track=self.track[pick]
        )


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
    """A pinhole camera in pixels, principal point at the centre unless given."""

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float

    @classmethod
    def from_hfov(cls, width_px: int, height_px: int, hfov_deg: float) -> Self:
        """Square pixels and a centred principal point; f = w / (2 tan(hfov/2))."""
        f = width_px / (2.0 * math.tan(math.radians(hfov_deg) / 2.0))
        return cls(width_px, height_px, f, f, width_px / 2.0, height_px / 2.0)


@dataclass(frozen=True, slots=True)
class Mount:
    """How the camera sits on its vehicle: height above ground, pitch above the horizon, yaw clockwise from forward."""

    height_m: float
    pitch_deg: float = 0.0
    yaw_deg: float = 0.0
    roll_deg: float = 0.0
    angle_sigma_deg: float = 1.0


@dataclass(frozen=True, slots=True)
class Pose:
    """The camera at one frame's time: position, height above the ground, where it looks, and how sure that is.

    heading_deg is the camera's; course_deg the vehicle's direction of travel. sigma_m is per axis and dominated by a
    bias that all poses of a traverse share. along_sigma_m: what comes on top along the course where camera and
    receiver may be apart in time; shared too. odometer_m: distance travelled since the source began. steadied: a gimbal
    measured the angles at this very moment, so that what they are wrong by hardly changes from frame to frame.
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


Sides = tuple[bool, bool, bool, bool]
"""Something about the left, top, right and bottom side of a box."""
NOT_HIDDEN: Final[Sides] = (False, False, False, False)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One track seen in one frame: the box (float, x1 y1 x2 y2 px of the original frame) and the camera's pose.

    hidden: which sides of the box are where something nearer begins, so that the thing itself may go on behind it.
    """

    frame_index: int
    media_ns: int
    xyxy: tuple[float, float, float, float]
    score: float
    pose: Pose | None
    hidden: Sides = NOT_HIDDEN


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One thing followed through one pass. `views` in time order; `key` is unique within its source."""

    key: int
    label: int
    views: tuple[View, ...]

    @property
    def best(self) -> View:
        """The view worth showing: the best product of score and box height."""
        return max(self.views, key=lambda view: view.score * (view.xyxy[3] - view.xyxy[1]))

    @property
    def score(self) -> float:
        """Mean of the three best scores."""
        return float(np.mean(sorted((view.score for view in self.views), reverse=True)[:3]))


@dataclass(frozen=True, slots=True)
class Covariance:
    """2×2 position covariance in m² on the local east/north axes."""

    ee: float
    en: float
    nn: float

    def __post_init__(self) -> None:
        if not (self.ee > 0 and self.nn > 0 and self.ee * self.nn - self.en**2 > 0):
            raise ValueError(f"not a covariance: ee={self.ee}, en={self.en}, nn={self.nn}")


@dataclass(frozen=True, slots=True)
class Located:
    """Where a track's object stands. range_m and bearing_deg are from the camera of the best view."""

    lat: float
    lon: float
    covariance: Covariance
    height_m: float
    camera_lat: float
    camera_lon: float
    camera_heading_deg: float
    range_m: float
    bearing_deg: float


Shares = tuple[float, float, float, float]
"""x1, y1, x2, y2 of a box as shares of its picture's width and height: the same whatever the picture is scaled to."""


class EvidenceRole(StrEnum):
    CLOSE = "close"
    WIDE = "wide"
    CLIP = "clip"
    AFTER = "after"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stored picture by content. redaction names the privacy step it passed; a picture without one cannot exist.

    box: where the observed thing lies in this picture, None where that is not known.
    """

    sha256: str
    role: EvidenceRole
    media_type: str
    size_bytes: int
    redaction: str
    box: Shares | None = None


class SourceKind(StrEnum):
    VEHICLE = "vehicle"
    DRONE = "drone"
    INSPECTOR = "inspector"
    CITIZEN = "citizen"
    SENSOR = "sensor"


class ClockQuality(StrEnum):
    """How far the observation's time can be trusted."""

    GNSS = "gnss"
    DEVICE = "device"
    FILE = "file"
    UNKNOWN = "unknown"


AttributeValue = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Observation:
    """One located, judged track with its evidence: the unit the server receives.

    lat, lon and covariance are None only together, for a sighting that could not be located.
    appearance: unit-length vector, empty where none was taken. attributes: e.g. vehicle_kind, dwell_s, bin_id, zone_id.
    """

    id: UUID
    category: str
    utc_ns: int
    clock: ClockQuality
    lat: float | None
    lon: float | None
    covariance: Covariance | None
    camera_lat: float | None
    camera_lon: float | None
    camera_heading_deg: float | None
    range_m: float | None
    bearing_deg: float | None
    score: float
    source_kind: SourceKind
    model_digest: str
    attributes: tuple[tuple[str, AttributeValue], ...] = ()
    appearance: tuple[float, ...] = ()
    evidence: tuple[Evidence, ...] = ()


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
    frames: FrameCounts = field(default_factory=lambda: FrameCounts())


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


Stage = Literal["skipped", "quarantined", "rejected"]
