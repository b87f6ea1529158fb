"""From paths to a pass that can be told: footage, positions, optics, zones and models put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np

from edge.detectors import Models
from edge.errors import ConfigError
from edge.proof.sealing import open_sealer
from edge.sources.line import Line
from edge.sources.open import Source, fingerprint, open_source
from edge.sources.optics import ASSUMED_SIGMA_DEG, Optics, read_optics
from edge.sources.photos import Photos
from edge.sources.video import Video
from edge.telemetry.open import sidecar
from edge.telemetry.positions import Positions, find_positions
from models.detector import Detector
from models.errors import ModelError
from models.shipped import read_taxonomy
from pipeline.detections import Detections
from pipeline.families import families
from pipeline.ids import PassIds
from pipeline.judge import VEHICLES, Rules
from pipeline.mistaken import mistaken
from pipeline.observation import SourceKind
from pipeline.plates import PlateDesk
from pipeline.reading import NumberDesk
from pipeline.redact import Colour, Redacted
from pipeline.register import Register
from pipeline.sampling import DISTANCE_M, Sampler, closer_of
from pipeline.shapes import Sheet, shape_of, stands
from pipeline.taxonomy import Taxonomy
from pipeline.tools import Plan, Tools
from pipeline.tracking import Tracker, TrackingRules
from pipeline.verdict import Court
from pipeline.zones import ZoneMap

HITS: Final = 3
# A standing camera must see a thing HITS times within a few seconds, or a short stop shows it nothing.
STILL_S: Final = 1.0
BLIND_S: Final = 0.4
"""Between two looks while a receiver that worked is silent, about 2 to 5 m in town."""
PROBLEM: Final[Colour] = (48, 64, 230)
VEHICLE: Final[Colour] = (0, 150, 230)
OTHER: Final[Colour] = (150, 150, 90)
NUMBERED: Final = "illegal_ad"
"""The category whose things carry telephone numbers."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be inspected, as paths; footage is None for a live camera.

    kind: None to tell a drone by its subtitles (SRT) from a vehicle.
    distance_m, closer_m: see `spacing_of`. clock_offset_s: None where it is not known by how much the camera's clock is
    ahead of the receiver's. enforcement_key: the one to which plates of reported vehicles are sealed; None: no plate is
    kept in any form. threads: to decode the footage with, None for one a core.
    """

    footage: Path | None
    telemetry: Path | None = None
    camera: Path | None = None
    zones: Path | None = None
    bins: Path | None = None
    device: str = "inspect"
    kind: SourceKind | None = None
    distance_m: float | None = None
    clock_offset_s: float | None = None
    every_picture: bool = False
    enforcement_key: Path | None = None
    plate_salt: Path | None = None
    threads: int | None = None
    closer_m: float | None = None


@dataclass(frozen=True, slots=True)
class Assembled:
    """A pass ready to be told. notes: what a reader of its results should know."""

    source: Source | Line
    fingerprint: str
    tools: Tools
    plan: Plan
    taxonomy: Taxonomy
    models: dict[str, str]
    telemetry: dict[str, Any] | None
    clocks: dict[str, Any] | None
    notes: tuple[str, ...]
    problems: frozenset[int] = field(default_factory=frozenset)

    def outlined(self, picture: Redacted, seen: Detections) -> Redacted:
        """A redacted picture with the followed boxes drawn on it: red for problems, amber for vehicles, which are one
        only where and while they may not stand, grey for what is in order."""
        rows = np.flatnonzero(seen.track >= 0)
        boxes = [tuple(float(side) for side in seen.xyxy[row]) for row in rows]
        colours = [self._colour(int(seen.label[row])) for row in rows]
        captions = [
            f"{self.taxonomy.labels[int(seen.label[row])]} {int(seen.track[row])} {seen.score[row]:.2f}" for row in rows
        ]
        return picture.outline(boxes, colours, captions)  # type: ignore[arg-type]  # four sides each

    def _colour(self, label: int) -> Colour:
        if self.taxonomy.labels[label] in VEHICLES:
            return VEHICLE
        return PROBLEM if label in self.problems else OTHER


def assemble(job: Job, models: Models) -> Assembled:
    """Open everything that a pass needs; raises EdgeError or ModelError naming what cannot be used."""
    if job.footage is None:
        raise ConfigError("there is no footage to open")
    source = open_source(job.footage, job.threads)
    kind = job.kind or told_kind(source, job.telemetry)
    optics = read_optics(job.camera, source.width_px, source.height_px, kind)
    positions = find_positions(source, job.telemetry, optics, job.clock_offset_s)
    return put_together(job, models, source, fingerprint(source), kind, optics, positions)


def put_together(
    job: Job,
    models: Models,
    source: Source | Line,
    name: str,
    kind: SourceKind,
    optics: Optics,
    positions: Positions,
) -> Assembled:
    """A pass over a source that is open, under a name of its own; raises EdgeError or ModelError."""
    taxonomy = read_taxonomy()
    card = models.street.card
    if card.labels != taxonomy.labels:
        raise ModelError(f"{card.name}: its labels are {card.labels}, but the taxonomy's are {taxonomy.labels}")
    rules = _rules(job, taxonomy, positions.timed, source.moving)
    distance_m, closer_m = spacing_of(job, source)
    tools = Tools(
        detect=models.begin,
        privacy=models.find,
        tracker=_tracker(models.street, optics, source.moving),
        sampler=Sampler(distance_m, STILL_S, blind_s=0.0 if positions.poses is None else BLIND_S, closer_m=closer_m),
        judge=Court(rules, optics.camera, positions.clock, kind, models.street.digest, positions.utc_ns),
        ids=PassIds(name),
        utc_ns=positions.utc_ns,
        poses=positions.poses,
        numbers=None if models.reader is None else NumberDesk(models.read, _numbered(taxonomy), models.begin_to_read),
        plates=_plates(job, card.labels),
    )
    problems = frozenset(index for index, label in enumerate(card.labels) if taxonomy.category_of(label) is not None)
    plan = Plan(
        device=job.device,
        source_kind=kind,
        clock=positions.clock,
        hfov_deg=optics.hfov_deg,
        view_range_m=rules.locate.max_range_m,
        pictured=_pictured(problems, card.labels, rules),
        sights=2 if source.moving else 1,
        every_picture=job.every_picture,
        # What a camera sees is told without waiting for another frame.
        ahead=1 if job.footage is None else models.batcher.ahead,
    )
    clocks = None if positions.clocks is None else positions.clocks.told()
    notes = (*positions.notes, *_notes(job, optics, positions))
    return Assembled(source, name, tools, plan, taxonomy, models.digests, positions.told, clocks, notes, problems)


def check_files(job: Job, sizes: Sequence[tuple[int, int]]) -> None:
    """Read what a pass reads beside its footage and positions: zones, bins, keys, and the optics for pictures of these
    sizes; raises EdgeError naming what cannot be used."""
    taxonomy = read_taxonomy()
    _rules(job, taxonomy, timed=True, moving=True)
    _plates(job, taxonomy.labels)
    for width_px, height_px in sizes:
        read_optics(job.camera, width_px, height_px, job.kind or SourceKind.VEHICLE)


def spacing_of(job: Job, source: Source | Line) -> tuple[float, float]:
    """How far apart looks are, usually and while something young is in sight; of photos each is looked at by default.

    Raises ConfigError where closer looks are asked for that would be farther apart than the others.
    """
    if job.distance_m is None and isinstance(source, Photos):
        return 0.0, 0.0
    distance_m = DISTANCE_M if job.distance_m is None else job.distance_m
    if job.closer_m is not None and job.closer_m > distance_m:
        raise ConfigError(
            f"closer looks every {job.closer_m:g} m are no closer than the others, every {distance_m:g} m"
        )
    return distance_m, closer_of(distance_m, job.closer_m)


def told_kind(source: Source, telemetry: Path | None) -> SourceKind:
    """Subtitles with positions come from drones; everything else is taken to be a vehicle's."""
    path = telemetry or (sidecar(source.path) if isinstance(source, Video) else None)
    return SourceKind.DRONE if path is not None and path.suffix.lower() == ".srt" else SourceKind.VEHICLE


def _plates(job: Job, labels: tuple[str, ...]) -> PlateDesk | None:
    if job.enforcement_key is None:
        return None
    sealer = open_sealer(job.enforcement_key, job.plate_salt)
    return PlateDesk(sealer, frozenset(index for index, label in enumerate(labels) if label in VEHICLES))


def _tracker(street: Detector, optics: Optics, moving: bool) -> Tracker:
    """Photos are taken on purpose: one of them is enough to believe a thing, where a video must show it again. Poses
    tell where to expect what stands only where the camera's mount is known."""
    camera, labels = optics.camera, street.card.labels
    return Tracker(
        start=street.thresholds,
        family=families(labels),
        width_px=camera.width_px,
        height_px=camera.height_px,
        rules=None if moving else TrackingRules(hits=1, window=1),
        camera=camera,
        mistaken=mistaken(labels),
        hanging=frozenset(index for index, label in enumerate(labels) if isinstance(shape_of(label), Sheet)),
        standing=frozenset(index for index, label in enumerate(labels) if not optics.assumed and stands(label)),
    )


def _pictured(problems: frozenset[int], labels: tuple[str, ...], rules: Rules) -> frozenset[int]:
    """Labels whose pictures may be needed."""
    return frozenset(index for index in problems if rules.reports(labels[index]))


def _numbered(taxonomy: Taxonomy) -> frozenset[int]:
    """Labels of things that carry telephone numbers."""
    category = taxonomy.categories.get(NUMBERED)
    return frozenset() if category is None else frozenset(map(taxonomy.labels.index, category.labels))


def _rules(job: Job, taxonomy: Taxonomy, timed: bool, moving: bool) -> Rules:
    zones = ZoneMap.none() if job.zones is None else _parsed(job.zones, ZoneMap.parse)
    bins = Register() if job.bins is None else _parsed(job.bins, Register.parse)
    hits = HITS if moving else 1
    return Rules(taxonomy=taxonomy, zones=zones, bins=bins, timed=timed, min_hits=hits)


T = TypeVar("T")


def _parsed(path: Path, parse: Callable[[str], T]) -> T:
    try:
        return parse(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error


def _notes(job: Job, optics: Optics, positions: Positions) -> tuple[str, ...]:
    notes = []
    if optics.assumed and positions.poses is not None:
        notes.append(
            f"no --camera: a lens of {optics.hfov_deg:.0f}° at {optics.mount.height_m} m that looks straight ahead is "
            f"assumed, angles known to {ASSUMED_SIGMA_DEG:.0f}°; places are less certain"
        )
    if job.zones is None:
        notes.append("no --zones: no vehicle can be said to stand where it may not")
    return tuple(notes)
