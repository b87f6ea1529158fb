"""Tracks of one thing that came apart are put together again: lost behind a van, or seen far first and near later.

Two tracks of one label can be one thing only if no frame saw both. Of a heap, or of ads on a wall, a frame may: where
the box of one lies inside the other's, the detector boxed the whole and a part of it. Whether they are one is told by
where they are: the density with which two sights of one thing would lie so far apart, against how many others of the
label one expects in a square metre that never showed beside the first. Uncertain places are little evidence, so they
stay apart. Places are compared without the receiver's error, which all tracks of a stretch share.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.boxes import Box, common_px2
from pipeline.geo import LocalFrame
from pipeline.locate import LocateOptions, locate
from pipeline.observation import Located
from pipeline.pose import Camera
from pipeline.track import Track, View
from pipeline.tracklet import MOST_VIEWS

SURE: Final = 3.0
"""How many times likelier one thing must be than two."""
EXACT_SIGMA_M: Final = 0.01
OTHERS_PER_M2: Final[dict[str, float]] = {"litter": 1 / 300, "motorcycle": 1.0, "bicycle": 1.0, "person": math.inf}
"""Heaps lie far apart, and two that do not are seen at once; cycles stand in rows, and people come and go."""
OTHERS_DEFAULT: Final = 1 / 30
WITH_PARTS: Final = frozenset({"litter", "illegal_ad"})
"""Labels of things that have parts of their own label: a heap, and the ads that hang together on a wall."""
PART: Final = 0.8
"""From which share of its area on a box inside another is a part of what that one shows."""


class Spot:
    """A track with its place relative to the pass, which is dear and so looked for only when it is asked for."""

    def __init__(self, track: Track, label: str, camera: Camera, options: LocateOptions) -> None:
        self.track = track
        self.boxes: Mapping[int, Box] = {view.frame_index: view.xyxy for view in track.views}
        self._label = label
        self._camera = camera
        self._options = options

    @cached_property
    def place(self) -> Located | None:
        """None where it has none, so that it stays by itself."""
        views = tuple(
            view if view.pose is None
            else replace(view, pose=replace(view.pose, sigma_m=EXACT_SIGMA_M, along_sigma_m=0.0))
            for view in self.track.views
        )  # fmt: skip
        found = locate(replace(self.track, views=views), self._label, self._camera, self._options)
        return found if isinstance(found, Located) else None

    def at_once(self, other: Spot) -> bool:
        """Whether a frame saw both as two. Of long tracks not every view is kept: there it is enough that their times
        meet.
        """
        if both := self.boxes.keys() & other.boxes.keys():
            return not (
                self._label in WITH_PARTS and all(part_of_one(self.boxes[frame], other.boxes[frame]) for frame in both)
            )
        if max(len(self.boxes), len(other.boxes)) < MOST_VIEWS // 2:
            return False
        one, two = self.track.views, other.track.views
        return one[0].media_ns <= two[-1].media_ns and two[0].media_ns <= one[-1].media_ns

    def odds(self, other: Spot) -> float:
        """How many times likelier one thing is than two, were both never seen at once; 0 where that cannot be said."""
        others_per_m2 = OTHERS_PER_M2.get(self._label, OTHERS_DEFAULT)
        if math.isinf(others_per_m2) or self.track.label != other.track.label:
            return 0.0
        if self.place is None or other.place is None:
            return 0.0
        spread = _matrix(self.place) + _matrix(other.place)
        east, north = LocalFrame(self.place.lat, self.place.lon).to_en(other.place.lat, other.place.lon)
        off = np.array([east, north])
        density = math.exp(-0.5 * float(off @ np.linalg.solve(spread, off)))
        density /= 2.0 * math.pi * math.sqrt(float(np.linalg.det(spread)))
        return density / others_per_m2

    def same(self, other: Spot) -> bool:
        """Whether both are one thing."""
        return not self.at_once(other) and self.odds(other) > SURE


def part_of_one(one: Box, other: Box) -> bool:
    """Whether of two boxes one lies inside the other, but for what shaking corners leave outside."""
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    common = common_px2(one, other)
    return common > 0.0 and common >= PART * smaller


def _matrix(place: Located) -> NDArray[np.float64]:
    cov = place.covariance
    return np.array([[cov.ee, cov.en], [cov.en, cov.nn]])


def joined(
    tracks: Sequence[Track], labels: Sequence[str], matter: Set[str], camera: Camera, options: LocateOptions
) -> tuple[Track, ...]:
    """The tracks of a stretch, those of one thing put together, in the order of their first views.

    The likeliest pairs come first; a thing never holds two tracks that one frame saw. A joined track has the key of the
    one whose best view is best. labels: of the detector, by a track's label index; matter: those of things that are
    worth the search, the others stay as they are.
    """
    spots = [Spot(track, labels[track.label], camera, options) for track in tracks]
    pairs = []
    for at, one in enumerate(spots):
        for beside in range(at):
            other = spots[beside]
            if one.track.label == other.track.label and labels[one.track.label] in matter and one.same(other):
                pairs.append((one.odds(other), at, beside))
    groups: list[list[int]] = [[at] for at in range(len(spots))]
    for _, at, beside in sorted(pairs, reverse=True):
        first, second = groups[at], groups[beside]
        if first is second or any(spots[a].at_once(spots[b]) for a in first for b in second):
            continue
        first += second
        for member in second:
            groups[member] = first
    told = {id(group): group for group in groups}.values()
    whole = [_whole([tracks[member] for member in group]) for group in told]
    return tuple(sorted(whole, key=lambda track: (track.views[0].media_ns, track.key)))


def _whole(parts: Sequence[Track]) -> Track:
    if len(parts) == 1:
        return parts[0]
    lead = max(parts, key=lambda part: part.best.worth)
    views: dict[int, View] = {}
    for view in (view for part in parts for view in part.views):
        views[view.frame_index] = max(views.get(view.frame_index, view), view, key=_area)
    # A heap that was seen before anybody stood there is one, whoever did.
    was = lead.was if all(part.was is not None for part in parts) else None
    return Track(lead.key, lead.label, tuple(sorted(views.values(), key=lambda view: view.media_ns)), was)


def _area(view: View) -> float:
    x1, y1, x2, y2 = view.xyxy
    return (x2 - x1) * (y2 - y1)
