"""A street of coloured things seen from a car, a detector that sees colours, and all that is told of a pass there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from models.shipped import read_taxonomy
from pipeline.album import Shelf
from pipeline.detections import Detections
from pipeline.events import Finished, Looked, Resume
from pipeline.families import families
from pipeline.geo import LocalFrame
from pipeline.ids import PassIds
from pipeline.inspect import inspect
from pipeline.judge import Rules
from pipeline.observation import ClockQuality, SourceKind
from pipeline.plates import PlateDesk
from pipeline.pose import Camera, FixQuality, Pose
from pipeline.reading import NumberDesk
from pipeline.reasons import Reason, Rejected
from pipeline.redact import DidNotRun, Regions
from pipeline.register import Register
from pipeline.sampling import ClarityRules, Sampler
from pipeline.shots import Lost, Shot
from pipeline.stretch import Cuts
from pipeline.tools import Plan, Tools
from pipeline.tracking import Tracker
from pipeline.verdict import Court

TAXONOMY = read_taxonomy()
CAMERA = Camera.from_hfov(320, 240, 70.0)
FRAME = LocalFrame(30.0, 120.0)
HIGH_M, SPEED_MPS, FPS = 1.8, 5.0, 10
FRAME_NS = 1_000_000_000 // FPS
LITTER, BIN = TAXONOMY.labels.index("litter"), TAXONOMY.labels.index("bin")
START_NS = 1_772_000_000_000_000_000


@dataclass(frozen=True)
class Street:
    """Red litter and blue bins on a street that runs north, seen from a car; (east, north) metres from the start.

    off_m: by how much the receiver is wrong, east and north.
    """

    things: tuple[tuple[float, float], ...]
    frames: int
    lost: frozenset[int] = frozenset()
    bins: tuple[tuple[float, float], ...] = ()
    off_m: tuple[float, float] = (0.0, 0.0)

    def north_m(self, index: int) -> float:
        return index * SPEED_MPS / FPS

    def picture(self, index: int) -> NDArray[np.uint8]:
        image = np.full((240, 320, 3), 128, np.uint8)
        coloured = [(*place, (0, 0, 255)) for place in self.things] + [(*place, (255, 0, 0)) for place in self.bins]
        for east, north, colour in sorted(coloured, key=lambda place: -place[1]):
            away = north - self.north_m(index)
            if 1.5 < away < 40.0:
                middle = CAMERA.cx_px + CAMERA.fx_px * east / away
                foot = CAMERA.cy_px + CAMERA.fy_px * HIGH_M / away
                half = CAMERA.fx_px * 0.35 / away
                corners = (round(middle - half), round(foot - 2 * half)), (round(middle + half), round(foot))
                cv2.rectangle(image, *corners, colour, cv2.FILLED)
        return image

    def shots(self, first: int = 0) -> Iterator[Shot | Lost]:
        for index in range(first, self.frames):
            if index in self.lost:
                yield Lost(index, index * FRAME_NS, Reason.DECODE_ERROR)
            else:
                yield Shot("street", index, index * FRAME_NS, partial(self.picture, index))

    def pose(self, index: int, media_ns: int) -> Pose | Rejected:
        lat, lon = FRAME.to_latlon(self.off_m[0], self.north_m(index) + self.off_m[1])
        return Pose(
            utc_ns=START_NS + media_ns, lat=lat, lon=lon, height_m=HIGH_M, heading_deg=0.0, pitch_deg=0.0, roll_deg=0.0,
            course_deg=0.0, speed_mps=SPEED_MPS, odometer_m=self.north_m(index), sigma_m=2.0, heading_sigma_deg=0.5,
            pitch_sigma_deg=0.5, quality=FixQuality.GNSS,
        )  # fmt: skip


def sees_colours(image: NDArray[np.uint8], score: float = 0.9) -> Detections:
    """Every red patch as litter, every blue one as a bin."""
    boxes, labels = [], []
    for channel, label in ((2, LITTER), (0, BIN)):
        patch = ((image[:, :, channel] > 200) & (image[:, :, 2 - channel] < 60)).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(patch)
        found = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= 12]
        boxes.append(np.concatenate([found[:, :2], found[:, :2] + found[:, 2:4]], axis=1))
        labels += [label] * len(found)
    xyxy = np.concatenate(boxes).astype(np.float32)
    return Detections.of(xyxy, np.full(len(xyxy), score, np.float32), np.array(labels, np.int16))


@dataclass
class Privacy:
    """Covers the upper left corner, and counts how often it was asked."""

    broken: bool = False
    asked: list[int] = field(default_factory=list)

    def __call__(self, image: NDArray[np.uint8], seen: Detections) -> Regions | DidNotRun:
        self.asked.append(len(seen))
        if self.broken:
            return DidNotRun("the model is gone")
        return Regions(np.array([[0, 0, 20, 20]], np.float32), "corner 1", image.shape[1], image.shape[0])


def tools_of(
    street: Street,
    privacy: Privacy,
    *,
    distance_m: float = 0.0,
    positions: bool = True,
    dark: float = 0.0,
    register: Register | None = None,
    numbers: NumberDesk | None = None,
    plates: PlateDesk | None = None,
    watched: Callable[[], bool] | None = None,
    digest: str = "f" * 64,
    score: float = 0.9,
) -> Tools:
    start = np.full(len(TAXONOMY.labels), 0.3, np.float32)
    utc_ns: Callable[[int], int] = lambda media_ns: START_NS + media_ns  # noqa: E731
    court = Court(
        Rules(taxonomy=TAXONOMY, bins=register or Register()),
        CAMERA,
        ClockQuality.GNSS,
        SourceKind.VEHICLE,
        digest,
        utc_ns,
    )
    return Tools(
        detect=lambda image: partial(sees_colours, image, score),
        privacy=privacy,
        tracker=Tracker(start, families(TAXONOMY.labels), 320, 240, camera=CAMERA),
        sampler=Sampler(distance_m, rules=ClarityRules(least_bright=dark, least_textured=0.0, most_blur=1.1)),
        judge=court,
        ids=PassIds("0123"),
        utc_ns=utc_ns,
        poses=street if positions else None,
        numbers=numbers,
        plates=plates,
        watched=watched,
    )


def told(
    street: Street,
    *,
    privacy: Privacy | None = None,
    distance_m: float = 0.0,
    cuts: Cuts | None = None,
    every_picture: bool = False,
    shots: Iterable[Shot | Lost] | None = None,
    resume: Resume | None = None,
    positions: bool = True,
    dark: float = 0.0,
    register: Register | None = None,
    numbers: NumberDesk | None = None,
    plates: PlateDesk | None = None,
    watched: Callable[[], bool] | None = None,
    relay: Callable[[], Tools | None] | None = None,
    shelf: Shelf | None = None,
    ahead: int = 1,
    score: float = 0.9,
) -> list[Looked | Finished]:
    """The whole story of a street."""
    tools = tools_of(
        street, privacy or Privacy(), distance_m=distance_m, positions=positions, dark=dark, register=register,
        numbers=numbers, plates=plates, watched=watched, score=score,
    )  # fmt: skip
    plan = Plan(
        device="car", source_kind=SourceKind.VEHICLE, clock=ClockQuality.GNSS, hfov_deg=70.0, view_range_m=60.0,
        pictured=frozenset({LITTER}), every_picture=every_picture, cuts=cuts or Cuts(),
        shelf=shelf or Shelf(), ahead=ahead,
    )  # fmt: skip
    return list(inspect(street.shots() if shots is None else shots, tools, plan, resume, relay))


def finished(story: list[Looked | Finished]) -> list[Finished]:
    return [one for one in story if isinstance(one, Finished)]


HEAPS = ((2.0, 20.0), (-3.0, 35.0), (4.0, 36.0), (1.5, 60.0))
