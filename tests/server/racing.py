"""Processes that deliver what they saw at one place at the very same moment."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import h3

from pipeline.wire import TraverseWire
from server.intake.receipts import ObservationLink
from server.intake.traverses import receive
from server.records.locks import RESOLUTION
from tests.server.setupfile import LAT, LON
from tests.server.town import Clock, Town, open_town
from tests.waiting import PATIENCE_S

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Racer:
    """One process: its device, and which way it drives."""

    device_id: str
    heading_deg: float


def corners(count: int) -> list[Place]:
    """Places at which three shards meet, each some 200 m from the next."""
    return list(islice(_corners(), count))


def _corners() -> Iterator[Place]:
    middle, seen = h3.latlng_to_cell(LAT, LON, RESOLUTION), set[str]()
    for ring in range(1000):
        for cell in h3.grid_ring(middle, ring):
            for vertex in h3.cell_to_vertexes(cell):
                if vertex not in seen:
                    seen.add(vertex)
                    yield h3.vertex_to_latlng(vertex)


def race(home: Path, racers: Sequence[Racer], places: Sequence[Place]) -> list[list[ObservationLink | str]]:
    """For each racer what became of its sighting at each place, or the error that it met."""
    spawn = multiprocessing.get_context("spawn")
    barrier, answers = spawn.Barrier(len(racers)), spawn.SimpleQueue()
    processes = [
        spawn.Process(target=_run, args=(home, racer, number, places, barrier, answers), daemon=True)
        for number, racer in enumerate(racers)
    ]
    for process in processes:
        process.start()
    told = dict(answers.get() for _ in processes)
    for process in processes:
        process.join(PATIENCE_S)
    return [told[number] for number in range(len(racers))]


def _run(home: Path, racer: Racer, number: int, places: Sequence[Place], barrier: Barrier, answers: Any) -> None:
    town = open_town(home, Clock())
    links: list[ObservationLink | str] = []
    for place in places:
        wire = TraverseWire.model_validate(_pass(town, racer, place))
        barrier.wait(PATIENCE_S)
        try:
            [link] = receive(town.context, racer.device_id, wire).links
            links.append(link)
        except Exception as error:  # noqa: BLE001 - told to the test
            links.append(repr(error))
    answers.put((number, links))


def _pass(town: Town, racer: Racer, place: Place) -> dict[str, Any]:
    """Forty metres of street with one thing at the place."""
    lat, lon = place
    seen = town.seen("litter") | {"appearance": [0.8, 0.6]}
    seen["position"] |= {"lat": lat, "lon": lon}
    body = town.traverse(racer.device_id, seen)
    poses = body["poses"][8:17]
    for pose in poses:
        pose["lon"] += lon - LON
        pose["lat"] += lat - LAT
        pose["heading_deg"] = racer.heading_deg
    return body | {"poses": poses}
