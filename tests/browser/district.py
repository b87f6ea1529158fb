"""A small district behind a real server process: four grids of a street block, its people, a patrol that reports."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from tests.browser.drawing import close_view, street
from tests.models.tiny import write_tiny
from tests.ports import free_port
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
LAT, LON = 31.2300, 121.4735  # the middle of the block
M_PER_DEG = 111_195.0
PASSWORD = "four-seasons"
PEOPLE = {
    "min": ("周敏", "operator"),
    "gang": ("王刚", "crew"),
    "na": ("李娜", "crew"),
    "jie": ("陈洁", "reviewer"),
    "qiang": ("赵强", "supervisor"),
    "root": ("管理员", "admin"),
    "yue": ("孙悦", "ml_engineer"),
    "bo": ("何波", "inspector"),
}
GRIDS = {
    "grid-nw": ("百花里第一网格", "Baihuali 1", -190, 0, 8, 130, "gang"),
    "grid-ne": ("百花里第二网格", "Baihuali 2", 0, 190, 8, 130, "na"),
    "grid-sw": ("临江路第一网格", "Linjiang Road 1", -190, 0, -130, 8, "gang"),
    "grid-se": ("临江路第二网格", "Linjiang Road 2", 0, 190, -130, 8, "na"),
}
ROTA = {grid: (person,) for grid, (*_, person) in GRIDS.items()}
"""Who is on duty in each grid."""
ZONES = (
    ("no_parking", -180, 180, -4, 3),
    ("no_parking", -4, 4, -122, 122),
    ("pavement", -180, -10, 10, 14),
    ("pavement", 10, 180, 10, 14),
)
STEWARD = (sys.executable, "steward.py", "server")


def lonlat(east_m: float, north_m: float) -> tuple[float, float]:
    return LON + east_m / (M_PER_DEG * math.cos(math.radians(LAT))), LAT + north_m / M_PER_DEG


@dataclass(frozen=True)
class Sighting:
    """One thing that the patrol saw, in metres from the middle of the block."""

    category: str
    east_m: float
    north_m: float
    score: float
    seed: int
    minutes_ago: float = 6.0
    attributes: dict[str, Any] = field(default_factory=dict)


PATROL = (
    Sighting("litter", -60, 12, 0.93, 1, 9),
    Sighting("overflowing_bin", 48, 11, 0.88, 2, 8),
    Sighting("illegal_ad", 92, 16, 0.81, 3, 7),
    Sighting("improper_parking", 120, 1, 0.9, 4, 7, {"dwell_s": 420.0, "vehicle_kind": "car"}),
    Sighting("improper_parking_cycle", -118, 12, 0.74, 5, 6, {"dwell_s": 380.0}),
    Sighting("litter", 3, -70, 0.7, 6, 5),
    Sighting("illegal_ad", -9, 64, 0.66, 7, 5),
    Sighting("overflowing_bin", -130, -40, 0.62, 8, 4),
    Sighting("improper_parking", 60, -2, 0.71, 9, 3, {"dwell_s": 3.0, "vehicle_kind": "car"}),
)


@dataclass(frozen=True)
class Foundation:
    """A home as `steward server init` leaves it, its one enrolment code, and small models for the privacy step."""

    home: Path
    code: str
    models: Path


def found_district(folder: Path, rota: Mapping[str, Iterable[str]] = ROTA) -> Foundation:
    """Found the district once; each server then runs on a copy."""
    setup = write_setup(folder / "setup", rota)
    made = _steward("init", "--home", str(folder / "home"), "--setup", str(setup), "--json")
    models = write_tiny(folder / "models", "privacy", ("face", "plate"), threshold=0.1)
    write_tiny(models, "street", ("litter", "car", "person"))
    return Foundation(folder / "home", json.loads(made)["codes"][0], models)


class District:
    """Runs `steward server` on a copy of a founded home and plays the vehicle. Use as a context manager."""

    def __init__(self, folder: Path, foundation: Foundation) -> None:
        self._folder = folder
        self._foundation = foundation
        self._running: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "server.log"
        self.url = ""
        self._vehicle = httpx.Client(timeout=PATIENCE_S)
        self._device_id = ""

    def __enter__(self) -> Self:
        home = self._folder / "home"
        shutil.copytree(self._foundation.home, home)
        self.url = f"http://127.0.0.1:{free_port()}"
        try:
            self.starts()
            self._enrol(self._foundation.code)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._vehicle.close()
        self.stops()

    def starts(self) -> None:
        """The server runs, under the same address as before."""
        words = ("--home", str(self._folder / "home"), "--port", self.url.rpartition(":")[2])
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                [*STEWARD, "run", *words, "--models", str(self._foundation.models)], cwd=ROOT, stdout=log, stderr=log
            )
        self._await_health()

    def stops(self) -> None:
        """Nothing answers at the server's address, as in a cellar."""
        if self._running is not None:
            self._running.terminate()
            self._running.wait(PATIENCE_S)

    def behind(self, url: str, trusting: ssl.SSLContext) -> None:
        """Whoever comes from now on comes by this address, and trusts those."""
        token = self._vehicle.headers["Authorization"]
        self._vehicle.close()
        self.url = url
        self._vehicle = httpx.Client(timeout=PATIENCE_S, verify=trusting, headers={"Authorization": token})

    def patrol(self, sightings: tuple[Sighting, ...] = PATROL, keep_back: int = 0) -> dict[str, str]:
        """Send one traverse with these sightings, then its pictures but the last `keep_back`.

        Returns the case of each sighting, by the sighting's category and seed.
        """
        now_ns = time.time_ns()
        pictures: list[bytes] = []
        observations = []
        for one in sightings:
            wide = street(one.category, one.seed)
            views = {"close": close_view(wide), "wide": wide}
            pictures += views.values()
            observations.append(_observation(one, now_ns, views))
        body = _traverse(self._device_id, now_ns, observations)
        answer = self._vehicle.put(f"{self.url}/api/traverses/{body['id']}", json=body)
        assert answer.status_code == 201, answer.text
        for content in pictures[: len(pictures) - keep_back]:
            sent = self._vehicle.put(f"{self.url}/api/evidence/{_sha(content)}", content=content)
            assert sent.status_code == 201, sent.text
        links = {link["observation_id"]: link["case_id"] for link in answer.json()["links"]}
        return {
            f"{one.category}-{one.seed}": links[seen["id"]] for one, seen in zip(sightings, observations, strict=True)
        }

    @property
    def home(self) -> Path:
        """Where the running server keeps its records."""
        return self._folder / "home"

    def leaves(self, name: str) -> None:
        """Somebody leaves the service, as the administrator enters it beside the running server."""
        _steward("people", "leave", name, "--home", str(self.home))

    def _await_health(self) -> None:
        until = time.monotonic() + PATIENCE_S
        waiting = httpx.Client(transport=httpx.HTTPTransport(retries=5), timeout=5.0)
        with waiting:
            while time.monotonic() < until:
                if self._running is None or self._running.poll() is not None:
                    break
                try:
                    if waiting.get(f"{self.url}/healthz").status_code == 200:
                        return
                except httpx.TransportError:
                    continue
        raise AssertionError(f"the server did not start:\n{self._log.read_text('utf-8')}")

    def _enrol(self, code: str) -> None:
        body = {"code": code, "name": "car-07", "kind": "vehicle", "public_key": None}
        answer = self._vehicle.post(f"{self.url}/api/devices/enrol", json=body)
        assert answer.status_code == 201, answer.text
        self._device_id = answer.json()["device_id"]
        self._vehicle.headers["Authorization"] = f"Bearer {answer.json()['token']}"


def write_setup(folder: Path, rota: Mapping[str, Iterable[str]] = ROTA) -> Path:
    """The district's setup file beside its grids and zones. Duty and working hours run round the clock."""
    folder.mkdir(parents=True, exist_ok=True)
    grids = [
        _area(name, (west, east, south, north), {"name_zh": zh, "name_en": en})
        for name, (zh, en, west, east, south, north, _) in GRIDS.items()
    ]
    zones = [_area(f"zone-{n}", bounds, {"kind": kind}) for n, (kind, *bounds) in enumerate(ZONES)]
    for name, features in (("grids", grids), ("zones", zones)):
        collection = {"type": "FeatureCollection", "features": features}
        (folder / f"{name}.geojson").write_text(json.dumps(collection, ensure_ascii=False), "utf-8")
    lines = [
        '[city]\nname_zh = "百花里街道"\nname_en = "Baihuali"\ngrids = "grids.geojson"\nzones = "zones.geojson"',
        '[calendar]\ndays = "every_day"\nshifts = ["00:00-24:00"]',
        _stay("improper_parking", "no_parking", "pavement"),
        _stay("improper_parking_cycle", "pavement"),
    ]
    for name, (display, role) in PEOPLE.items():
        lines.append(f'[[person]]\nname = "{name}"\ndisplay = "{display}"\nrole = "{role}"\npassword = "{PASSWORD}"')
    for name, crew in rota.items():
        lines += (f'[[rota]]\ngrid = "{name}"\nperson = "{person}"' for person in crew)
    path = folder / "district.toml"
    path.write_text("\n\n".join(lines) + "\n", "utf-8")
    return path


def _stay(category: str, *zone_kinds: str) -> str:
    rule = f'[[stay]]\ncategory = "{category}"\ndwell_s = 300.0\nseen_again_min = 10.0\n'
    return rule + f"zone_kinds = {json.dumps(zone_kinds)}"


def _steward(*words: str) -> str:
    ran = subprocess.run([*STEWARD, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def _area(name: str, bounds: tuple[float, ...] | list[float], properties: dict[str, str]) -> dict[str, Any]:
    west, east, south, north = bounds
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    ring = [list(lonlat(*corner)) for corner in corners]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"id": name, **properties}, "geometry": geometry}


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _observation(one: Sighting, now_ns: int, views: dict[str, bytes]) -> dict[str, Any]:
    lon, lat = lonlat(one.east_m, one.north_m)
    camera_lon, camera_lat = lonlat(one.east_m - 9.0, one.north_m - 6.0)
    return {
        "id": str(uuid.uuid4()),
        "category": one.category,
        "utc_ns": now_ns - int(one.minutes_ago * 60e9),
        "clock": "gnss",
        "position": {"lat": lat, "lon": lon, "ee": 6.2, "en": 2.1, "nn": 2.4},
        "sight": {"lat": camera_lat, "lon": camera_lon, "heading_deg": 56.0, "range_m": 10.8, "bearing_deg": 56.3},
        "score": one.score,
        "source_kind": "vehicle",
        "model_digest": "0" * 64,
        "attributes": one.attributes,
        "evidence": [
            {
                "sha256": _sha(content),
                "role": role,
                "media_type": "image/jpeg",
                "size_bytes": len(content),
                "redaction": "drawn-1",
            }
            for role, content in views.items()
        ],
    }


def _traverse(device_id: str, now_ns: int, observations: list[dict[str, Any]]) -> dict[str, Any]:
    lon, lat = lonlat(-150, 0)
    pose = {
        "utc_ns": now_ns - int(600e9),
        "lat": lat,
        "lon": lon,
        "heading_deg": 90.0,
        "odometer_m": 0.0,
        "sigma_m": 2.5,
    }
    return {
        "version": 1,
        "id": str(uuid.uuid4()),
        "device": device_id,
        "source_kind": "vehicle",
        "clock": "gnss",
        "hfov_deg": 78.0,
        "view_range_m": 40.0,
        "poses": [{**pose, "sigma_m": 2.5, "usable": True}],
        "observations": observations,
        "frames": {"seen": 348, "analysed": 236, "skipped": {"too_close": 98, "blurred": 14}, "quarantined": {}},
    }
