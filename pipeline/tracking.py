"""From detections frame by frame to tracks: one physical thing in one pass becomes one `Track`.

Made for a camera that drives. Every thing's place is predicted first: by the image's own motion where the caller gives
it (pipeline/ego.py), by the poses where the camera is known (pipeline/outlook.py), by its steady motion otherwise.
As in ByteTrack (Zhang et al., ECCV 2022) weak detections count too, but only to carry on what is already followed.
Labels of one family (pipeline/families.py) are one thing; its views vote on the label. Where a label may be a wrong
name (pipeline/mistaken.py), two boxes of one place are the better one, and what begins where a believed thing of the
right name was lost is that thing, until a frame shows both apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.assignment import assigned
from pipeline.awaited import Awaited
from pipeline.boxes import Box, areas, clip, iou_matrix, rows_of
from pipeline.detections import Detections
from pipeline.ego import Motion
from pipeline.found import Found
from pipeline.mistaken import lost_at, part
from pipeline.outlook import EDGE_PX, Outlook
from pipeline.pairing import Pairs
from pipeline.pose import Camera, Pose
from pipeline.reasons import Reason
from pipeline.track import Track, View
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
    camera, hanging: by which the poses tell where standing things are expected, and the labels of things that hang on
    walls: their foot is not on the ground, so that expectation would hold them back. standing: labels of things that do
    not move by themselves: where the poses tell where one is, the corners on it are not asked.
    rejected: things given up before they were believed, by reason.
    """

    def __init__(
        self,
        start: NDArray[np.float32],
        family: NDArray[np.int16],
        width_px: int,
        height_px: int,
        rules: TrackingRules | None = None,
        camera: Camera | None = None,
        hanging: frozenset[int] = frozenset(),
        mistaken: Mapping[int, int] | None = None,
        standing: frozenset[int] = frozenset(),
    ) -> None:
        self._rules = TrackingRules() if rules is None else rules
        self._start = start
        self._family = family
        self._width_px, self._height_px = width_px, height_px
        self._limit = np.array([width_px, height_px, width_px, height_px], np.float32)
        self._outlook = None if camera is None else Outlook(camera, hanging, standing)
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

    def boxes(self, pose: Pose | None = None) -> NDArray[np.float32]:
        """float32 [N, 4]: the latest places of all things being followed whose own motion matters, for `ego.estimate`
        of a picture that was taken from this pose."""
        return _boxes([one.box for one in self._live if not self._stands(one, pose)])

    def wants_motion(self, media_ns: int, pose: Pose | None = None, least_gap_s: float = 0.08) -> bool:
        """Whether the image's motion up to this frame would help: something is followed of which the pose does not tell
        as much, and the gap is not tiny."""
        if self._at_ns is None or (media_ns - self._at_ns) / 1e9 < least_gap_s:
            return False
        return not all(self._stands(one, pose) for one in self._live)

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
        awaited, carried = self._await(media_ns, motion, pose)
        found = Found.of(detections, self._start, self._family, self._mistaken, self._rules.same_iou)
        placed = awaited if self._outlook is None else self._outlook.aligned(awaited, found)
        visible = self._visible(placed.xyxy)
        matched = self._match(placed, visible, found)
        if self._outlook is not None:
            self._outlook.learn(self._live, awaited, found, matched)
        track = np.full(len(detections), -1, np.int32)
        for at, (one, box) in enumerate(zip(self._live, rows_of(placed.xyxy), strict=True)):
            row = matched.get(at)
            if row is None:
                one.miss(media_ns, box)
                continue
            one.hit(found.view(row, frame_index, media_ns, pose), found.votes[row], carried[at])
            track[found.row[row]] = one.key
        for row in np.flatnonzero(found.sure & (track[found.row] < 0)).tolist():
            track[found.row[row]] = self._begin(found.view(row, frame_index, media_ns, pose), found, row)
        part(self._live)
        self._settle(media_ns, visible)
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
        return any(not one.confirmed and one.label in labels for one in self._live)

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

    def _await(self, media_ns: int, motion: Motion | None, pose: Pose | None) -> tuple[Awaited, Sequence[Box | None]]:
        """Where every live thing should be now, and where the camera's motion alone would carry each."""
        nothing: list[Box | None] = [None] * len(self._live)
        own, carried, ground = nothing, nothing, nothing
        stands = [self._stands(one, pose) for one in self._live]
        if motion is not None:
            moved, by_corners, camera = motion.move(_boxes([one.box for one in self._live]))
            said = zip(rows_of(moved), by_corners, stands, strict=True)
            own = [box if told and not still else None for box, told, still in said]
            carried = [*rows_of(camera)]
        if self._outlook is not None:
            self._outlook.look(pose)
            ground = [None if told else self._outlook.expected(one) for one, told in zip(self._live, own, strict=True)]
        sources = zip(self._live, own, carried, ground, strict=True)
        boxes = [one.predict(media_ns, *places) for one, *places in sources]
        return Awaited(
            xyxy=np.array(boxes, np.float32).reshape(-1, 4),
            standing=np.array([box is not None for box in ground], np.bool_),
            family=np.array([one.family for one in self._live], np.int16),
            slack=np.array([one.slack for one in self._live], np.float64),
        ), carried

    def _stands(self, one: Tracklet, pose: Pose | None) -> bool:
        return self._outlook is not None and self._outlook.suffices(one, pose)

    def _match(self, awaited: Awaited, visible: NDArray[np.floating[Any]], found: Found) -> dict[int, int]:
        """By the place of a live thing, that of what it was found to be: the assignment with the greatest likeness.

        Weak detections take part at a discount, not afterwards: else a thing seen weakly for one frame would take its
        sure neighbour first, and a whole row would shift by one.
        """
        if not len(awaited) or not len(found):
            return {}
        likeness = self._likeness(awaited, visible, found)
        least = np.where(found.sure, self._rules.least_likeness, self._rules.least_likeness_weak)
        worth = np.where(likeness >= least, likeness * np.where(found.sure, 1.0, WEAK_DISCOUNT), -9.0)
        return {at: row for at, row in enumerate(assigned(1.0 - worth, 1.0)) if row >= 0}

    def _likeness(self, awaited: Awaited, visible: NDArray[np.floating[Any]], found: Found) -> NDArray[np.float64]:
        """[awaited, found] in 0..1: overlap with the predicted place, and nearness in place and size."""
        predicted = clip(awaited.xyxy, self._width_px, self._height_px)
        overlap = iou_matrix(predicted, found.xyxy).astype(np.float64)
        near = Pairs.between(predicted, found.xyxy).near(awaited.slack, np.zeros(2))
        # What is leaving the picture is cut off by its edge; the next thing in the row, still whole, is not it.
        cut = np.any((found.xyxy < EDGE_PX) | (found.xyxy > self._limit - EDGE_PX), axis=1)
        possible = (awaited.family[:, None] == found.family) & (cut | (visible >= LEAVING)[:, None])
        return np.where(possible, 0.5 * overlap + 0.5 * near, 0.0)

    def _visible(self, xyxy: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        """[N] the share of each box that lies inside the picture."""
        return np.asarray(areas(clip(xyxy, self._width_px, self._height_px)) / np.maximum(areas(xyxy), 1.0))

    def _begin(self, view: View, found: Found, row: int) -> int:
        """Follow something new; its key."""
        self._key += 1
        one = Tracklet(self._key, int(found.family[row]), len(self._start), self._rules.window)
        one.was = lost_at(self._live, view.xyxy, self._mistaken.get(int(found.label[row])))
        one.hit(view, found.votes[row])
        self._live.append(one)
        return one.key

    def _settle(self, media_ns: int, visible: NDArray[np.floating[Any]]) -> None:
        """Believe what was found often enough, and give up what was unseen for too long.

        visible: of the things that were awaited; those that began in this frame come after them.
        """
        rules = self._rules
        still: list[Tracklet] = []
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


def _boxes(boxes: Sequence[Box]) -> NDArray[np.float32]:
    return np.array(boxes, np.float32).reshape(-1, 4)
