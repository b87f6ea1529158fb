"""A small town's setup file with its grids, zones and bins, as an administrator writes it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

LAT, LON = 31.2325, 121.4725  # the middle of grid-a
PASSWORD = "correct-horse"
PEOPLE = {
    "operator": "operator",
    "crew-a": "crew",
    "crew-b": "crew",
    "reviewer": "reviewer",
    "supervisor": "supervisor",
    "admin": "admin",
    "engineer": "ml_engineer",
    "inspector": "inspector",
}


def lon_m() -> float:
    return 111_195 * math.cos(math.radians(LAT))


def write_setup(folder: Path, **changes: str) -> Path:
    """A setup file with its grids and zones; `changes` replace text in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "grids.geojson").write_text(json.dumps(_areas(a=(121.47, 121.475), b=(121.475, 121.48))), "utf-8")
    zones = {"type": "FeatureCollection", "features": [_feature("no-stop", 121.472, 121.473, 31.232, 31.233)]}
    zones["features"][0]["properties"]["kind"] = "no_parking"  # type: ignore[index]
    (folder / "zones.geojson").write_text(json.dumps(zones), "utf-8")
    (folder / "bins.geojson").write_text(json.dumps(_bins(B1=0.0, B2=4.0)), "utf-8")
    people = "".join(
        f'[[person]]\nname = "{name}"\ndisplay = "{name.title()}"\nrole = "{role}"\npassword = "{PASSWORD}"\n'
        for name, role in PEOPLE.items()
    )
    text = f"""
[city]
name_zh = "测试城"
name_en = "Test town"
grids = "grids.geojson"
zones = "zones.geojson"
[bins]
register = "bins.geojson"
[calendar]
shifts = ["08:00-12:00", "14:00-18:00"]
[[stay]]
category = "improper_parking"
dwell_s = 120.0
seen_again_min = 10.0
zone_kinds = ["no_parking"]
{people}
[[rota]]
grid = "grid-a"
person = "crew-a"
[[rota]]
grid = "grid-b"
person = "crew-b"
"""
    for old, new in changes.items():
        text = text.replace(old, new)
    path = folder / "city.toml"
    path.write_text(text, "utf-8")
    return path


def _areas(**spans: tuple[float, float]) -> dict[str, Any]:
    features = [_feature(f"grid-{name}", west, east, 31.23, 31.235) for name, (west, east) in spans.items()]
    return {"type": "FeatureCollection", "features": features}


def _bins(**east_m: float) -> dict[str, Any]:
    """A register of bins that stand so far east of the middle of grid-a."""
    features = [
        {
            "type": "Feature",
            "properties": {"id": name},
            "geometry": {"type": "Point", "coordinates": [LON + east / lon_m(), LAT]},
        }
        for name, east in east_m.items()
    ]
    return {"type": "FeatureCollection", "features": features}


def _feature(name: str, west: float, east: float, south: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"id": name, "name_zh": name, "name_en": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
