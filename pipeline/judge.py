"""The rules: whether a located track is a problem a city acts on.

| label | is a problem when |
|---|---|
| illegal_ad | it was seen often and surely enough |
| litter | the same, it does not move, and it was not followed as a person before |
| overflowing_bin | the same, it does not move; tied to the registered bin within its error |
| car, truck, bus | it stands still over ground AND is likely in a no-parking or pavement zone |
| motorcycle, bicycle | the same in a no-parking or no-cycles zone: a pavement is where they may stand |
| bin, person | never |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.locate import LocateOptions, motion
from pipeline.observation import AttributeValue, Located
from pipeline.pose import Camera
from pipeline.reasons import Reason, Rejected
from pipeline.register import Register
from pipeline.shapes import Lump, shape_of
from pipeline.taxonomy import Category, Taxonomy
from pipeline.track import Track
from pipeline.zones import ZoneMap

MOTOR: Final = frozenset({"no_parking", "pavement"})
CYCLES: Final = frozenset({"no_parking", "no_cycles"})
FORBIDDEN: Final = {"car": MOTOR, "truck": MOTOR, "bus": MOTOR, "motorcycle": CYCLES, "bicycle": CYCLES}
"""Kinds of zones in which a vehicle of a label may not stand."""
ALLOWED: Final = frozenset({"parking_bay"})
VEHICLES: Final = frozenset(FORBIDDEN)
PERSON: Final = "person"
MIN_SCORE: Final = {"illegal_ad": 0.8}
"""Legal notice boards and signs look like ads: on the demo drive they have reached 0.70, ads 0.83 from the air and
0.88 from the road."""
FAR_M: Final = {"illegal_ad": 18.0}
"""From 19 m a notice board reaches 0.79."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a judgement needs to know beside the track.

    min_score: a track's least score by label (min_score_default for labels not named): below it a crew's way is not
    worth the doubt. far_m, by label (far_m_default for labels not named): what was never seen from nearer is left for a
    nearer look, since its picture is too small for a person to judge. min_score_unregistered: the least score of a full
    bin at a place where the city's register, if there is one, knows no bin. timed: whether the views' times are
    real, so that dwell can be told from them (photos without a clock: False). min_dwell_s: how long a vehicle must
    have been watched standing. moving_mps and moving_sigmas: both must be exceeded to count as moving; with an
    error above unsure_mps standing cannot be told from driving. walking_sigmas: for heaps and bins in place of
    moving_sigmas: more, since nearly all of them stand.

    min_zone_probability: that a vehicle stands where it may not. One pass's GNSS error alone puts half of a pavement's
    width elsewhere, and the server waits for a second sighting. benefit_of_doubt: a vehicle is let go where a parking
    bay is at least so many times as likely: most vehicles stand in bays, so a bay within the error outweighs the larger
    pavement beside it.
    """

    taxonomy: Taxonomy
    zones: ZoneMap = field(default_factory=ZoneMap.none)
    bins: Register = field(default_factory=Register)
    min_hits: int = 3
    min_score: Mapping[str, float] = field(default_factory=lambda: MIN_SCORE)
    min_score_default: float = 0.5
    far_m: Mapping[str, float] = field(default_factory=lambda: FAR_M)
    far_m_default: float = 22.0
    min_score_unregistered: float = 0.75
    min_zone_probability: float = 0.3
    benefit_of_doubt: float = 0.25
    min_dwell_s: float = 0.0
    moving_mps: float = 1.0
    moving_sigmas: float = 3.5
    unsure_mps: float = 4.0
    walking_sigmas: float = 5.0
    timed: bool = True
    locate: LocateOptions = field(default_factory=LocateOptions)

    def reports(self, label: str) -> bool:
        """Whether a thing of this label can be a problem at all: without a zone no vehicle can."""
        return self.taxonomy.category_of(label) is not None and (label not in VEHICLES or bool(self.zones.zones))


@dataclass(frozen=True, slots=True)
class Judged:
    """A problem: its category, and what else is known of it (vehicle_kind, zone_id, zone_kind, dwell_s, bin_id, …)."""

    category: str
    attributes: tuple[tuple[str, AttributeValue], ...]


def unfit(track: Track, rules: Rules) -> Reason | None:
    """Why a track is no problem wherever it stands; None where its place decides. To locate one is the dear part."""
    label = rules.taxonomy.labels[track.label]
    if rules.taxonomy.category_of(label) is None or _was_person(track, rules):
        return Reason.NOT_A_PROBLEM
    if len(track.views) < rules.min_hits:
        return Reason.FEW_HITS
    if track.score < rules.min_score.get(label, rules.min_score_default):
        return Reason.LOW_SCORE
    return None if rules.reports(label) else Reason.OUTSIDE_ZONE


def judge(track: Track, located: Located | None, camera: Camera, rules: Rules) -> Judged | Rejected:
    """Whether a track is a problem; `located` is None for one that could not be located.

    NOT_A_PROBLEM: its label is in no category, or it was followed as a person before. FEW_HITS, LOW_SCORE: not seen
    often or surely enough. For vehicles also OUTSIDE_ZONE, UNLOCATED, MOVING, and FEW_HITS where its views cannot tell
    standing from driving; for other things TOO_FAR, and MOVING for heaps and bins.
    """
    label = rules.taxonomy.labels[track.label]
    category = rules.taxonomy.category_of(label)
    if category is None:
        return Rejected(Reason.NOT_A_PROBLEM)
    if (reason := unfit(track, rules)) is not None:
        return Rejected(reason)
    if label in VEHICLES:
        return _vehicle(track, label, category, located, camera, rules)
    if rules.timed and located is not None and located.range_m > rules.far_m.get(label, rules.far_m_default):
        return Rejected(Reason.TOO_FAR)
    if rules.timed and isinstance(shape_of(label), Lump) and _walks(track, label, camera, rules):
        return Rejected(Reason.MOVING)
    attributes: list[tuple[str, AttributeValue]] = [("hits", len(track.views))]
    if label == "overflowing_bin" and located is not None:
        tied = rules.bins.nearest(located.lat, located.lon, located.covariance)
        if tied is not None:
            attributes += [("bin_id", tied.part.id), ("bin_rivals", tied.rivals)]
        elif rules.bins.parts and track.score < rules.min_score_unregistered:
            return Rejected(Reason.LOW_SCORE)
    return Judged(category.key, tuple(attributes))


def _was_person(track: Track, rules: Rules) -> bool:
    return track.was is not None and rules.taxonomy.labels[track.was] == PERSON


def _vehicle(
    track: Track, label: str, category: Category, located: Located | None, camera: Camera, rules: Rules
) -> Judged | Rejected:
    """A vehicle alone is never a violation: it must stand, and stand where it may not."""
    moves = _moves(track, label, camera, rules)
    if moves is Reason.MOVING:
        return Rejected(moves)
    if located is None:
        return Rejected(Reason.UNLOCATED)
    utc_ns = next((view.pose.utc_ns for view in reversed(track.views) if view.pose is not None), 0)
    place = (located.lat, located.lon, located.covariance)
    forbidden = rules.zones.likely(*place, FORBIDDEN[label], utc_ns)
    allowed = rules.zones.likely(*place, ALLOWED, utc_ns)
    if (
        forbidden is None
        or forbidden.probability < rules.min_zone_probability
        or (allowed is not None and allowed.probability >= rules.benefit_of_doubt * forbidden.probability)
    ):
        return Rejected(Reason.OUTSIDE_ZONE)
    attributes: list[tuple[str, AttributeValue]] = [
        ("hits", len(track.views)),
        ("vehicle_kind", label),
        ("zone_id", forbidden.zone.id),
        ("zone_kind", forbidden.zone.kind),
        ("zone_probability", round(forbidden.probability, 3)),
    ]
    if moves is not None:
        return Rejected(moves)
    if rules.timed:
        dwell_s = (track.views[-1].media_ns - track.views[0].media_ns) / 1e9
        if dwell_s < rules.min_dwell_s:
            return Rejected(Reason.FEW_HITS)
        attributes.append(("dwell_s", round(dwell_s, 1)))
    return Judged(category.key, tuple(attributes))


def _moves(track: Track, label: str, camera: Camera, rules: Rules) -> Reason | None:
    """None for a vehicle that stands, as far as its views can tell; else why it cannot be said to stand."""
    told = motion(track, label, camera, rules.locate)
    if isinstance(told, Rejected):
        return told.reason
    if told.speed_mps > rules.moving_mps and told.mahalanobis > rules.moving_sigmas:
        return Reason.MOVING
    return Reason.FEW_HITS if told.sigma_mps > rules.unsure_mps else None


def _walks(track: Track, label: str, camera: Camera, rules: Rules) -> bool:
    """Whether a heap or bin is surely none, since it moves over ground as a person or an animal does."""
    told = motion(track, label, camera, rules.locate)
    if isinstance(told, Rejected):
        return False
    return told.speed_mps > rules.moving_mps and told.mahalanobis > rules.walking_sigmas
