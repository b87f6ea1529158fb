"""The story of a pass: frames and positions in, observations out.

    shot ─ where was the camera? ─ worth a look? ─ detect ─ follow ─ hold the frame that shows a thing best
                                                       └─ track ends ─ read the ad ─ judge ─ redact ─► observation
    60 s or 400 m ─► traverse, with all that ended in it

Everything with a side effect is passed in (`Tools`). Frames come in one at a time: while boxes are looked for in one
(or more, `Plan.ahead`), the next is decoded and looked at; each is analysed in its turn. What outlives them are boxes,
poses, the few frames of the shelf (`Shelf`), as they are and in memory only, and redacted views. frames in = analysed +
skipped + quarantined.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.album import Album, Kept, Wanted, worth
from pipeline.boxes import Box
from pipeline.detections import Detections
from pipeline.ego import Small, estimate, small_grey
from pipeline.events import Events, Finished, Looked, Resume
from pipeline.evidence import Picture
from pipeline.negative import Negative
from pipeline.observation import AttributeValue, Observation
from pipeline.pose import Pose
from pipeline.reasons import Reason, Rejected
from pipeline.redact import Regions
from pipeline.repeats import Repeats
from pipeline.shots import LetGo, Lost, Shot
from pipeline.stretch import Stretch
from pipeline.tools import Plan, Tools
from pipeline.track import Track

Image = NDArray[np.uint8]


def inspect(
    shots: Iterable[Shot | Lost | LetGo],
    tools: Tools,
    plan: Plan,
    resume: Resume | None = None,
    relay: Callable[[], Tools | None] | None = None,
) -> Events:
    """Tell the story: a `Looked` for every frame and a `Finished` after every traverse, the last one included.

    relay: asked before every frame; the tools that it gives take over from that frame on, in a traverse of their own.
    """
    telling = _Telling(tools, plan, resume or Resume(0, 0))
    for shot in shots:
        if relay is not None and (others := relay()) is not None:
            yield from telling.hand_over(others)
        pose = telling.pose(shot)
        yield from telling.cut_before(shot, pose)
        yield from telling.look(shot, pose)
    yield from telling.end()


@dataclass(frozen=True, slots=True, eq=False)
class _Begun:
    """A frame in which boxes are being looked for."""

    shot: Shot
    pose: Pose | None
    image: Image
    small: Small
    boxes: Callable[[], Detections]


@dataclass(slots=True)
class _Telling:
    tools: Tools
    plan: Plan
    resume: Resume
    album: Album = field(init=False)
    ended: list[Track] = field(default_factory=list)
    stretch: Stretch | None = None
    number: int = field(init=False)
    last_ns: int = 0
    before: Small | None = None
    was_at_m: float | None = None
    sights: Counter[int] = field(default_factory=Counter)
    waiting: deque[Looked | _Begun] = field(default_factory=deque)
    told: Repeats = field(init=False)

    def __post_init__(self) -> None:
        self.album = Album(self.plan.shelf)
        self.number = self.resume.traverses
        self.told = Repeats(self.plan.standing_m, self.tools.judge.same)

    def pose(self, shot: Shot | Lost | LetGo) -> Pose | None:
        if self.tools.poses is None:
            return None
        pose = self.tools.poses.pose(shot.index, shot.media_ns)
        return None if isinstance(pose, Rejected) else pose

    def cut_before(self, shot: Shot | Lost | LetGo, pose: Pose | None) -> Events:
        """Finish the traverse that this shot no longer belongs to; none grows before the pass is taken up again."""
        if shot.media_ns < self.resume.done_ns:
            return
        if self.stretch is None:
            # What ended while warming up was told when the pass was inspected that far.
            yield from self._settled()
            self.ended = []
        odometer_m = None if pose is None else pose.odometer_m
        if self.stretch is not None and self.stretch.is_full(shot.media_ns, odometer_m, self.plan.cuts):
            yield from self._settled()
            yield self._finish(self.stretch, shot.media_ns)
            self.stretch = None
        if self.stretch is None:
            self.stretch = Stretch(shot.media_ns, odometer_m)
        self.last_ns = shot.media_ns

    def hand_over(self, others: Tools) -> Events:
        """Other tools from the next frame on. What the old ones followed ends here and is judged by them."""
        yield from self._settled()
        self._end(self.tools.tracker.finish())
        if self.stretch is not None:
            yield self._finish(self.stretch, self.last_ns + 1)
            self.stretch = None
        self.tools, self.before = others, None
        self._forget(frozenset())

    def look(self, shot: Shot | Lost | LetGo, pose: Pose | None) -> Iterator[Looked]:
        """Take one shot as far as it goes; outcomes come in the order of shots, so some a little later."""
        if isinstance(shot, Shot) and self.tools.sampler.depends(pose):
            yield from self._settled()
        self.waiting.append(self._begin(shot, pose))
        yield from self._settled(self.plan.ahead)

    def _settled(self, still: int = 0) -> Iterator[Looked]:
        """What is waiting, in order, but for the `still` frames that were begun last and what came after them."""
        begun = sum(isinstance(one, _Begun) for one in self.waiting)
        while self.waiting and (begun > still or isinstance(self.waiting[0], Looked)):
            one = self.waiting.popleft()
            if isinstance(one, _Begun):
                begun -= 1
                yield self._analyse(one)
            else:
                yield one

    def _begin(self, shot: Shot | Lost | LetGo, pose: Pose | None) -> Looked | _Begun:
        if isinstance(shot, Lost):
            if self.stretch is not None:
                self.stretch.quarantine(shot.reason)
            return Looked(shot.index, shot.media_ns, shot.reason, Detections.none())
        if isinstance(shot, LetGo):
            if self.stretch is not None:
                self.stretch.skip(shot.reason, None)
            return Looked(shot.index, shot.media_ns, shot.reason, Detections.none())
        reason = self.tools.sampler.place(pose, shot.media_ns, self.tools.tracker.young(self.plan.pictured))
        if reason is None:
            image = shot.frame().image
            small = small_grey(image)
            reason = self.tools.sampler.sight(small)
        if reason is not None:
            if self.stretch is not None:
                self.stretch.skip(reason, pose)
            return Looked(shot.index, shot.media_ns, reason, Detections.none())
        if self.stretch is not None:
            self.stretch.analyse(pose)
        return _Begun(shot, pose, image, small, self.tools.detect(image))

    def _analyse(self, begun: _Begun) -> Looked:
        shot, pose, image, small = begun.shot, begun.pose, begun.image, begun.small
        tracker, motion = self.tools.tracker, None
        self._mind_the_jump(pose)
        if self.before is not None and tracker.wants_motion(shot.media_ns, pose):
            motion = estimate(self.before, small, tracker.boxes(pose))
        self.before = small
        every = begun.boxes()
        seen = tracker.step(shot.index, shot.media_ns, every, motion, pose)
        self._end(tracker.drain())
        negative = Negative(shot, image.nbytes, every)
        self._show(seen, image, negative)
        watched = self.plan.every_picture or (self.tools.watched is not None and self.tools.watched())
        picture = negative.develop(self.tools.privacy) if watched else None
        self._forget(tracker.alive())
        return Looked(shot.index, shot.media_ns, None, seen, picture)

    def _show(self, seen: Detections, image: Image, negative: Negative) -> None:
        """Hold this frame for the things that it shows best. A plate is sealed here and now, so its vehicle is redacted
        here and now."""
        privacy, plates = self.tools.privacy, self.tools.plates
        at_once = self.album.offer(self._shown_by(seen, image), negative, privacy)
        if at_once and plates is not None and isinstance(regions := negative.regions(privacy), Regions):
            plates.look(image, regions, seen, {one.key for one in at_once})

    def _mind_the_jump(self, pose: Pose | None) -> None:
        """Where the camera was carried on unseen, what is in sight now is not what was."""
        at_m = None if pose is None else pose.odometer_m
        if at_m is not None and self.was_at_m is not None and abs(at_m - self.was_at_m) > self.plan.jump_m:
            self._end(self.tools.tracker.finish())
            self.before = None
        self.was_at_m = at_m if at_m is not None else self.was_at_m

    def _shown_by(self, seen: Detections, image: Image) -> list[Wanted]:
        """The things in this frame of which a picture may be needed: seen before, and of a label that can be a problem.

        Not only believed tracks: what is seen three times is nearest in the last, and often cut off there.
        """
        height, width = image.shape[:2]
        wanted = []
        for row in np.flatnonzero(seen.track >= 0):
            key, label = int(seen.track[row]), int(seen.label[row])
            self.sights[key] += 1
            if self.sights[key] >= self.plan.sights and label in self.plan.pictured:
                x1, y1, x2, y2 = (float(side) for side in seen.xyxy[row])
                box: Box = (x1, y1, x2, y2)
                value = worth(box, float(seen.score[row]), width, height)
                wanted.append(Wanted(key, box, value, self.tools.reads(label), self.tools.seals(label)))
        return wanted

    def _end(self, tracks: Sequence[Track]) -> None:
        """These are out of sight. What can be read on them is read while the pass goes on, not when it is judged; but
        only on what can become an observation, since reading is the dearest that happens to a thing."""
        self.ended += tracks
        if self.tools.numbers is not None and self.stretch is not None:
            for track in tracks:
                if self.tools.reads(track.label) and self.tools.judge.worth_reading(track):
                    self.album.develop(track.key, self.tools.privacy)
                    self.tools.numbers.begin(track.key, track.label, self.album.legible(track.key))

    def _forget(self, alive: Set[int]) -> None:
        """Let go of what was held for things that were given up without becoming a track."""
        needed = alive | {track.key for track in self.ended}
        self.album.forget_all_but(needed)
        if self.tools.plates is not None:
            self.tools.plates.forget_all_but(needed)
        for key in self.sights.keys() - alive:
            del self.sights[key]

    def end(self) -> Events:
        """The footage is over: what still was in sight has ended too."""
        yield from self._settled()
        self._end(self.tools.tracker.finish())
        if self.stretch is not None:
            yield self._finish(self.stretch, self.last_ns + 1)

    def _finish(self, stretch: Stretch, done_ns: int) -> Finished:
        tools, plan, number = self.tools, self.plan, self.number
        observations: list[Observation] = []
        pictures: list[Picture] = []
        rejected, tools.tracker.rejected = tools.tracker.rejected, Counter()
        whole = tools.judge.joined(tools.judge.put_right(self.ended))
        rejected[Reason.JOINED] += len(self.ended) - len(whole)
        shift = tools.judge.shift(whole)
        held: list[tuple[Track, Observation, Kept]] = []
        for seen in whole:
            track = seen if shift is None else shift.moved(seen)
            verdict = self.told.once(seen, tools.judge.judge(track, partial(tools.ids.observation, track)))
            if isinstance(verdict, Rejected):
                rejected[verdict.reason] += 1
                if tools.numbers is not None:
                    tools.numbers.forget(track.key)
                continue
            held.append((track, verdict, self.album.take(track.key, tools.privacy)))
        for track, verdict, kept in held:  # no number is waited for before all are redacted
            sealed, plate = self._plate(track)
            evidence = tuple(one.evidence for one in kept.pictures + sealed)
            read = () if tools.numbers is None else tools.numbers.attributes(track.key, track.label, kept.legible)
            attributes = verdict.attributes + read + plate
            observations.append(replace(verdict, evidence=evidence, appearance=kept.appearance, attributes=attributes))
            pictures += kept.pictures + sealed
        ident = tools.ids.traverse(number, tools.utc_ns(stretch.begins_ns))
        traverse = stretch.traverse(
            ident, plan.device, plan.source_kind, plan.clock, observations, plan.hfov_deg, plan.view_range_m, shift
        )
        withheld, early = self.album.drain()
        readings = () if tools.numbers is None else tools.numbers.drain()
        self.ended, self.number = [], number + 1
        platings = () if tools.plates is None else tools.plates.drain()
        told = tuple(sorted((+rejected).items()))
        return Finished(number, traverse, tuple(pictures), told, withheld, done_ns, shift, readings, platings, early)

    def _plate(self, track: Track) -> tuple[tuple[Picture, ...], tuple[tuple[str, AttributeValue], ...]]:
        desk = self.tools.plates
        return ((), ()) if desk is None or track.label not in desk.labels else desk.take(track.key)
