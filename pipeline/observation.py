"""One located, judged thing with its evidence, and what it is made of: the unit that the server receives.

Coordinates are WGS-84 degrees, latitude first; headings and bearings are degrees clockwise from true north; `utc_ns` is
UTC nanoseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


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
