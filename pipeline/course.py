"""Which way and how fast a vehicle travels at each of its fixes: as they tell, else as the positions around say.

A course that the telemetry does not give is the slope of a straight line fitted to the positions around (weights fall
off linearly, so one outlier does not turn the vehicle); below walking pace the last course holds. Where more fixes lie
on one side, as before a gap, that slope is of another moment. What the positions show beyond their noise to be a turn
or a change of pace is then carried on to the fix, and counts for its error; a straight drive is not bent by noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import bearing_deg, distance_m, turn_deg, wrap_360
from pipeline.pose import Fix

Vector = NDArray[np.float64]
UNKNOWN_SIGMA_DEG: Final = 180.0
DOPPLER_SIGMA_MPS: Final = 0.1
"""A receiver's velocity error, which is what a course that it tells is made of."""
LEAST_SIGMA_DEG: Final = 0.7
LEAST_LEG_M: Final = 0.5
RELATIVE_SHARE: Final = 0.3
"""Share of a photo's position error that its neighbours do not share."""
PLAIN: Final = 1.5
"""How many sigmas an acceleration or a turn must be to be believed. What is believed grows from nothing there."""
UNEVEN: Final = 0.5
"""1-sigma share by which an acceleration differs from its mean over the fixes that show it."""
TURN_LASTS_S: Final = 1.0
"""A turn that is seen at a fix goes on, and dies away with this time constant (Singer, "Estimating optimal tracking
filter performance for manned maneuvering targets", 1970)."""


@dataclass(frozen=True, slots=True)
class TravelOptions:
    """window_s: half width of the course's line fit. min_speed_mps: below it the last course holds. jitter_m: least
    fix-to-fix noise assumed. max_gap_s: fixes further apart say nothing of each other's course.

    surge_mps2: 1-sigma acceleration, along and across, of a vehicle that nobody watches; turn_dps: how fast it turns.
    """

    window_s: float = 2.0
    min_speed_mps: float = 0.7
    jitter_m: float = 0.2
    max_gap_s: float = 5.0
    surge_mps2: float = 1.2
    turn_dps: float = 6.0


@dataclass(frozen=True, slots=True)
class Course:
    """Direction and speed of travel with the direction's 1-sigma error (180 where it is not known at all).

    turn_dps: how fast it is seen to turn, clockwise; 0 where no turn stands out of the noise. turn_sigma_dps: 1-sigma
    error of that: half of the turn that the fixes show, or all of it that is not believed.
    """

    deg: float
    speed_mps: float
    sigma_deg: float
    turn_dps: float = 0.0
    turn_sigma_dps: float = 0.0

    @property
    def velocity_mps(self) -> Vector:
        """East and north speed."""
        turn = math.radians(self.deg)
        return self.speed_mps * np.array([math.sin(turn), math.cos(turn)])

    @property
    def velocity_sigma_mps(self) -> float:
        """1-sigma error of the velocity, per axis."""
        return self.speed_mps * min(1.0, math.radians(self.sigma_deg))

    def turned_deg(self, ahead_s: float) -> float:
        """How far it has turned that much later (or, negative, had yet to turn that much before)."""
        return math.copysign(self.turn_dps * TURN_LASTS_S * _died_away(ahead_s), self.turn_dps * ahead_s)

    def turned_sigma_deg(self, away_s: float) -> float:
        """1-sigma error of `turned_deg`: a turn may end at once or go on, and be more than noise after all."""
        return self.turn_sigma_dps * away_s

    def chord_deg(self, ahead_s: float) -> float:
        """How far the straight line to where it is that much later turns off its course: the mean of the turn."""
        away = abs(ahead_s) / TURN_LASTS_S
        mean = 1.0 - _died_away(ahead_s) / away if away > 0.0 else 0.0
        return math.copysign(self.turn_dps * TURN_LASTS_S * mean, self.turn_dps * ahead_s)


def _died_away(ahead_s: float) -> float:
    return -math.expm1(-abs(ahead_s) / TURN_LASTS_S)


def courses_of(rows: NDArray[np.float64], options: TravelOptions) -> tuple[Course, ...]:
    """Course and speed at every row (time, east, north, _, _, told course, told speed; NaN where not told); where it
    stands, the course of the last (else the next) row that moved."""
    found = [_course_at(rows, here, options) for here in range(len(rows))]
    held: Course | None = next((course for course in found if course.sigma_deg < UNKNOWN_SIGMA_DEG), None)
    if held is None:
        return tuple(found)
    courses: list[Course] = []
    for course in found:
        if course.sigma_deg < UNKNOWN_SIGMA_DEG:
            held = course
        courses.append(
            course if course is held else replace(held, speed_mps=course.speed_mps, turn_dps=0.0, turn_sigma_dps=0.0)
        )
    return tuple(courses)


def _course_at(rows: NDArray[np.float64], here: int, options: TravelOptions) -> Course:
    """Told by the fix where it is, else by the positions around."""
    told_deg, told_mps = float(rows[here, 5]), float(rows[here, 6])
    if not math.isnan(told_deg) and told_mps >= options.min_speed_mps:
        sigma = _told_sigma_deg(told_mps)
        return Course(wrap_360(told_deg), told_mps, sigma, *_told_turn_dps(rows, here, sigma, options))
    motion = _motion(_around(rows, here, options), float(rows[here, 0]), options)
    along_mps = float(np.hypot(*motion.velocity_mps))
    speed = along_mps if math.isnan(told_mps) else told_mps
    if not math.isnan(told_deg) and speed >= options.min_speed_mps:
        return Course(wrap_360(told_deg), speed, _told_sigma_deg(speed))
    if along_mps < options.min_speed_mps:
        return Course(0.0, speed, UNKNOWN_SIGMA_DEG)
    east_mps, north_mps = motion.velocity_mps
    deg = wrap_360(math.degrees(math.atan2(east_mps, north_mps)))
    across = motion.surge_mps2[0] * north_mps - motion.surge_mps2[1] * east_mps
    sigma = min(UNKNOWN_SIGMA_DEG, math.degrees(motion.sigma_mps / along_mps))
    return Course(deg, speed, sigma, *_turn_dps(math.degrees(across / along_mps**2), motion.believed))


def _told_sigma_deg(speed_mps: float) -> float:
    return max(LEAST_SIGMA_DEG, math.degrees(math.atan2(DOPPLER_SIGMA_MPS, speed_mps)))


def _turn_dps(shown: float, believed: float) -> tuple[float, float]:
    """A turn that fixes show, freed of noise, and its 1-sigma error."""
    return believed * shown, max(UNEVEN, 1.0 - believed) * abs(shown)


def _told_turn_dps(
    rows: NDArray[np.float64], here: int, sigma_deg: float, options: TravelOptions
) -> tuple[float, float]:
    """The turn since or until the nearest fix that tells its course as well, freed of noise, and its error."""
    beside = [row for row in (here - 1, here + 1) if 0 <= row < len(rows)]
    row = min(beside, key=lambda row: abs(rows[row, 0] - rows[here, 0]), default=here)
    apart_s = float(rows[here, 0] - rows[row, 0])
    if not 0.0 < abs(apart_s) <= options.window_s or not rows[row, 6] >= options.min_speed_mps:
        return 0.0, 0.0
    turned = turn_deg(float(rows[row, 5]), float(rows[here, 5]))
    noise = math.hypot(sigma_deg, _told_sigma_deg(float(rows[row, 6])))
    return (0.0, 0.0) if math.isnan(turned) else _turn_dps(turned / apart_s, _believed(abs(turned), noise))


@dataclass(frozen=True, slots=True, eq=False)
class _Motion:
    """Velocity (east, north) with its 1-sigma error per axis; the acceleration that the positions show, and the share
    of it that is no noise."""

    velocity_mps: Vector
    sigma_mps: float
    surge_mps2: Vector
    believed: float


def _around(rows: NDArray[np.float64], here: int, options: TravelOptions) -> NDArray[np.float64]:
    """The rows within the window around a row, which widens to the next fix on either side where fixes are sparse, but
    never across a gap."""
    at_s = rows[:, 0]
    first = int(np.searchsorted(at_s, at_s[here] - options.window_s))
    last = int(np.searchsorted(at_s, at_s[here] + options.window_s, side="right")) - 1
    first, last = min(first, max(0, here - 1)), max(last, min(len(rows) - 1, here + 1))
    while first < here and np.diff(at_s[first : here + 1]).max() > options.max_gap_s:
        first += 1
    while last > here and np.diff(at_s[here : last + 1]).max() > options.max_gap_s:
        last -= 1
    return rows[first : last + 1]


def _motion(near: NDArray[np.float64], at_s: float, options: TravelOptions) -> _Motion:
    """By a weighted line through the rows around; where it is the slope of another moment, by their bend as well."""
    if len(near) < 2:
        return _Motion(np.zeros(2), math.inf, np.zeros(2), 0.0)
    away = near[:, 0] - at_s
    weight = 1.0 - np.abs(away) / (np.abs(away).max() * 1.25)
    lag = away - np.average(away, weights=weight)
    spread = float((weight * lag**2).sum())
    centred = near[:, 1:3] - np.average(near[:, 1:3], axis=0, weights=weight)
    slope = ((weight * lag) @ centred) / spread
    rest = centred - lag[:, None] * slope
    rms = math.sqrt(float((weight[:, None] * rest**2).sum()) / (2.0 * float(weight.sum())))
    sigma = max(rms, options.jitter_m) / math.sqrt(spread)
    late_s = -float((weight * lag) @ away**2) / (2.0 * spread)
    surge, believed, unsure = _bend(away, lag, weight, rest, options)
    velocity = slope + late_s * believed * surge
    behind = min(0.0, float(velocity @ slope)) / max(float(slope @ slope), 1e-9)
    return _Motion(velocity - behind * slope, math.hypot(sigma, late_s * unsure), surge, believed)


def _bend(
    away: Vector, lag: Vector, weight: Vector, rest: NDArray[np.float64], options: TravelOptions
) -> tuple[Vector, float, float]:
    """The acceleration that the rest of a line fit shows, the share of it that is no noise, and the 1-sigma error of
    what is left out."""
    if len(away) < 3:
        return np.zeros(2), 0.0, options.surge_mps2
    spread = float((weight * lag**2).sum())
    curve = away**2 - np.average(away**2, weights=weight)
    curve = 0.5 * (curve - lag * float((weight * lag) @ curve) / spread)
    width = float((weight * curve**2).sum())
    if width < 1e-9:
        return np.zeros(2), 0.0, options.surge_mps2
    surge = ((weight * curve) @ rest) / width
    left = rest - curve[:, None] * surge
    rms = math.sqrt(float((weight[:, None] * left**2).sum()) / (2.0 * float(weight.sum())))
    noise, size = max(rms, options.jitter_m) / math.sqrt(width), float(np.hypot(*surge))
    share = _believed(size, noise)
    return surge, share, math.hypot(noise if share > 0.0 else 0.0, max(UNEVEN, 1.0 - share) * size)


def _believed(size: float, noise: float) -> float:
    """The share of a measured size that is not noise (James and Stein's, nothing below PLAIN sigmas)."""
    return max(0.0, 1.0 - (PLAIN * noise / size) ** 2) if size > 0.0 else 0.0


def heading_between(chain: Sequence[Fix], here: int) -> Course:
    """Direction of travel at one of a chain of fixes, from neighbours far enough apart for their error (no speed).

    Where the way bends there by more than noise, it may be the one before or the one after: half of the bend counts.
    """
    place = chain[here]
    if place.course_deg is not None:
        return Course(wrap_360(place.course_deg), place.speed_mps or 0.0, 5.0)
    noise_m = RELATIVE_SHARE * place.sigma_m
    wanted_m = max(3.0, 4.0 * noise_m)
    best = Course(0.0, 0.0, UNKNOWN_SIGMA_DEG)
    for reach in range(1, 4):
        one, two = chain[max(0, here - reach)], chain[min(len(chain) - 1, here + reach)]
        far_m = distance_m(one.lat, one.lon, two.lat, two.lon)
        if far_m < LEAST_LEG_M:
            continue
        sigma = math.hypot(
            math.degrees(math.atan2(noise_m * math.sqrt(2.0), far_m)), _bend_deg(one, place, two, noise_m)
        )
        best = Course(bearing_deg(one.lat, one.lon, two.lat, two.lon), 0.0, min(UNKNOWN_SIGMA_DEG, sigma))
        if far_m >= wanted_m:
            break
    return best


def _bend_deg(one: Fix, here: Fix, two: Fix, noise_m: float) -> float:
    """Half of the turn at a fix between two others, freed of noise; 0 where either is as good as the same place."""
    to_m, on_m = (distance_m(here.lat, here.lon, far.lat, far.lon) for far in (one, two))
    if min(to_m, on_m) < LEAST_LEG_M:
        return 0.0
    before = bearing_deg(one.lat, one.lon, here.lat, here.lon)
    turned = abs(turn_deg(before, bearing_deg(here.lat, here.lon, two.lat, two.lon)))
    noise = math.degrees(noise_m * math.hypot(1.0 / to_m, 1.0 / on_m, 1.0 / to_m + 1.0 / on_m))
    return 0.5 * turned * _believed(turned, noise)
