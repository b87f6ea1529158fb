"""Things seen in one traverse: observations of the same thing from its several frames put together.

Two observations that one frame shows are two things, whatever their distance. Fragments of one thing (a track that
broke, or single frames that were never tracked) join where place and appearance agree.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.observation import AttributeValue, Observation
from server.association import appearance, ellipse, existence, part, plate
from server.association.appearance import Measure
from server.association.drive import Drive
from server.association.ellipse import LOG_TAU, Ellipse, Ellipses
from server.association.existence import View
from server.association.frames import Frame, Frames
from server.association.matching import IMPOSSIBLE, one_to_one
from server.association.plane import Floats, Pair, Plane
from server.association.plate import Plates
from server.association.priors import Priors

SURE_SCORE: Final = 0.95
LONGEST_S: Final = 600.0
FAR_SQUARE: Final = 25.0


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One thing seen in one traverse, as far as is known; grows by `joined`.

    members: indices into the traverse's observations; own: covariance without what the traverse shares, and
    information its inverse; place: east, north metres on the plane; turn, stretch: how the place moves (m) with the
    rotation and the scale of φ; vectors: appearance of its views, and total their sum; plates: what was read of its
    plate; part: the registered thing that it surely is; first_ns, last_ns: when it came
    into the picture and was last in it, spans the same for each member; worth: log-odds of being real, by scores.
    """

    category: str
    members: tuple[int, ...]
    information: Ellipse
    own: Ellipse
    place: Pair
    turn: Pair
    stretch: Pair
    vectors: tuple[Floats, ...]
    total: Floats | None
    approach_deg: float
    spans: tuple[tuple[int, int], ...]
    first_ns: int
    last_ns: int
    worth: float
    plates: Plates = ()
    part: str = ""

    @property
    def vector(self) -> Floats | None:
        """Mean appearance."""
        return None if self.total is None else self.total / len(self.vectors)

    def joined(self, other: Sighting) -> Sighting:
        """Both as one thing: places fused by information."""
        information = self.information.plus(other.information)
        own = information.inverse()

        def weighed(mine: Pair, its: Pair) -> Pair:
            one, two = self.information.times(*mine), other.information.times(*its)
            return own.times(one[0] + two[0], one[1] + two[1])

        return Sighting(
            self.category,
            self.members + other.members,
            information,
            own,
            weighed(self.place, other.place),
            weighed(self.turn, other.turn),
            weighed(self.stretch, other.stretch),
            self.vectors + other.vectors,
            other.total if self.total is None else self.total if other.total is None else self.total + other.total,
            other.approach_deg,
            self.spans + other.spans,
            min(self.first_ns, other.first_ns),
            max(self.last_ns, other.last_ns),
            self.worth + other.worth,
            plate.together(self.plates, other.plates) if self.plates or other.plates else (),
            self.part or other.part,
        )


def located(observations: Sequence[Observation]) -> list[int]:
    """Indices of the observations that have a place."""
    return [
        index
        for index, seen in enumerate(observations)
        if seen.lat is not None and seen.lon is not None and seen.covariance is not None
    ]


def worth_of(seen: Observation) -> float:
    """Log-odds that an observation shows a real problem, by its score."""
    score = min(max(seen.score, 1.0 - SURE_SCORE), SURE_SCORE)
    return math.log(score / (1.0 - score))


def in_one_picture(sightings: Sequence[Sighting]) -> NDArray[np.bool_]:
    """[N, N] which of the things were in the picture at one moment, so that they are two."""
    spans = [span for one in sightings for span in one.spans]
    first, last = np.array(spans, np.int64).reshape(-1, 2).T
    met: NDArray[np.bool_] = (first[:, None] <= last) & (first <= last[:, None])
    if len(spans) > len(sightings):
        starts = list(accumulate((len(one.spans) for one in sightings[:-1]), initial=0))
        met = np.logical_or.reduceat(np.logical_or.reduceat(met, starts, axis=0), starts, axis=1)
    np.fill_diagonal(met, False)
    return met


def arms(sightings: Sequence[Sighting], middle: int = 0) -> Floats:
    """[N + middle, 2, 4] how the places move with φ, and last so often the middle of the traverse."""
    count = len(sightings)
    out = np.zeros((count + middle, 2, 4))
    out[:, 0, 0] = out[:, 1, 1] = 1.0
    if count:
        out[:count, :, 2] = [one.turn for one in sightings]
        out[:count, :, 3] = [one.stretch for one in sightings]
    return out


def sightings_of(
    observations: Sequence[Observation],
    drive: Drive,
    plane: Plane,
    view: View,
    priors: Priors,
    measures: Mapping[str, Measure],
) -> list[Sighting]:
    """The located observations of a traverse as things, in the order in which they came into the picture.

    measures: how looks are compared, for each category that was seen.
    """
    singles = _singles(observations, drive, plane, priors)
    if len(singles) < 2:
        return singles
    frames = Frames.of(drive, view, priors)
    things: list[Sighting] = []
    for category in sorted({single.category for single in singles}):
        mine = sorted((one for one in singles if one.category == category), key=lambda one: one.first_ns)
        join = _Join.of(category, measures[category], priors)
        grown: list[Sighting] = []
        for first_ns, group in groupby(mine, key=lambda one: one.first_ns):
            together = list(group)
            grown = _absorb(grown, together, frames.at(first_ns), join) if grown else together
        things.extend(grown)
    return sorted(things, key=lambda one: (one.first_ns, one.members))


def _singles(observations: Sequence[Observation], drive: Drive, plane: Plane, priors: Priors) -> list[Sighting]:
    """Each located observation as a thing of its own, placed relative to the drive's path."""
    picked = located(observations)
    if not picked:
        return []
    rows = [observations[index] for index in picked]
    place = plane.to_en(np.array([row.lat for row in rows], float), np.array([row.lon for row in rows], float))
    correction, stand, sigma = drive.at(np.array([row.utc_ns for row in rows], np.int64))
    place += correction
    arm, foot = (place - drive.centre).tolist(), (stand - drive.centre).tolist()
    own = _own(rows, sigma, drive, priors)
    errors, information = _one_by_one(own), _one_by_one(own.inverse())
    singles = []
    for k, (index, row, where) in enumerate(zip(picked, rows, place.tolist(), strict=True)):
        vectors = _looks(row)
        span = _in_picture(row)
        singles.append(
            Sighting(
                row.category,
                (index,),
                information[k],
                errors[k],
                (where[0], where[1]),
                (arm[k][1], -arm[k][0]),
                (foot[k][0], foot[k][1]),
                vectors,
                vectors[0] if vectors else None,
                row.camera_heading_deg or 0.0,
                (span,),
                *span,
                worth_of(row),
                plate.read(row),
                part.tied_to(row),
            )
        )
    return singles


def _looks(row: Observation) -> tuple[Floats, ...]:
    """What it looked like as a vector of length 1, whatever length it was told with; none where it points nowhere."""
    length = math.hypot(*row.appearance)
    return (np.array(row.appearance) / length,) if 0.0 < length < math.inf else ()


def _one_by_one(column: Ellipses) -> list[Ellipse]:
    """A column of ellipses as so many of plain numbers."""
    return list(map(Ellipse._make, zip(*(term.tolist() for term in column), strict=True)))


def _own(rows: Sequence[Observation], sigma_m: Floats, drive: Drive, priors: Priors) -> Ellipses:
    """The observations' covariances without the error of the pose, which all of the traverse share."""
    total = ellipse.column([row.covariance for row in rows if row.covariance is not None])
    shared = sigma_m * sigma_m
    floor = priors.own_floor_m**2 if len(drive.utc_ns) else 0.0
    own = ellipse.raised(Ellipse(total.ee - shared, total.en, total.nn - shared), floor)
    return own.widened(drive.noise_m**2 + 1e-4)


def _in_picture(row: Observation) -> tuple[int, int]:
    """When the track of this observation was in the picture, from its attributes; else only its own moment."""
    if not row.attributes:
        return row.utc_ns, row.utc_ns
    told = dict(row.attributes)
    before, after = (_seconds(told.get(name)) for name in ("in_view_before_s", "in_view_after_s"))
    return row.utc_ns - round(before * 1e9), row.utc_ns + round(after * 1e9)


def _seconds(told: AttributeValue | None) -> float:
    """A length of time as a device told it; 0 where it told none, or none that can be."""
    return float(min(told, LONGEST_S)) if isinstance(told, int | float) and told > 0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Join:
    """What speaks for one thing against two, for things of one category."""

    measure: Measure
    extent: float
    log_crowd: float
    priors: Priors

    @classmethod
    def of(cls, category: str, measure: Measure, priors: Priors) -> _Join:
        crowd = existence.crowd(priors.of(category), True, priors)
        return cls(measure, priors.object_extent_m**2, math.log(crowd), priors)

    def gain(self, thing: Sighting, one: Sighting, frame: Frame | None) -> float:
        """Log-odds of one thing against two, where the other came into the picture in this frame; impossible where both
        were in the picture at once, or are two parts."""
        if one.first_ns <= thing.last_ns or part.are_two(thing.part, one.part):
            return -IMPOSSIBLE
        east, north = thing.place[0] - one.place[0], thing.place[1] - one.place[1]
        widest = thing.own.trace() + one.own.trace() + 2.0 * self.extent
        if east * east + north * north > FAR_SQUARE * widest:
            return -IMPOSSIBLE
        spread = thing.own.plus(one.own).widened(self.extent)
        far: float = spread.inverse().square(east, north)
        if far > FAR_SQUARE:
            return -IMPOSSIBLE
        place = -0.5 * far - LOG_TAU - 0.5 * math.log(spread.det()) - self.log_crowd
        place += self._look(thing, one) + plate.log_ratio(thing.plates, one.plates, self.priors)
        return place if frame is None else place + frame.log_odds_again(thing.place)

    def _look(self, thing: Sighting, one: Sighting) -> float:
        if thing.total is None or one.total is None or not self.measure.trust:
            return 0.0
        known = thing.total / len(thing.vectors) - self.measure.mean
        asked = one.total / len(one.vectors) - self.measure.mean
        turn = appearance.turn_deg(thing.approach_deg, one.approach_deg)
        ratio = self.measure.against_one(
            1,
            float(asked @ asked),
            len(thing.vectors),
            float(known @ known),
            float(asked @ known),
            appearance.closeness(turn, self.priors),
        )
        return appearance.bounded(ratio, self.priors)


def _absorb(grown: list[Sighting], together: list[Sighting], frame: Frame | None, join: _Join) -> list[Sighting]:
    """Join what one frame shows to the things so far, one to one, where that is likelier than a new thing."""
    gains = [[join.gain(thing, one, frame) for thing in grown] for one in together]
    if all(gain <= 0.0 for row in gains for gain in row):
        return grown + together
    out, fresh = list(grown), []
    for one, column in zip(together, one_to_one(np.array(gains)), strict=True):
        if column >= 0:
            out[column] = out[column].joined(one)
        else:
            fresh.append(one)
    return out + fresh
