"""From detections frame by frame to tracks: one physical thing in one pass becomes one `Track`.

Made for a camera that drives. Every thing's place is predicted first: by the image's own motion where the caller gives
it (pipeline/ego.py), by the poses where the caller can project (pipeline/outlook.py), by its steady motion otherwise.
As in ByteTrack (Zhang et al., ECCV 2022) weak detections count too, but only to carry on what is already followed.
Labels of one family (pipeline/families.py) are one thing; its views vote on the label. Where a label may be a wrong
name (pipeline/mistaken.py), two boxes of one place are the better one, and what begins where a believed thing of the
right name was lost is that thing, until a frame shows both apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from typing import Any, Final

import lap
import numpy as np
from numpy.typing import NDArray

from pipeline.boxes import areas, clip, iou_matrix
from pipeline.detections import Detections
from pipeline.ego import Motion
from pipeline.hiding import hidden_sides
from pipeline.mistaken import doubles, lost_at, part
from pipeline.outlook import EDGE_PX, Ground, Outlook
from pipeline.pairing import Pairs
from pipeline.pose import Pose
from pipeline.reasons import Reason
from pipeline.track import Sides, Track
from pipeline.tracklet import Tracklet

LEAVING: Final = 0.35
"""A thing is leaving the picture where less than this share of its box is inside."""
OUTSIDE: Final = 0.05
"""The share under which what is not found is gone."""
WEAK_DISCOUNT: Final = 0.85


@dataclass(frozen=True, slots=True)
class TrackingRules:
    """hits of window: a thing is believed when found in so many of its last analysed frames.

    gap_s and gap_steps: it is given up when unseen for longer than both. same_iou: boxes of one family that overlap
    more are one thing.
    """

    hits: int = 3
    window: int = 6
    gap_s: float = 1.5
    gap_steps: int = 4
    same_iou: float = 0.65
    least_likeness: float = 0.15
    least_likeness_weak: float = 0.3


class Tracker:
    """Follows things through one pass of one source; see the module.

    start: float32 [labels], the score from which a detection may begin a track; weaker ones only continue one.
    family: int16 [labels] from `families`. width_px, height_px: the picture's size.
    mistaken: from `mistaken.mistaken`.
    ground, hanging: what expects standing things by the poses, and the labels of things that hang on walls: their foot
    is not on the ground, so that expectation would hold them back.
    rejected: things given up before they were believed, by reason.
    """

    def __init__(
        self,
        start: NDArray[np.float32],
        family: NDArray[np.int16],
        width_px: int,
        height_px: int,
        rules: TrackingRules | None = None,
        ground: Ground | None = None,
        hanging: frozenset[int] = frozenset(),
        mistaken: Mapping[int, int] | None = None,
    ) -> None:
        self._rules = TrackingRules() if rules is None else rules
        self._start = start
        self._family = family
        self._width_px, self._height_px = width_px, height_px
        self._limit = np.array([width_px, height_px, width_px, height_px], np.float32)
        self._outlook = None if ground is None else Outlook(ground, hanging, width_px, height_px)
        self._mistaken = {} if mistaken is None else mistaken
        self._live: list[Tracklet] = []
        self._ended: list[Track] = []
        self._key = 0
        self._at_ns: int | None = None
        self.rejected: Counter[Reason] = Counter()

    def anew(self, start: NDArray[np.float32]) -> Tracker:
        """A tracker of the same camera that follows nothing yet, for another detector; its keys go on from here."""
        other = Tracker(start, self._family, self._width_px, self._height_px, self._rules, mistaken=self._mistaken)
        other._key, other._outlook = self._key, self._outlook
        return other

    def boxes(self) -> NDArray[np.float32]:
        """float32 [N, 4]: the latest places of all things being followed, for `ego.estimate`."""
        return np.array([one.box for one in self._live], np.float32).reshape(-1, 4)

    def wants_motion(self, media_ns: int, least_gap_s: float = 0.08) -> bool:
        """Whether the image's motion up to this frame would help: something is followed and the gap is not tiny."""
        return bool(self._live) and self._at_ns is not None and (media_ns - self._at_ns) / 1e9 >= least_gap_s

    def step(
        self,
        frame_index: int,
        media_ns: int,
        detections: Detections,
        motion: Motion | None = None,
        pose: Pose | None = None,
    ) -> Detections:
        """Take one analysed frame; the same detections come back with their tracks' keys.

        detections: weak ones included (down to about 0.1). motion: from the frame of the last step to this one.
        A detection that belongs to no track, or that doubles a better one of its family, keeps −1.
        """
        camera = self._predict(media_ns, motion, pose)
        keeper, votes = self._merge(detections)
        rows = np.flatnonzero(keeper == np.arange(len(detections)))
        sure = detections.score[rows] >= self._start[detections.label[rows]]
        covered = hidden_sides(detections.xyxy, detections.xyxy[rows[sure]])
        hidden: list[Sides] = [(bool(a), bool(b), bool(c), bool(d)) for a, b, c, d in covered]
        track = np.full(len(detections), -1, np.int32)
        same = np.array([one.family for one in self._live])[:, None] == self._family[detections.label[rows]]
        if self._outlook is not None:
            self._outlook.align(self._live, detections.xyxy[rows], same)
        matched = self._match(rows, sure, same, detections)
        if self._outlook is not None and pose is not None:
            self._outlook.learn(((self._live[at], detections.xyxy[row]) for at, row in matched.items()), pose)
        for at, one in enumerate(self._live):
            row = matched.get(at)
            if row is None:
                one.miss(media_ns)
                continue
            seen = detections.xyxy[row], float(detections.score[row]), votes[row]
            one.hit(frame_index, media_ns, *seen, pose, None if camera is None else camera[at], hidden[row])
            track[row] = one.key
        for row in rows[sure]:
            if track[row] < 0:
                track[row] = self._begin(frame_index, media_ns, detections, int(row), votes[row], pose, hidden[row])
        part(self._live)
        self._settle(media_ns)
        self._at_ns = media_ns
        return replace(detections, track=track)

    def confirmed(self) -> frozenset[int]:
        """Keys of the live tracks that are believed."""
        return frozenset(one.key for one in self._live if one.confirmed)

    def alive(self) -> frozenset[int]:
        """Keys of all live tracks, believed or not: pictures held for any other key may be let go."""
        return frozenset(one.key for one in self._live)

    def young(self, labels: Set[int]) -> bool:
        """Whether something of these labels was seen and is neither believed nor given up."""
        return any(not one.confirmed and one.label() in labels for one in self._live)

    def drain(self) -> tuple[Track, ...]:
        """Tracks that ended since the last call, each given once."""
        ended, self._ended = tuple(self._ended), []
        return ended

    def finish(self) -> tuple[Track, ...]:
        """End everything; the tracks that were not drained yet, in the order of their first sight."""
        for one in self._live:
            self._end(one)
        self._live = []
        return tuple(sorted(self.drain(), key=lambda track: (track.views[0].media_ns, track.key)))

    def _predict(self, media_ns: int, motion: Motion | None, pose: Pose | None) -> NDArray[np.float32] | None:
        """Predict every live thing; where the camera's motion alone would carry each, float32 [live, 4]."""
        boxes = self.boxes()
        carried = camera = None
        by_corners = np.zeros(len(boxes), np.bool_)
        if motion is not None:
            carried, by_corners = motion.move(boxes)
            camera = motion.move_with_camera(boxes)
        for at, one in enumerate(self._live):
            own = carried[at] if carried is not None and by_corners[at] else None
            ground = None
            if own is None and pose is not None and self._outlook is not None:
                ground = self._outlook.expected(one, pose)
            one.predict(media_ns, own, None if camera is None else camera[at], ground)
        return camera

    def _merge(self, detections: Detections) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """[N] the row that stands for each row's thing, and [N, labels] what the merged rows call it."""
        count = len(detections)
        keeper = np.arange(count)
        votes = np.zeros((count, len(self._start)), np.float64)
        family = self._family[detections.label]
        alike = (family[:, None] == family) | doubles(detections.label, self._mistaken)
        same = np.tril((iou_matrix(detections.xyxy, detections.xyxy) > self._rules.same_iou) & alike, -1)
        for row in np.flatnonzero(same.any(axis=1)):
            better = np.flatnonzero(same[row] & (keeper == np.arange(count)))
            keeper[row] = better[0] if len(better) else row
        np.maximum.at(votes, (keeper, detections.label), detections.score)
        return keeper, votes

    def _match(
        self, rows: NDArray[np.intp], sure: NDArray[np.bool_], same: NDArray[np.bool_], detections: Detections
    ) -> dict[int, int]:
        """Live track → detection row: the assignment with the greatest total likeness.

        Weak detections take part at a discount, not afterwards: else a thing seen weakly for one frame would take its
        sure neighbour first, and a whole row would shift by one.
        """
        if not self._live or not len(rows):
            return {}
        likeness = self._likeness(detections.xyxy[rows], same)
        least = np.where(sure, self._rules.least_likeness, self._rules.least_likeness_weak)
        worth = np.where(likeness >= least, likeness * np.where(sure, 1.0, WEAK_DISCOUNT), -9.0)
        _, picked, _ = lap.lapjv(1.0 - worth, extend_cost=True, cost_limit=1.0)
        return {at: int(rows[column]) for at, column in enumerate(picked) if column >= 0}

    def _likeness(self, found: NDArray[np.float32], same: NDArray[np.bool_]) -> NDArray[np.float64]:
        """[live, found] in 0..1: overlap with the predicted place, and nearness in place and size."""
        whole = np.array([one.predicted for one in self._live], np.float32)
        predicted = clip(whole, self._width_px, self._height_px)
        overlap = iou_matrix(predicted, found).astype(np.float64)
        near = Pairs.between(predicted, found).near(np.array([one.slack for one in self._live]), np.zeros(2))
        # What is leaving the picture is cut off by its edge; the next thing in the row, still whole, is not it.
        leaving = self._visible(whole) < LEAVING
        cut = np.any((found < EDGE_PX) | (found > self._limit - EDGE_PX), axis=1)
        possible = same & (cut[None, :] | ~leaving[:, None])
        return np.where(possible, 0.5 * overlap + 0.5 * near, 0.0)

    def _visible(self, xyxy: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        """[N] the share of each box that lies inside the picture."""
        return np.asarray(areas(clip(xyxy, self._width_px, self._height_px)) / np.maximum(areas(xyxy), 1.0))

    def _begin(
        self,
        frame_index: int,
        media_ns: int,
        detections: Detections,
        row: int,
        votes: NDArray[np.float64],
        pose: Pose | None,
        hidden: Sides,
    ) -> int:
        self._key += 1
        one = Tracklet(self._key, int(self._family[detections.label[row]]), len(self._start), self._rules.window)
        one.was = lost_at(self._live, detections.xyxy[row], self._mistaken.get(int(detections.label[row])))
        one.hit(frame_index, media_ns, detections.xyxy[row], float(detections.score[row]), votes, pose, None, hidden)
        self._live.append(one)
        return one.key

    def _settle(self, media_ns: int) -> None:
        """Believe what was found often enough, and give up what was unseen for too long."""
        rules = self._rules
        still: list[Tracklet] = []
        visible = self._visible(self.boxes())
        for at, one in enumerate(self._live):
            one.confirmed = one.confirmed or one.recent_hits >= rules.hits
            patience = rules.gap_steps if one.confirmed else max(rules.window - rules.hits, 1)
            gone = one.missed > patience and (not one.confirmed or (media_ns - one.seen_ns) / 1e9 > rules.gap_s)
            if gone or (one.missed and visible[at] < OUTSIDE):
                self._end(one)
            else:
                still.append(one)
        self._live = still

    def _end(self, one: Tracklet) -> None:
        if one.confirmed:
            self._ended.append(one.track())
        else:
            self.rejected[Reason.FEW_HITS] += 1
