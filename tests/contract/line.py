"""The line as a city runs it, for tests: a server process, edge processes, HTTP between them, nothing replaced."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.waiting import PATIENCE_S

STEWARD = (sys.executable, "-m", "steward")
SQUARE_M = 111_320.0


@dataclass(frozen=True, slots=True)
class Told:
    """How a command ended."""

    code: int
    out: str
    err: str


def steward(root: Path, *words: str | Path, timeout_s: float = 600) -> Told:
    """Run the command as a person would."""
    done = subprocess.run(
        [*STEWARD, *map(str, words)], cwd=root, capture_output=True, text=True, timeout=timeout_s, check=False
    )
    return Told(done.returncode, done.stdout, done.stderr)


def square(lat: float, lon: float, half_m: float, **properties: str) -> dict[str, Any]:
    """A GeoJSON square around a point; lon and lat are stretched alike, which is near enough for an area to hold it."""
    half = half_m / SQUARE_M
    wide = 2 * half
    ring = [
        [lon - wide, lat - half],
        [lon + wide, lat - half],
        [lon + wide, lat + half],
        [lon - wide, lat + half],
        [lon - wide, lat - half],
    ]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def write_geojson(path: Path, *features: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), "utf-8")
    return path


def write_city(folder: Path, lat: float, lon: float, half_m: float) -> Path:
    """A setup of one grid around a place, where a thing that was seen twice, ten minutes apart, stays."""
    write_geojson(folder / "grids.geojson", square(lat, lon, half_m, id="g1", name_zh="一号网格", name_en="Grid 1"))
    write_geojson(folder / "zones.geojson", square(lat, lon, half_m, id="z1", kind="no_parking"))
    people = "\n".join(
        f'[[person]]\nname = "{name}"\ndisplay = "{name}"\nrole = "{role}"\npassword = "a-long-password"\n'
        for name, role in (("op", "operator"), ("crew1", "crew"), ("rev", "reviewer"))
    )
    setup = folder / "city.toml"
    setup.write_text(
        f"""[city]
name_zh = "试验区"
name_en = "Test district"
grids = "grids.geojson"
zones = "zones.geojson"

[calendar]
days = "every_day"
shifts = ["00:00-24:00"]

[[stay]]
category = "improper_parking"
dwell_s = 300.0
seen_again_min = 5.0
zone_kinds = ["no_parking"]

[[rota]]
grid = "g1"
person = "crew1"

{people}
""",
        "utf-8",
    )
    return setup


class Desk:
    """A person signed in at the server."""

    def __init__(self, url: str, name: str, password: str = "a-long-password") -> None:
        self._client = httpx.Client(base_url=url, timeout=PATIENCE_S)
        answer = self._client.post("/api/session", json={"name": name, "password": password})
        assert answer.status_code in (200, 201), answer.text
        self._client.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    def get(self, path: str, **params: Any) -> Any:
        answer = self._client.get(path, params=params)
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path: str, **asks: Any) -> httpx.Response:
        return self._client.post(path, **asks)

    def picture(self, sha256: str) -> bytes:
        answer = self._client.get(f"/api/evidence/{sha256}")
        assert answer.is_success, answer.text
        return answer.content
