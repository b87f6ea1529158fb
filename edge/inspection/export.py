"""What `inspect` leaves on disk: observations as JSON and GeoJSON, and the evidence pictures they name."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from edge.files import utf8
from pipeline.evidence import Picture
from pipeline.locate import worst_sigma
from pipeline.observation import Observation
from pipeline.sealed import SEALED_MEDIA
from pipeline.taxonomy import Taxonomy
from pipeline.traverse import Traverse
from pipeline.wire import to_wire

SUFFIX: Final = {"image/jpeg": ".jpg", "image/png": ".png", "video/mp4": ".mp4", SEALED_MEDIA: ".sealed"}
EVIDENCE: Final = "evidence"
OBSERVATIONS: Final = "observations.json"
MAP: Final = "observations.geojson"


def write_evidence(folder: Path, pictures: Sequence[Picture]) -> None:
    """Each picture under its SHA-256 in `folder`/evidence."""
    place = folder / EVIDENCE
    place.mkdir(exist_ok=True)
    for picture in pictures:
        (place / file_name(picture)).write_bytes(picture.content)


def file_name(picture: Picture) -> str:
    return picture.evidence.sha256 + SUFFIX[picture.evidence.media_type]


def write_observations(
    folder: Path, traverses: Sequence[Traverse], summary: dict[str, Any], taxonomy: Taxonomy
) -> None:
    """observations.json: observations and traverses as on the wire, and the counts; observations.geojson: the map."""
    wires = [to_wire(traverse).model_dump(mode="json") for traverse in traverses]
    told = {
        "summary": summary,
        "observations": [seen for wire in wires for seen in wire["observations"]],
        "traverses": [{**wire, "observations": [seen["id"] for seen in wire["observations"]]} for wire in wires],
    }
    write_json(folder / OBSERVATIONS, told)
    features = [*_paths(traverses), *_points(traverses, taxonomy)]
    write_json(folder / MAP, {"type": "FeatureCollection", "features": features})


def write_json(path: Path, told: dict[str, Any]) -> None:
    """A JSON file that people can read too."""
    path.write_bytes(utf8(json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n"))


def _points(traverses: Sequence[Traverse], taxonomy: Taxonomy) -> Iterator[dict[str, Any]]:
    """One point an observation; one that could not be located has no geometry (RFC 7946, §3.2)."""
    for traverse in traverses:
        for seen in traverse.observations:
            place = None if seen.lat is None else {"type": "Point", "coordinates": [seen.lon, seen.lat]}
            yield {"type": "Feature", "id": str(seen.id), "geometry": place, "properties": _told(seen, taxonomy)}


def _told(seen: Observation, taxonomy: Taxonomy) -> dict[str, Any]:
    category = taxonomy.categories[seen.category]
    sigma_m = None if seen.covariance is None else round(worst_sigma(seen.covariance), 2)
    return {
        "category": seen.category,
        "name_zh": category.zh,
        "name_en": category.en,
        "score": round(seen.score, 3),
        "sigma_m": sigma_m,
        "range_m": None if seen.range_m is None else round(seen.range_m, 1),
        "utc_ns": seen.utc_ns,
        "evidence": [f"{EVIDENCE}/{item.sha256}{SUFFIX[item.media_type]}" for item in seen.evidence],
        **{f"attribute_{name}": value for name, value in seen.attributes if _finite(value)},
    }


def _finite(value: object) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _paths(traverses: Sequence[Traverse]) -> Iterator[dict[str, Any]]:
    """The camera's way through each traverse."""
    for traverse in traverses:
        if len(traverse.poses) >= 2:
            line = [[round(pose.lon, 7), round(pose.lat, 7)] for pose in traverse.poses]
            yield {
                "type": "Feature",
                "id": str(traverse.id),
                "geometry": {"type": "LineString", "coordinates": line},
                "properties": {"traverse": str(traverse.id), "frames": traverse.frames.analysed},
            }
