"""A small town for the server's tests: two grids, people, a clock that stands still, and a device that sends."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import URL, select

from server.access.people import open_session
from server.app import create_app
from server.context import Context
from server.counts import Counts
from server.pictures.keeper import PICTURES
from server.pictures.objects import FolderObjects, Objects
from server.pictures.privacy import FixedRegions, RegionFinder
from server.records.address import address_of
from server.records.bell import Bell
from server.records.ids import Uuid7
from server.records.store import Store
from server.records.tables import Person
from server.setup.cities import Cities
from server.setup.file import read_setup
from server.setup.founding import found
from tests.server.setupfile import LAT, LON, lon_m, write_setup

MIN_NS = 60 * 1_000_000_000
HOUR_NS = 60 * MIN_NS
MONDAY_10H = 1_795_399_200_000_000_000  # 2026-11-23 10:00 in Shanghai


@dataclass
class Clock:
    """Stands still until it is moved."""

    ns: int = MONDAY_10H

    def __call__(self) -> int:
        return self.ns


def picture(seed: int, taken: str | None = None, size: int = 96) -> bytes:
    """A JPEG unlike that of any other seed, with an EXIF time if one is given."""
    noise = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize((size, size), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    if taken is not None:
        exif.get_ifd(0x8769)[0x9003] = taken
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


@cache
def application() -> FastAPI:
    """The application, made once; a town puts its own context into it."""
    return create_app(None)


@dataclass
class Town:
    """A server in this process on a real database, and everybody's client."""

    home: Path
    context: Context
    clock: Clock
    new_id: Uuid7 = field(default_factory=Uuid7)
    _tokens: dict[str, tuple[str, int]] = field(default_factory=dict)
    _device: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        app = application()
        app.state.context = self.context
        self.client = TestClient(app)

    def as_(self, name: str) -> dict[str, str]:
        """The headers of a person who has a session. Signing in itself takes time, and has tests of its own."""
        token, ends_ns = self._tokens.get(name, ("", 0))
        if ends_ns <= self.clock():
            with self.context.store.write() as session:
                person = session.scalars(select(Person).where(Person.name == name)).one()
                token, ends_ns = self._tokens[name] = open_session(session, person, self.clock())
        return {"Authorization": f"Bearer {token}"}

    def get(self, path: str, name: str = "supervisor") -> Any:
        answer = self.client.get(path, headers=self.as_(name))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, name: str, expect: int = 200, **body: Any) -> Any:
        answer = self.client.post(path, headers=self.as_(name), **({"json": body} if body else {}))
        assert answer.status_code == expect, answer.text
        return answer.json()

    def enrol(self, name: str = "car-1", kind: str = "vehicle", **more: str) -> tuple[str, dict[str, str]]:
        """A new device: its id and its headers."""
        code = self.post("/api/devices/codes", "admin", 201)["code"]
        answer = self.client.post("/api/devices/enrol", json={"code": code, "name": name, "kind": kind, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()["device_id"], {"Authorization": f"Bearer {answer.json()['token']}"}

    @property
    def device(self) -> tuple[str, dict[str, str]]:
        if self._device is None:
            self._device = self.enrol()  # type: ignore[assignment]
        return self._device  # type: ignore[return-value]

    def send(self, *observations: dict[str, Any], expect: int = 201, **changes: Any) -> Any:
        """Send a traverse with these observations from the town's first device."""
        device_id, headers = self.device
        body = self.traverse(device_id, *observations) | changes
        answer = self.client.put(f"/api/traverses/{body['id']}", json=body, headers=headers)
        assert answer.status_code == expect, answer.text
        return answer.json()

    def traverse(self, device_id: str, *observations: dict[str, Any], kind: str = "vehicle") -> dict[str, Any]:
        """A drive of 120 m from west to east past the middle of grid-a, at the time of the first observation."""
        end_ns = observations[0]["utc_ns"] if observations else self.clock.ns
        end_ns = end_ns if end_ns < 2**61 else self.clock.ns
        return {
            "version": 1,
            "id": str(self.new_id()),
            "device": device_id,
            "source_kind": kind,
            "clock": "gnss",
            "hfov_deg": 78.0,
            "view_range_m": 40.0,
            "poses": [
                {
                    "utc_ns": end_ns + step * 1_000_000_000,
                    "lat": LAT - 4.0 / 111_195,
                    "lon": LON + 5.0 * step / lon_m(),
                    "heading_deg": 90.0,
                    "odometer_m": 60.0 + 5.0 * step,
                    "sigma_m": 3.0,
                    "usable": True,
                }
                for step in range(-12, 13)
            ],
            "observations": [one | {"source_kind": kind} for one in observations],
            "frames": {"seen": 30, "analysed": 20, "skipped": {"too_close": 10}, "quarantined": {}},
        }

    def seen(
        self,
        category: str = "litter",
        east_m: float = 0.0,
        north_m: float = 0.0,
        at_ns: int | None = None,
        pictures: tuple[bytes, ...] = (),
        **attributes: Any,
    ) -> dict[str, Any]:
        """An observation at metres from the middle of grid-a, now unless told otherwise."""
        evidence = [
            {
                "sha256": hashlib.sha256(content).hexdigest(),
                "role": "close",
                "media_type": "image/jpeg",
                "size_bytes": len(content),
                "redaction": "fill-1",
            }
            for content in pictures
        ]
        return {
            "id": str(self.new_id()),
            "category": category,
            "utc_ns": self.clock.ns if at_ns is None else at_ns,
            "clock": "gnss",
            "position": {
                "lat": LAT + north_m / 111_195,
                "lon": LON + east_m / lon_m(),
                "ee": 4.0,
                "en": 0.0,
                "nn": 4.0,
            },
            "score": 0.8,
            "source_kind": "vehicle",
            "model_digest": "0" * 64,
            "attributes": attributes,
            "evidence": evidence,
        }

    def upload(self, content: bytes, expect: int = 201) -> Any:
        answer = self.client.put(
            f"/api/evidence/{hashlib.sha256(content).hexdigest()}", content=content, headers=self.device[1]
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    def after_photo(self, order_id: str, content: bytes, name: str = "crew-a", expect: int = 201, **form: Any) -> Any:
        answer = self.client.post(
            f"/api/work-orders/{order_id}/after-photo",
            files={"file": ("after.jpg", content, "image/jpeg")},
            data={key: str(value) for key, value in form.items()},
            headers=self.as_(name),
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    def order_of(self, case_id: str) -> Any:
        return self.get(f"/api/cases/{case_id}")["work_order"]

    def laws_hold(self) -> None:
        """Assert every conservation law."""
        broken = [law for law in self.get("/api/figures")["laws"] if not law["holds"]]
        assert not broken


def open_town(home: Path, clock: Clock, privacy: RegionFinder | None = None, objects: Objects | None = None) -> Town:
    """The town on a home that was founded before, with its pictures in that home unless told otherwise."""
    bell = Bell()
    store = Store(address_of(home), bell.ring)
    with store.read() as session:
        cities = Cities(session)
    objects, finder = objects or FolderObjects(home / PICTURES), privacy or FixedRegions()
    # However busy the machine is, figures are told as they are now.
    counts = Counts(cheap_s=10.0, long_s=10.0)
    context = Context(store, objects, cities, clock, Uuid7(clock), finder, bell, counts=counts, home=home)
    return Town(home, context, clock)


def found_town(folder: Path, privacy: RegionFinder | None = None, address: URL | None = None) -> Town:
    """A new town."""
    clock = Clock()
    found(folder / "home", read_setup(write_setup(folder)), 1, clock(), database=address)
    return open_town(folder / "home", clock, privacy)
