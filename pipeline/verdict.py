"""A finished track as an observation: located as well as its views allow, judged by the city's rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from pipeline.anchors import ANCHORS, Shift, shift_of
from pipeline.joining import Spot, joined
from pipeline.judge import Rules, judge, unfit
from pipeline.lean import lean_of
from pipeline.locate import locate, worst_sigma
from pipeline.observation import AttributeValue, ClockQuality, Located, Observation, SourceKind
from pipeline.pose import Camera, FixQuality, Pose
from pipeline.reasons import Reason, Rejected
from pipeline.track import Track

NOWHERE: Final = frozenset({Reason.TOO_FAR, Reason.ABOVE_HORIZON})
UNSURE_M: Final = 8.0
"""A place less certain than that in some direction is told with how uncertain it is."""


@dataclass(frozen=True, slots=True)
class Court:
    """Judges the tracks of one pass. utc_ns: of a media time, for tracks without a pose."""

    rules: Rules
    camera: Camera
    clock: ClockQuality
    source_kind: SourceKind
    model_digest: str
    utc_ns: Callable[[int], int]

    def put_right(self, tracks: Sequence[Track]) -> tuple[Track, ...]:
        """The tracks of a stretch whose places matter, from poses that look where all tracks together say that the
        camera looked; the others as they are."""
        labels, matter = self.rules.taxonomy.labels, self._matter()
        if not any(labels[track.label] in matter for track in tracks):
            return tuple(tracks)
        lean = lean_of(tracks, labels, self.camera, self.rules.locate)
        if lean is None:
            return tuple(tracks)
        return tuple(lean.put_right(track) if labels[track.label] in matter else track for track in tracks)

    def shift(self, tracks: Sequence[Track]) -> Shift | None:
        """How far the positions of a stretch are off, by the registered bins among its tracks."""
        return shift_of(tracks, self.rules.taxonomy.labels, self.camera, self.rules.bins, self.rules.locate)

    def joined(self, tracks: Sequence[Track]) -> tuple[Track, ...]:
        """Tracks of one thing put together, where their places matter."""
        return joined(tracks, self.rules.taxonomy.labels, self._matter(), self.camera, self.rules.locate)

    def _matter(self) -> frozenset[str]:
        """Labels of things that can be told of, or that tell where others are."""
        return frozenset(label for label in self.rules.taxonomy.labels if self.rules.reports(label)) | ANCHORS

    def worth_reading(self, track: Track) -> bool:
        """Whether a finished track was seen often and surely enough; where it stands is not looked for."""
        return unfit(track, self.rules) is None

    def same(self, one: Track, other: Track) -> bool:
        """Whether two tracks, seen from nearly one place, are of one thing."""
        label = self.rules.taxonomy.labels[one.label]
        first, second = (Spot(track, label, self.camera, self.rules.locate) for track in (one, other))
        return one.label == other.label and first.same(second)

    def judge(self, track: Track, ident: Callable[[str, int], UUID]) -> Observation | Rejected:
        """The observation (without pictures), or why the track is none.

        A problem seen without positions, or too uncertain to place, is still an observation; its attribute `unlocated`
        says why. One that is too far, or whose foot is above the horizon, is none.
        """
        if (reason := unfit(track, self.rules)) is not None:
            return Rejected(reason)
        label = self.rules.taxonomy.labels[track.label]
        place = locate(track, label, self.camera, self.rules.locate)
        if isinstance(place, Rejected) and place.reason in NOWHERE:
            return place
        located = place if isinstance(place, Located) else None
        verdict = judge(track, located, self.camera, self.rules)
        if isinstance(verdict, Rejected):
            return verdict
        pose = track.best.pose
        camera = _camera(located, pose)
        utc_ns = self.utc_ns(track.best.media_ns) if pose is None else pose.utc_ns
        attributes: tuple[tuple[str, AttributeValue], ...] = (("label", label), *verdict.attributes, *_in_view(track))
        if isinstance(place, Rejected):
            attributes += (("unlocated", place.reason.value),)
        elif pose is not None and pose.quality is FixQuality.DEAD_RECKONED:
            attributes += (("fix", FixQuality.DEAD_RECKONED.value),)
        if located is not None and (sigma_m := worst_sigma(located.covariance)) > UNSURE_M:
            attributes += (("unsure_m", round(sigma_m, 1)),)
        return Observation(
            id=ident(verdict.category, utc_ns),
            category=verdict.category,
            utc_ns=utc_ns,
            clock=self.clock,
            lat=None if located is None else located.lat,
            lon=None if located is None else located.lon,
            covariance=None if located is None else located.covariance,
            camera_lat=camera[0],
            camera_lon=camera[1],
            camera_heading_deg=camera[2],
            range_m=None if located is None else located.range_m,
            bearing_deg=None if located is None else located.bearing_deg,
            score=track.score,
            source_kind=self.source_kind,
            model_digest=self.model_digest,
            attributes=attributes,
        )


def _camera(located: Located | None, pose: Pose | None) -> tuple[float, float, float] | tuple[None, None, None]:
    """Latitude, longitude and heading from where the thing was placed, else of its best view."""
    if located is not None:
        return located.camera_lat, located.camera_lon, located.camera_heading_deg
    return (None, None, None) if pose is None else (pose.lat, pose.lon, pose.heading_deg)


def _in_view(track: Track) -> tuple[tuple[str, AttributeValue], ...]:
    """How long the thing was in the picture before and after its best view: two that were so at once are two things."""
    best_ns = track.best.media_ns
    return (
        ("in_view_before_s", round((best_ns - track.views[0].media_ns) / 1e9, 2)),
        ("in_view_after_s", round((track.views[-1].media_ns - best_ns) / 1e9, 2)),
    )
