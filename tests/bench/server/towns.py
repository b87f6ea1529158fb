"""Towns to measure in: a row of street blocks, each in a grid with somebody on duty, on either database."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from pipeline.wire import TraverseWire
from server.association.method import Method
from server.records.address import address_of
from server.records.store import migrate
from server.setup.file import read_setup
from server.setup.founding import found
from tests.server.blocks import block_pass
from tests.server.cluster import Cluster, cluster, tools
from tests.server.setupfile import write_setup
from tests.server.town import MIN_NS, Clock, Town, open_town

GRIDS = {"grid-a": (121.2, 121.475), "grid-b": (121.475, 140.0)}
"""West and east ends, as wide as any block that is driven here."""
YEAR_NS = 365 * 24 * 60 * MIN_NS


@dataclass
class Driven:
    """A town, and the passes of its car. seeds: no two passes see a thing at the very same spot."""

    town: Town
    seeds: Iterator[int] = field(default_factory=count)

    @property
    def device_id(self) -> str:
        return self.town.device[0]

    def body(self, things: int, block: int = 0) -> dict[str, Any]:
        """The next pass of a block, ten minutes after the one before."""
        self.town.clock.ns += 10 * MIN_NS
        return block_pass(self.town, self.device_id, block, things, self.town.clock.ns, next(self.seeds))

    def passes(self, things: int, block: int = 0) -> TraverseWire:
        return TraverseWire.model_validate(self.body(things, block))


@contextmanager
def a_town(address: URL | None = None, kept: Path | None = None, method: Method = Method.JOINT) -> Iterator[Driven]:
    """A town on SQLite, or on the empty PostgreSQL database at an address; its folder is gone when the block ends.

    kept: a folder that stays, and in which the town is made only where there is none yet; else its tables are brought
    up to date.
    """
    folder = kept or Path(tempfile.mkdtemp(prefix="steward-bench-"))
    clock = Clock(time.time_ns() - YEAR_NS)
    try:
        if not (folder / "home").is_dir():
            setup = write_setup(folder, **{"[bins]": f'[association]\nmethod = "{method}"\n[bins]'})
            (folder / "grids.geojson").write_text(json.dumps(_areas()), "utf-8")
            found(folder / "home", read_setup(setup), 1, clock(), database=address)
        migrate(address_of(folder / "home"))
        town = open_town(folder / "home", clock)
        try:
            driven = Driven(town)
            _ = driven.device_id  # enrolled before another town is opened, to which the application would then belong
            yield driven
        finally:
            town.context.store.close()
    finally:
        if kept is None:
            shutil.rmtree(folder)


@contextmanager
def a_cluster() -> Iterator[Cluster]:
    """A running PostgreSQL with PostGIS; without one the benchmark ends with the reason."""
    found_tools = tools()
    if isinstance(found_tools, str):
        raise SystemExit(f"bench-server: {found_tools}")
    with cluster(found_tools) as running:
        yield running


def _areas() -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"id": name, "name_zh": name, "name_en": name},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[west, 30.9], [east, 30.9], [east, 31.6], [west, 31.6], [west, 30.9]]],
                },
            }
            for name, (west, east) in GRIDS.items()
        ],
    }
