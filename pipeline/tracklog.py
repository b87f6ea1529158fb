"""One device's fixes in order of time, thinned, freed of spikes, with course, speed and odometer at each.

Positions are kept as measured (averaged within 0.2 s where the telemetry is denser, since dense telemetry repeats or
quantises its fixes); only course and speed are smoothed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import LocalFrame, bearing_deg, between_deg, distance_m, turn_deg, wrap_180, wrap_360
from pipeline.pose import Attitude, Fix
from pipeline.reasons import Reason

Column = NDArray[np.float64]
UNKNOWN_SIGMA_DEG: Final = 180.0
DOPPLER_SIGMA_MPS: Final = 0.1
"""A receiver's velocity error, which is what a course that it tells is made of."""
RELATIVE_SHARE: Final = 0.3
"""Share of a photo's position error that its neighbours do not share."""


@dataclass(frozen=True, slots=True)
class TracklogOptions:
    """thin_s: fixes closer than this are averaged. window_s: half width of the course's line fit. min_speed_mps: below
    it the last course holds. jitter_m: least fix-to-fix noise assumed. max_speed_mps: a spike is faster both ways.

    surge_mps2: 1-sigma acceleration, along and across, of a vehicle that nobody watches; turn_dps: how fast it turns.
    """

    thin_s: float = 0.2
    window_s: float = 2.0
    min_speed_mps: float = 0.7
    jitter_m: float = 0.2
    max_speed_mps: float = 90.0
    max_gap_s: float = 5.0
    surge_mps2: float = 1.2
    turn_dps: float = 6.0


@dataclass(frozen=True, slots=True)
class Course:
    """Direction and speed of travel with the direction's 1-sigma error (180 where it is not known at all)."""

    deg: float
    speed_mps: float
    sigma_deg: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where the device was at a moment. carried: no fix on both sides near enough to trust the line between them.
    away_s: to the nearest fix. unseen_m: 1-sigma of what the place is off by on top, for what the device did unseen."""

    east_m: float
    north_m: float
    sigma_m: float
    height_m: float | None
    attitude: Attitude | None
    course: Course
    odometer_m: float
    away_s: float
    carried: bool
    unseen_m: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Tracklog:
    """Columns, one row a fix, times strictly rising (seconds of media time). angles: yaw, pitch, roll, NaN if none.

    measured: whether most fixes told course and speed themselves; else both come from the positions around.
    """

    frame: LocalFrame
    at_s: Column
    en_m: NDArray[np.float64]
    sigma_m: Column
    height_m: Column
    angles_deg: NDArray[np.float64]
    courses: tuple[Course, ...]
    odometer_m: Column
    dropped: tuple[tuple[Reason, int], ...]
    measured: bool = False
    options: TracklogOptions = TracklogOptions()

    @classmethod
    def of(cls, timed: Sequence[tuple[int, Fix]], options: TracklogOptions) -> Self:
        """The log of fixes with their media time (ns), in any order; raises ValueError where there are none."""
        in_order = sorted(timed, key=lambda pair: pair[0])
        frame = LocalFrame.around((fix.lat, fix.lon) for _, fix in in_order)
        rows = np.array([_row(frame, at_ns, fix) for at_ns, fix in in_order])
        rows = _thinned(rows, options.thin_s)
        calm = _calm(rows, options.max_speed_mps)
        spikes = int((~calm).sum())
        rows = rows[calm]
        courses = _courses(rows, options)
        return cls(
            frame=frame,
            at_s=rows[:, 0],
            en_m=rows[:, 1:3],
            sigma_m=rows[:, 3],
            height_m=rows[:, 4],
            angles_deg=rows[:, 7:10],
            courses=courses,
            odometer_m=_odometer(rows, courses, options.min_speed_mps),
            dropped=((Reason.OUT_OF_RANGE, spikes),) if spikes else (),
            options=options,
            measured=2 * int(np.isfinite(rows[:, 5:7]).all(axis=1).sum()) > len(rows),
        )

    def at(self, at_s: float, max_gap_s: float) -> Place:
        """Between two fixes on their straight line; where they are more than max_gap_s apart, carried from the one to
        the other with the speed and course of both; before the first and after the last, along the course."""
        after = int(np.searchsorted(self.at_s, at_s))
        if after < len(self.at_s) and self.at_s[after] == at_s:
            return self._between(after, after, 0.0, 0.0, False)
        before, last = after - 1, len(self.at_s) - 1
        if 0 <= before < last:
            gap_s = float(self.at_s[after] - self.at_s[before])
            passed_s = float(at_s - self.at_s[before])
            away_s = min(passed_s, gap_s - passed_s)
            if gap_s > max_gap_s:
                return self._across(before, after, passed_s / gap_s, away_s)
            return self._between(before, after, passed_s / gap_s, away_s, False)
        nearest = min(max(before, 0), last)
        return self._carried(nearest, at_s - float(self.at_s[nearest]))

    def _between(self, before: int, after: int, share: float, away_s: float, carried: bool) -> Place:
        east, north = self.en_m[before] + share * (self.en_m[after] - self.en_m[before])
        odometer = self.odometer_m[before] + share * (self.odometer_m[after] - self.odometer_m[before])
        one, two = self.courses[before], self.courses[after]
        course = Course(
            between_deg(one.deg, two.deg, share),
            one.speed_mps + share * (two.speed_mps - one.speed_mps),
            max(one.sigma_deg, two.sigma_deg),
        )
        sigma_m = float(max(self.sigma_m[before], self.sigma_m[after]))
        height, attitude = self._height(before, after, share), self._attitude(before, after, share)
        return Place(float(east), float(north), sigma_m, height, attitude, course, float(odometer), away_s, carried)

    def _across(self, before: int, after: int, share: float, away_s: float) -> Place:
        """Through a gap on the cubic that leaves one fix and reaches the other as each says (Hermite). A vehicle with
        an acceleration that wanders freely in between is off by √(q·a³b³/3T³), a and b seconds from either end."""
        gap_s = float(self.at_s[after] - self.at_s[before])
        straight = self._between(before, after, share, away_s, True)
        leave, reach = (self._velocity(row) * gap_s for row in (before, after))
        one, two = self.en_m[before], self.en_m[after]
        rest = 1.0 - share
        east, north = (
            (1.0 + 2.0 * share) * rest**2 * one + share * rest**2 * leave
            + share**2 * (3.0 - 2.0 * share) * two - share**2 * rest * reach
        )  # fmt: skip
        power = self._wander() * (share * rest) ** 3 * gap_s**3 / 3.0
        turned = abs(turn_deg(self.courses[before].deg, self.courses[after].deg))
        course = replace(
            straight.course,
            sigma_deg=min(
                180.0, math.hypot(straight.course.sigma_deg, turned / 2.0, self.options.turn_dps * away_s / 2.0)
            ),
        )
        return replace(straight, east_m=float(east), north_m=float(north), course=course, unseen_m=math.sqrt(power))

    def _velocity(self, row: int) -> NDArray[np.float64]:
        """East and north speed at a fix (m/s)."""
        course = self.courses[row]
        turn = math.radians(course.deg)
        return course.speed_mps * np.array([math.sin(turn), math.cos(turn)])

    def _wander(self) -> float:
        """The density q of a white acceleration that over 3 s takes a vehicle as far as surge_mps2 does: ½·a·t² is
        √(q·t³/3) there."""
        return 0.75 * 3.0 * self.options.surge_mps2**2

    def _carried(self, row: int, ahead_s: float) -> Place:
        course = self.courses[row]
        moved_m = course.speed_mps * ahead_s
        east = float(self.en_m[row, 0]) + moved_m * math.sin(math.radians(course.deg))
        north = float(self.en_m[row, 1]) + moved_m * math.cos(math.radians(course.deg))
        odometer = max(0.0, float(self.odometer_m[row]) + moved_m)
        height, attitude = self._height(row, row, 0.0), self._attitude(row, row, 0.0)
        unseen_m = math.sqrt(self._wander() * abs(ahead_s) ** 3 / 3.0)
        sigma = min(180.0, math.hypot(course.sigma_deg, self.options.turn_dps * abs(ahead_s)))
        course = replace(course, sigma_deg=sigma)
        return Place(
            east, north, float(self.sigma_m[row]), height, attitude, course, odometer, abs(ahead_s), True, unseen_m
        )

    def _height(self, before: int, after: int, share: float) -> float | None:
        height = float(self.height_m[before] + share * (self.height_m[after] - self.height_m[before]))
        return None if math.isnan(height) else height

    def _attitude(self, before: int, after: int, share: float) -> Attitude | None:
        one, two = self.angles_deg[before], self.angles_deg[after]
        if math.isnan(one[0]) or math.isnan(two[0]):
            return None
        yaw = between_deg(float(one[0]), float(two[0]), share)
        if math.isnan(one[1]) or math.isnan(two[1]):
            return Attitude(yaw)
        pitch, roll = (wrap_180(between_deg(float(one[n]), float(two[n]), share)) for n in (1, 2))
        return Attitude(yaw, pitch, roll)


def _row(frame: LocalFrame, at_ns: int, fix: Fix) -> tuple[float, ...]:
    """Time, east, north, sigma, height, course, speed, yaw, pitch, roll; NaN for what the fix does not say."""
    nothing = float("nan")
    east, north = frame.to_en(fix.lat, fix.lon)
    turned = fix.attitude
    angles: tuple[float, ...] = (nothing, nothing, nothing)
    if turned is not None:
        angles = (turned.yaw_deg, nothing if turned.pitch_deg is None else turned.pitch_deg, turned.roll_deg)
    optional = (nothing if value is None else value for value in (fix.height_m, fix.course_deg, fix.speed_mps))
    return at_ns / 1e9, east, north, fix.sigma_m, *optional, *angles


def _thinned(rows: NDArray[np.float64], thin_s: float) -> NDArray[np.float64]:
    """Rows averaged within slots of thin_s (angles around the circle); one row a slot, times strictly rising."""
    slots = np.floor((rows[:, 0] - rows[0, 0]) / thin_s + 1e-9).astype(np.int64)
    starts = np.flatnonzero(np.diff(slots, prepend=slots[0] - 1))
    if len(starts) == len(rows):
        return rows
    sizes = np.diff(starts, append=len(rows))[:, None]
    means: NDArray[np.float64] = np.add.reduceat(rows, starts, axis=0) / sizes
    for angle in (5, 7, 8, 9):
        turns = np.radians(rows[:, angle])
        east, north = np.add.reduceat(np.sin(turns), starts), np.add.reduceat(np.cos(turns), starts)
        means[:, angle] = np.degrees(np.arctan2(east, north))
    return means


def _calm(rows: NDArray[np.float64], max_speed_mps: float) -> NDArray[np.bool_]:
    """False for spikes: fixes reached and left faster than any vehicle, while the way past them is not."""
    calm = np.ones(len(rows), np.bool_)
    for here in range(1, len(rows) - 1):
        before, after = rows[here - 1], rows[here + 1]
        if not calm[here - 1]:
            continue
        there, back, past = (_speed(*pair) for pair in ((before, rows[here]), (rows[here], after), (before, after)))
        calm[here] = not (there > max_speed_mps and back > max_speed_mps and past <= max_speed_mps)
    return calm


def _speed(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    return float(math.hypot(two[1] - one[1], two[2] - one[2]) / max(1e-9, two[0] - one[0]))


def _courses(rows: NDArray[np.float64], options: TracklogOptions) -> tuple[Course, ...]:
    """Course and speed at every row; where it stands, the course of the last (else the next) row that moved."""
    found = [_course_at(rows, here, options) for here in range(len(rows))]
    held: Course | None = next((course for course in found if course.sigma_deg < UNKNOWN_SIGMA_DEG), None)
    if held is None:
        return tuple(found)
    courses: list[Course] = []
    for course in found:
        if course.sigma_deg < UNKNOWN_SIGMA_DEG:
            held = course
        courses.append(replace(held, speed_mps=course.speed_mps) if course is not held else course)
    return tuple(courses)


def _course_at(rows: NDArray[np.float64], here: int, options: TracklogOptions) -> Course:
    """Told by the fix where it is, else the slope of a line through the fixes around (weights fall off linearly)."""
    told_deg, told_mps = float(rows[here, 5]), float(rows[here, 6])
    east_mps, north_mps, sigma_mps = _slope(rows, here, options) or (0.0, 0.0, math.inf)
    along_mps = math.hypot(east_mps, north_mps)
    speed = along_mps if math.isnan(told_mps) else told_mps
    if not math.isnan(told_deg) and speed >= options.min_speed_mps:
        return Course(wrap_360(told_deg), speed, max(0.7, math.degrees(math.atan2(DOPPLER_SIGMA_MPS, speed))))
    if along_mps < options.min_speed_mps:
        return Course(0.0, speed, UNKNOWN_SIGMA_DEG)
    deg = wrap_360(math.degrees(math.atan2(east_mps, north_mps)))
    return Course(deg, speed, min(UNKNOWN_SIGMA_DEG, math.degrees(sigma_mps / along_mps)))


def _slope(rows: NDArray[np.float64], here: int, options: TracklogOptions) -> tuple[float, float, float] | None:
    """East and north speed, and one axis' sigma, of a weighted line fit around a row; None with fewer than two rows.

    The window widens to the next fix on either side where fixes are sparse, but never across a gap.
    """
    at_s = rows[:, 0]
    first = int(np.searchsorted(at_s, at_s[here] - options.window_s))
    last = int(np.searchsorted(at_s, at_s[here] + options.window_s, side="right")) - 1
    first, last = min(first, max(0, here - 1)), max(last, min(len(rows) - 1, here + 1))
    while first < here and np.diff(at_s[first : here + 1]).max() > options.max_gap_s:
        first += 1
    while last > here and np.diff(at_s[here : last + 1]).max() > options.max_gap_s:
        last -= 1
    near = rows[first : last + 1]
    if len(near) < 2:
        return None
    away = np.abs(near[:, 0] - at_s[here])
    weight = 1.0 - away / (away.max() * 1.25)
    lag = near[:, 0] - np.average(near[:, 0], weights=weight)
    spread = float((weight * lag**2).sum())
    centred = near[:, 1:3] - np.average(near[:, 1:3], axis=0, weights=weight)
    east_mps, north_mps = ((weight * lag) @ centred) / spread
    rest = centred - lag[:, None] * np.array([east_mps, north_mps])
    rms = math.sqrt(float((weight[:, None] * rest**2).sum()) / (2.0 * float(weight.sum())))
    return float(east_mps), float(north_mps), max(rms, options.jitter_m) / math.sqrt(spread)


def _odometer(rows: NDArray[np.float64], courses: Sequence[Course], min_speed_mps: float) -> Column:
    """Distance travelled at every row; a step at standstill is position noise and counts nothing."""
    steps = np.hypot(*np.diff(rows[:, 1:3], axis=0).T) if len(rows) > 1 else np.empty(0)
    moving = np.array([course.speed_mps >= min_speed_mps for course in courses])
    steps = np.where(moving[:-1] | moving[1:], steps, 0.0) if len(rows) > 1 else steps
    return np.concatenate(([0.0], np.cumsum(steps)))


def heading_between(chain: Sequence[Fix], here: int) -> Course:
    """Direction of travel at one of a chain of fixes, from neighbours far enough apart for their error (no speed)."""
    place = chain[here]
    if place.course_deg is not None:
        return Course(wrap_360(place.course_deg), place.speed_mps or 0.0, 5.0)
    noise_m = RELATIVE_SHARE * place.sigma_m
    wanted_m = max(3.0, 4.0 * noise_m)
    best = Course(0.0, 0.0, UNKNOWN_SIGMA_DEG)
    for reach in range(1, 4):
        one, two = chain[max(0, here - reach)], chain[min(len(chain) - 1, here + reach)]
        far_m = distance_m(one.lat, one.lon, two.lat, two.lon)
        if far_m < 0.5:
            continue
        sigma = min(UNKNOWN_SIGMA_DEG, math.degrees(math.atan2(noise_m * math.sqrt(2.0), far_m)))
        best = Course(bearing_deg(one.lat, one.lon, two.lat, two.lon), 0.0, sigma)
        if far_m >= wanted_m:
            break
    return best
