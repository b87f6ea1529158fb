"""What is really there: the truth file, the zones, the grids and the register of bins. Pure: plain values for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from training.drive.boxes import Seen
from training.drive.passes import Moment, Plan, Reading
from training.drive.place import azimuth_deg, spot
from training.drive.scene import Block, Thing
from training.drive.telemetry import utc_text

SEEN_FRAMES: Final = 3
"""A thing counts as visible in a pass when at least that many frames have a box of it."""

NOTES: Final = {
    "one_problem": "Each object with a category is one problem: a heap, a bin, a vehicle, or a site of small ads. "
    "A site is all that is pasted or sprayed within one stretch of wall; two sites are 14 m apart or more.",
    "overflowing_bin": "Bags on and leaning against an overflowing bin belong to the bin; they are no litter.",
    "position": "lat, lon is the middle of the footprint on the ground (for a site of small ads: of its stretch of "
    "wall); height_m is the middle of the object above the carriageway.",
    "angles": "heading_deg, azimuth_deg: clockwise from north. pitch_deg: positive upwards. roll_deg: clockwise seen "
    "from behind the camera.",
}


def truth(
    block: Block,
    passes: Sequence[tuple[Plan, tuple[Moment, ...], tuple[Reading, ...]]],
    boxes: Mapping[str, Sequence[Sequence[Seen]]],
) -> dict[str, Any]:
    """The truth file. boxes: for each pass, for each frame, what it shows (empty before anything is rendered)."""
    return {
        "scene_seed": block.seed,
        "origin": {"lat": block.origin_lat, "lon": block.origin_lon, "street_bearing_deg": block.bearing_deg},
        "notes": NOTES,
        "objects": [_object(block, thing, boxes) for thing in block.things],
        "passes": [_pass(block, *each) for each in passes],
    }


def _object(block: Block, thing: Thing, boxes: Mapping[str, Sequence[Sequence[Seen]]]) -> dict[str, Any]:
    where = spot(block, thing.x_m, thing.y_m)
    counts = {
        name: sum(any(s.thing_id == thing.id for s in frame) for frame in frames) for name, frames in boxes.items()
    }
    return {
        "id": thing.id,
        "kind": thing.kind,
        "label": thing.label,
        "category": thing.category,
        "lat": round(where.lat, 8),
        "lon": round(where.lon, 8),
        "east_m": round(where.east_m, 3),
        "north_m": round(where.north_m, 3),
        "height_m": round(thing.z_m + thing.size_m[2] / 2, 3),
        "size_m": [round(s, 3) for s in thing.size_m],
        "heading_deg": round(azimuth_deg(block, thing.heading_deg), 2),
        "on_pavement": thing.on_pavement,
        "plate": thing.plate,
        "phones": list(thing.phones),
        "stands_in": list(thing.passes),
        "visible_in": [name for name, count in counts.items() if count >= SEEN_FRAMES],
        "frames_with_box": counts,
    }


def _pass(block: Block, plan: Plan, frames: tuple[Moment, ...], readings: tuple[Reading, ...]) -> dict[str, Any]:
    return {
        "name": plan.name,
        "start_utc": utc_text(frames[0].utc_ns),
        "fps": plan.fps,
        "camera": {"width_px": plan.lens.width_px, "height_px": plan.lens.height_px, "hfov_deg": plan.lens.hfov_deg},
        "mount": {"height_m": plan.height_m, "pitch_deg": plan.pitch_deg, "yaw_deg": plan.yaw_deg, "roll_deg": 0.0},
        "gnss_mean_error_m": {
            "east": round(sum(r.error_east_m for r in readings) / len(readings), 3),
            "north": round(sum(r.error_north_m for r in readings) / len(readings), 3),
        },
        "frames": [_frame(block, frame) for frame in frames],
    }


def _frame(block: Block, frame: Moment) -> dict[str, Any]:
    where, view = spot(block, frame.view.x_m, frame.view.y_m), frame.view
    return {
        "index": frame.index,
        "utc": utc_text(frame.utc_ns),
        "lat": round(where.lat, 8),
        "lon": round(where.lon, 8),
        "east_m": round(where.east_m, 3),
        "north_m": round(where.north_m, 3),
        "height_m": round(view.z_m, 3),
        "azimuth_deg": round(azimuth_deg(block, view.yaw_deg), 3),
        "pitch_deg": round(view.pitch_deg, 3),
        "roll_deg": round(view.roll_deg, 3),
        "course_deg": round(azimuth_deg(block, frame.course_yaw_deg), 3),
    }


def _polygon(block: Block, x0: float, y0: float, x1: float, y1: float, properties: dict[str, Any]) -> dict[str, Any]:
    ring = [spot(block, x, y) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))]
    coordinates = [[[round(s.lon, 8), round(s.lat, 8)] for s in ring]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": coordinates}}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def zones(block: Block) -> dict[str, Any]:
    """Both pavements (pavement), the stretch where nobody may stand (no_parking), the painted bays (parking_bay)."""
    half, outer, end = block.road_half_m, block.wall_m, block.length_m
    features = [
        _polygon(block, -10.0, -outer, end + 10, -half, {"id": "pavement-right", "kind": "pavement"}),
        _polygon(block, -10.0, half, end + 10, outer, {"id": "pavement-left", "kind": "pavement"}),
    ]
    for thing in block.things:
        if thing.category == "improper_parking":
            zone = {
                "id": f"no-parking-{thing.id}",
                "kind": "no_parking",
                "name_zh": "人行道禁停区",
                "name_en": "No parking on the pavement",
            }
            features.append(_polygon(block, thing.x_m - 7.0, -outer, thing.x_m + 7.0, -half + 0.3, zone))
    for number, (x, y, _) in enumerate(block.bays, start=1):
        features.append(
            _polygon(block, x - 3.1, y - 1.1, x + 3.1, y + 1.1, {"id": f"bay-{number}", "kind": "parking_bay"})
        )
    return _collection(features)


def grids(block: Block) -> dict[str, Any]:
    """Two grids that share the block between them, cut across the street at its middle."""
    middle, reach = block.length_m / 2, block.wall_m + 25.0
    return _collection(
        [
            _polygon(
                block,
                -40.0,
                -reach,
                middle,
                reach,
                {"id": "G01", "name_zh": "前街网格", "name_en": "Front Street grid"},
            ),
            _polygon(
                block,
                middle,
                -reach,
                block.length_m + 40,
                reach,
                {"id": "G02", "name_zh": "后街网格", "name_en": "Back Street grid"},
            ),
        ]
    )


def bins(block: Block) -> dict[str, Any]:
    """The register of bins: every bin of the block as the city knows it, full or not."""
    features = []
    for thing in block.things:
        if thing.kind == "bin":
            where = spot(block, thing.x_m, thing.y_m)
            features.append(
                {
                    "type": "Feature",
                    "properties": {"id": thing.id, "kind": "bin", "volume_l": 240},
                    "geometry": {"type": "Point", "coordinates": [round(where.lon, 8), round(where.lat, 8)]},
                }
            )
    return _collection(features)
