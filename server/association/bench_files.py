"""The engine on files: key frames and detections in, assignments and cases out (one JSON object a line)."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID, uuid5

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from models.wholefile import whole_file
from pipeline.observation import ClockQuality, Covariance, Observation, SourceKind
from pipeline.table import fault_at
from pipeline.traverse import Traverse, TraversePose
from pipeline.wire import Lat, Lon, Share
from server.association.casebook import CaseBook
from server.association.method import Matcher
from server.association.priors import Priors

SPACE: Final = UUID("6f2c2f0e-6a43-4d0f-9d4e-0c5c2a5d7e11")
CATEGORIES: Final = {"bin_overflow": "overflowing_bin", "parking": "improper_parking"}
RANGE_SHARE: Final = {SourceKind.VEHICLE: 0.10, SourceKind.DRONE: 0.05}
"""Error of a monocular range to the ground as a share of the range: a low camera, and one that looks down."""
RANGE_FLOOR_M: Final = 0.3
BEARING_DEG: Final = 1.2
HFOV_DEG: Final = 150.0
VIEW_RANGE_M: Final = 31.0


LONGEST_LINE: Final = 1 << 20


class FileError(ValueError):
    """What is wrong with an input file, and where."""


def _a_text(value: Any) -> Any:
    if isinstance(value, str):
        value.encode()  # half of a surrogate pair is no letter
    return value


Text = Annotated[str, BeforeValidator(_a_text), Field(max_length=1000)]
Seconds = Annotated[float, Field(ge=-9e9, le=9e9)]
Degrees = Annotated[float, Field(ge=-1e6, le=1e6)]
Sigma = Annotated[float, Field(ge=0, le=1e6)]


class _Row(BaseModel):
    """A line of a file, as far as it is read; it may say more."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class FrameRow(_Row):
    """A key frame. t, arrival_t: s; hacc: the fix's error (1 sigma), m."""

    frame_id: Text
    trav: Text
    t: Seconds
    arrival_t: Seconds
    lat: Lat
    lon: Lon
    heading: Degrees
    odo_m: Annotated[float, Field(ge=-1e9, le=1e9)]
    hacc: Sigma
    kind: Text
    vehicle: Text = ""
    usable: bool = True


class DetectionRow(_Row):
    """One thing seen from a key frame. bearing_deg: from the heading, to the right; emb: how it looks."""

    id: Text
    trav: Text
    t: Seconds
    cls: Text
    score: Share
    lat: Lat
    lon: Lon
    veh_lat: Lat
    veh_lon: Lon
    range_m: Annotated[float, Field(ge=0, le=10_000)]
    heading: Degrees
    bearing_deg: Degrees
    hacc: Sigma
    emb: Annotated[tuple[Annotated[float, Field(ge=-1e6, le=1e6)], ...], Field(max_length=4096, strict=False)] = ()


R = TypeVar("R", bound=_Row)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A traverse, when all of it was there, and the file's id of each of its observations."""

    traverse: Traverse
    arrival_s: float
    names: Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class Tally:
    """What `associate_files` did."""

    traverses: int
    detections: int
    cases: int
    issued: int


def associate_files(
    frames: Path,
    detections: Path,
    out: Path,
    priors: Priors,
    matcher: Matcher,
    shown: Callable[[list[Arrived]], Iterable[Arrived]],
) -> Tally:
    """Make cases of two files in the order of arrival; leaves assignments.jsonl and cases.jsonl in `out`.

    shown: may show progress over the traverses. Raises FileError naming file, line and field; nothing is written then.
    """
    arrived = read_traverses(frames, detections)
    book = CaseBook(priors, matcher)
    names: dict[str, str] = {}
    for item in shown(arrived):
        book.take(item.traverse)
        names.update({str(key): name for key, name in item.names.items()})
    rows = [_case_row(name, book) for name in book.filed]
    _write(out / "assignments.jsonl", ({"id": names[key], "case_id": book.case_of(key)} for key in book.links))
    _write(out / "cases.jsonl", rows)
    return Tally(len(arrived), len(names), len(rows), sum(row["issued"] for row in rows))


def _case_row(name: str, book: CaseBook) -> dict[str, Any]:
    filed = book.filed[name]
    state, worth = filed.state, filed.state.worth
    return {
        "case_id": name,
        "cls": next((key for key, value in CATEGORIES.items() if value == state.category), state.category),
        "lat": round(state.lat, 7),
        "lon": round(state.lon, 7),
        "opened_t": filed.opened_ns / 1e9,
        "closed_t": None if filed.closed_ns is None else filed.closed_ns / 1e9,
        "merged_into": book.merged.get(name),
        "issued": state.observations >= book.priors.issue_sightings and worth > book.priors.issue_worth,
    }


def read_traverses(frames: Path, detections: Path) -> list[Arrived]:
    """The traverses of two files in the order in which they were complete; a detection that comes twice counts once."""
    poses: dict[str, dict[str, FrameRow]] = defaultdict(dict)
    for frame in _rows(frames, FrameRow):
        poses[frame.trav][frame.frame_id] = frame
    seen: dict[str, dict[str, DetectionRow]] = defaultdict(dict)
    widths: dict[str, int] = {}
    for row in _rows(detections, DetectionRow):
        if row.trav not in poses:
            raise FileError(f"{detections}: detection {row.id} names traverse {row.trav}, which {frames} lacks")
        if row.emb and len(row.emb) != (width := widths.setdefault(row.trav, len(row.emb))):
            told = (
                f"detection {row.id} has {len(row.emb)} numbers in emb, those before it in traverse {row.trav} {width}"
            )
            raise FileError(f"{detections}: {told}; one model makes the vectors of a traverse")
        seen[row.trav].setdefault(row.id, row)
    arrived = [_arrived(name, list(poses[name].values()), list(seen[name].values())) for name in poses]
    return sorted(arrived, key=lambda item: (item.arrival_s, item.traverse.id))


def _arrived(name: str, frames: list[FrameRow], rows: list[DetectionRow]) -> Arrived:
    kind = SourceKind.DRONE if frames[0].kind == "drone" else SourceKind.VEHICLE
    rows = sorted(rows, key=lambda row: (row.t, row.id))
    names = {uuid5(SPACE, row.id): row.id for row in rows}
    observations = tuple(_observation(row, name, kind) for row, name in zip(rows, names, strict=True))
    poses = tuple(
        TraversePose(_ns(row.t), row.lat, row.lon, row.heading, row.odo_m, row.hacc, row.usable)
        for row in sorted(frames, key=lambda row: row.t)
    )
    traverse = Traverse(
        id=uuid5(SPACE, name),
        device=frames[0].vehicle,
        source_kind=kind,
        clock=ClockQuality.GNSS,
        poses=poses,
        observations=observations,
        hfov_deg=HFOV_DEG,
        view_range_m=VIEW_RANGE_M,
    )
    return Arrived(traverse, max(row.arrival_t for row in frames), names)


def _observation(row: DetectionRow, name: UUID, kind: SourceKind) -> Observation:
    return Observation(
        id=name,
        category=CATEGORIES.get(row.cls, row.cls),
        utc_ns=_ns(row.t),
        clock=ClockQuality.GNSS,
        lat=row.lat,
        lon=row.lon,
        covariance=_covariance(row, kind),
        camera_lat=row.veh_lat,
        camera_lon=row.veh_lon,
        camera_heading_deg=row.heading,
        range_m=row.range_m,
        bearing_deg=row.bearing_deg % 360.0,
        score=row.score,
        source_kind=kind,
        model_digest="",
        appearance=row.emb,
    )


def _covariance(row: DetectionRow, kind: SourceKind) -> Covariance:
    """Range and bearing error turned to east and north, plus the error of the fix."""
    turn = math.radians(row.heading + row.bearing_deg)
    along = (RANGE_SHARE[kind] * row.range_m) ** 2 + RANGE_FLOOR_M**2
    across = (row.range_m * math.radians(BEARING_DEG)) ** 2 + 0.01
    sine, cosine, fix = math.sin(turn), math.cos(turn), row.hacc**2
    return Covariance(
        along * sine**2 + across * cosine**2 + fix,
        (along - across) * sine * cosine,
        along * cosine**2 + across * sine**2 + fix,
    )


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)


def _rows(path: Path, kind: type[R]) -> Iterator[R]:
    try:
        with path.open("rb") as lines:
            number = 0
            while line := lines.readline(LONGEST_LINE):
                number += 1
                where = f"{path}, line {number}"
                if len(line) == LONGEST_LINE:
                    raise FileError(f"{where}: is longer than {LONGEST_LINE} bytes")
                try:
                    row = kind.model_validate(json.loads(line.decode()))
                except ValidationError as error:
                    raise FileError(fault_at(where, error)) from error
                except (ValueError, RecursionError) as error:
                    raise FileError(f"{where}: not a JSON object ({error})") from error
                yield row
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from error


def _write(path: Path, rows: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> None:
    with whole_file(path) as stream:
        stream.writelines(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in rows)
