"""A whole line for contract tests: one server process in a city of one grid, and vehicles that enrol with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.play import Server, device_code, serving
from tests.contract.line import Desk, Told, steward, write_city
from tests.ports import free_port
from tests.weed import STEWARD_KEYS


@dataclass(frozen=True, slots=True)
class Line:
    """A running server, its home, and the folder that the vehicles keep their state in."""

    root: Path
    home: Path
    server: Server
    zones: Path

    def desk(self, name: str) -> Desk:
        return Desk(self.server.url, name)

    def patrol(self, name: str, footage: Path, *, kind: str = "vehicle", telemetry: Path | None = None) -> Told:
        """One pass by a vehicle of its own: enrol, inspect, send, until the outbox is empty."""
        config = self.home / f"{name}.toml"
        told = "" if telemetry is None else f'telemetry = "{telemetry}"\n'
        config.write_text(
            f'[device]\nname = "{name}"\nkind = "{kind}"\nstate_dir = "{self.home / name}"\nuntil_empty = true\n'
            f'[server]\nurl = "{self.server.url}"\nenrolment_code = "{device_code(self.home)}"\n'
            f'[[source]]\npath = "{footage}"\nzones = "{self.zones}"\n{told}',
            "utf-8",
        )
        return steward(self.root, "edge", "run", "--config", config)


@pytest.fixture
def line(request: pytest.FixtureRequest, root: Path, tmp_path: Path) -> Iterator[Line]:
    """A server for the place that the test names with @pytest.mark.place(lat, lon, half_m)."""
    marker = request.node.get_closest_marker("place")
    lat, lon, half_m = marker.args if marker is not None else (22.13, 113.54, 500.0)
    setup = write_city(tmp_path, lat, lon, half_m)
    with serving(tmp_path, setup, free_port()) as server:
        yield Line(root, tmp_path, server, tmp_path / "zones.geojson")


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys to the object store, where a server looks for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", STEWARD_KEYS.access)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", STEWARD_KEYS.secret)
