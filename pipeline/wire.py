"""What travels between vehicle and server: the JSON of a traverse. The only place where edge and server meet.

`to_wire` and `from_wire` are inverse up to float rounding. Bounds stand here, so a hostile body is refused while it is
parsed, at its first wrong element; unknown fields are refused too, so a misspelt one cannot be lost silently.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, FailFast, Field, GetCoreSchemaHandler
from pydantic_core import core_schema
from pydantic_core.core_schema import CoreConfig, CoreSchema

from pipeline.observation import (
    AttributeValue,
    ClockQuality,
    Covariance,
    Evidence,
    EvidenceRole,
    Observation,
    Shares,
    SourceKind,
)
from pipeline.reasons import Reason
from pipeline.traverse import FrameCounts, Traverse, TraversePose

WIRE_VERSION: Literal[1] = 1

Lat = Annotated[float, Field(ge=-90, le=90)]
Lon = Annotated[float, Field(ge=-180, le=180)]
Heading = Annotated[float, Field(ge=0, lt=360.000001)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
UtcNs = Annotated[int, Field(ge=0, le=2**62)]
Count = Annotated[int, Field(ge=0, le=10_000_000)]


Share = Annotated[float, Field(ge=0, le=1)]


def _with_an_inside(box: Shares) -> Shares:
    if not (box[0] < box[2] and box[1] < box[3]):
        raise ValueError("a box is x1, y1, x2, y2 with x1 < x2 and y1 < y2")
    return box


class Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class EvidenceWire(Wire):
    """A picture's entry. box: where the observed thing lies in it; vehicles from before it was sent leave it out, and
    so does the JSON here, so that a body without it keeps the digest under which it was received."""

    sha256: Sha256
    role: EvidenceRole
    media_type: Annotated[
        str, Field(pattern=r"^(image/jpeg|image/png|video/mp4|application/vnd\.citysteward\.sealed)$")
    ]
    size_bytes: Annotated[int, Field(gt=0, le=20_000_000)]
    redaction: Annotated[str, Field(min_length=1, max_length=120)]
    box: Annotated[tuple[Share, Share, Share, Share], AfterValidator(_with_an_inside)] | None = Field(
        default=None, exclude_if=lambda box: box is None
    )


class PositionWire(Wire):
    """Where the object stands: WGS-84 and its 2×2 covariance in m² (east-east, east-north, north-north)."""

    lat: Lat
    lon: Lon
    ee: Annotated[float, Field(gt=0, le=1e8)]
    en: Annotated[float, Field(ge=-1e8, le=1e8)]
    nn: Annotated[float, Field(gt=0, le=1e8)]


class SightWire(Wire):
    """From where it was seen."""

    lat: Lat
    lon: Lon
    heading_deg: Heading
    range_m: Annotated[float, Field(ge=0, le=10_000)] | None = None
    bearing_deg: Heading | None = None


class ObservationWire(Wire):
    id: UUID
    category: Annotated[str, Field(min_length=1, max_length=64)]
    utc_ns: UtcNs
    clock: ClockQuality
    position: PositionWire | None = None
    sight: SightWire | None = None
    score: Annotated[float, Field(ge=0, le=1)]
    source_kind: SourceKind
    model_digest: Annotated[str, Field(max_length=80)]
    attributes: Annotated[dict[str, AttributeValue], Field(max_length=32)] = {}
    appearance: Annotated[tuple[float, ...], Field(max_length=512), FailFast()] = ()
    evidence: Annotated[tuple[EvidenceWire, ...], Field(max_length=16), FailFast()] = ()


@dataclass(frozen=True)
class Bounded:
    """Has a frozen dataclass with slots read and written as it is, as strictly as `Wire`: what a body has very many of
    is not made twice. types: of its fields, in their order, each with its bounds."""

    types: dict[str, Any]

    def __get_pydantic_core_schema__(self, kind: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        fields = [core_schema.dataclass_field(name, handler.generate_schema(one)) for name, one in self.types.items()]
        return core_schema.dataclass_schema(
            kind,
            core_schema.dataclass_args_schema(kind.__name__, fields),
            list(self.types),
            revalidate_instances="always",
            frozen=True,
            slots=True,
            config=CoreConfig(extra_fields_behavior="forbid", allow_inf_nan=False),
        )


PoseWire: TypeAlias = Annotated[
    TraversePose,
    Bounded(
        {
            "utc_ns": UtcNs,
            "lat": Lat,
            "lon": Lon,
            "heading_deg": Heading,
            "odometer_m": Annotated[float, Field(ge=0, le=1e9)],
            "sigma_m": Annotated[float, Field(gt=0, le=1e6)],
            "usable": bool,
        }
    ),
]


class FrameCountsWire(Wire):
    seen: Count = 0
    analysed: Count = 0
    skipped: dict[Reason, Count] = {}
    quarantined: dict[Reason, Count] = {}


class TraverseWire(Wire):
    """One traverse: its poses, also of frames in which nothing was found, and its observations."""

    version: Literal[1] = WIRE_VERSION
    id: UUID
    device: Annotated[str, Field(min_length=1, max_length=64)]
    source_kind: SourceKind
    clock: ClockQuality
    hfov_deg: Annotated[float, Field(gt=0, le=360)]
    view_range_m: Annotated[float, Field(ge=0.1, le=1000)]
    poses: Annotated[tuple[PoseWire, ...], Field(max_length=5000), FailFast()]
    observations: Annotated[tuple[ObservationWire, ...], Field(max_length=2000), FailFast()]
    frames: FrameCountsWire = FrameCountsWire()


def to_wire(traverse: Traverse) -> TraverseWire:
    """The JSON form of a traverse."""
    return TraverseWire(
        id=traverse.id,
        device=traverse.device,
        source_kind=traverse.source_kind,
        clock=traverse.clock,
        hfov_deg=traverse.hfov_deg,
        view_range_m=traverse.view_range_m,
        poses=tuple(replace(pose, heading_deg=pose.heading_deg % 360.0) for pose in traverse.poses),
        observations=tuple(_observation_to_wire(observation) for observation in traverse.observations),
        frames=FrameCountsWire(
            seen=traverse.frames.seen,
            analysed=traverse.frames.analysed,
            skipped=dict(traverse.frames.skipped),
            quarantined=dict(traverse.frames.quarantined),
        ),
    )


def from_wire(wire: TraverseWire) -> Traverse:
    """The traverse that a JSON form says; raises ValueError where the frame counts do not add up."""
    return Traverse(
        id=wire.id,
        device=wire.device,
        source_kind=wire.source_kind,
        clock=wire.clock,
        hfov_deg=wire.hfov_deg,
        view_range_m=wire.view_range_m,
        poses=wire.poses,
        observations=tuple(_observation_from_wire(observation) for observation in wire.observations),
        frames=FrameCounts(
            seen=wire.frames.seen,
            analysed=wire.frames.analysed,
            skipped=tuple(wire.frames.skipped.items()),
            quarantined=tuple(wire.frames.quarantined.items()),
        ),
    )


def _observation_to_wire(seen: Observation) -> ObservationWire:
    position = sight = None
    if seen.lat is not None and seen.lon is not None and seen.covariance is not None:
        cov = seen.covariance
        position = PositionWire(lat=seen.lat, lon=seen.lon, ee=cov.ee, en=cov.en, nn=cov.nn)
    if seen.camera_lat is not None and seen.camera_lon is not None and seen.camera_heading_deg is not None:
        sight = SightWire(
            lat=seen.camera_lat,
            lon=seen.camera_lon,
            heading_deg=seen.camera_heading_deg % 360.0,
            range_m=seen.range_m,
            bearing_deg=None if seen.bearing_deg is None else seen.bearing_deg % 360.0,
        )
    return ObservationWire(
        id=seen.id,
        category=seen.category,
        utc_ns=seen.utc_ns,
        clock=seen.clock,
        position=position,
        sight=sight,
        score=seen.score,
        source_kind=seen.source_kind,
        model_digest=seen.model_digest,
        attributes=dict(seen.attributes),
        appearance=seen.appearance,
        evidence=tuple(
            EvidenceWire(
                sha256=item.sha256,
                role=item.role,
                media_type=item.media_type,
                size_bytes=item.size_bytes,
                redaction=item.redaction,
                box=item.box,
            )
            for item in seen.evidence
        ),
    )


def _observation_from_wire(wire: ObservationWire) -> Observation:
    position, sight = wire.position, wire.sight
    return Observation(
        id=wire.id,
        category=wire.category,
        utc_ns=wire.utc_ns,
        clock=wire.clock,
        lat=None if position is None else position.lat,
        lon=None if position is None else position.lon,
        covariance=None if position is None else Covariance(position.ee, position.en, position.nn),
        camera_lat=None if sight is None else sight.lat,
        camera_lon=None if sight is None else sight.lon,
        camera_heading_deg=None if sight is None else sight.heading_deg,
        range_m=None if sight is None else sight.range_m,
        bearing_deg=None if sight is None else sight.bearing_deg,
        score=wire.score,
        source_kind=wire.source_kind,
        model_digest=wire.model_digest,
        attributes=tuple(wire.attributes.items()),
        appearance=wire.appearance,
        evidence=tuple(
            Evidence(item.sha256, item.role, item.media_type, item.size_bytes, item.redaction, item.box)
            for item in wire.evidence
        ),
    )
