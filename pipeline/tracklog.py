"""One device's fixes in order of time, thinned, freed of spikes, with course, speed and odometer at each.

Positions are kept as measured (averaged within 0.2 s where the telemetry is denser, since dense telemetry repeats or
quantises its fixes); only course and speed are smoothed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pipeline.course import UNKNOWN_SIGMA_DEG, Course, TravelOptions, courses_of
from pipeline.geo import LocalFrame, between_deg, turn_deg, wrap_180, wrap_360
from pipeline.pose import Attitude, Fix
from pipeline.reasons import Reason

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TracklogOptions:
    """thin_s: fixes closer than this are averaged. max_speed_mps: a spike is faster both ways."""

    thin_s: float = 0.2
    max_speed_mps: float = 90.0
    travel: TravelOptions = field(default_factory=TravelOptions)


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
    odometer_m: 0 at the first fix, negative before it.

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
        courses = courses_of(rows, options.travel)
        return cls(
            frame=frame,
            at_s=rows[:, 0],
            en_m=rows[:, 1:3],
            sigma_m=rows[:, 3],
            height_m=rows[:, 4],
            angles_deg=rows[:, 7:10],
            courses=courses,
            odometer_m=_odometer(rows, courses, options.travel.min_speed_mps),
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
        gap_s, rest = float(self.at_s[after] - self.at_s[before]), 1.0 - share
        straight = self._between(before, after, share, away_s, True)
        left, right = self.courses[before], self.courses[after]
        one, two = self.en_m[before], self.en_m[after]
        leaving, reaching = share * rest**2 * gap_s, share**2 * rest * gap_s
        east, north = (
            (1.0 + 2.0 * share) * rest**2 * one + leaving * left.velocity_mps
            + share**2 * (3.0 - 2.0 * share) * two - reaching * right.velocity_mps
        )  # fmt: skip
        unseen_m = math.hypot(
            math.sqrt(self._wander() * (share * rest) ** 3 * gap_s**3 / 3.0),
            leaving * left.velocity_sigma_mps,
            reaching * right.velocity_sigma_mps,
        )
        course = self._turning(before, after, share)
        return replace(straight, east_m=float(east), north_m=float(north), course=course, unseen_m=unseen_m)

    def _turning(self, before: int, after: int, share: float) -> Course:
        """The course within a gap: each end's own, as far as it turns on, and between the two by how near each is."""
        gap_s, rest = float(self.at_s[after] - self.at_s[before]), 1.0 - share
        left, right = self.courses[before], self.courses[after]
        on, back = left.turned_deg(share * gap_s), right.turned_deg(-rest * gap_s)
        between = between_deg(left.deg + on, right.deg + back, share)
        apart = abs(turn_deg(left.deg + on, right.deg + back))
        sigma_deg = math.hypot(
            max(left.sigma_deg, right.sigma_deg), apart / 2.0, self._turns_deg(min(share, rest) * gap_s) / 2.0,
            rest * left.turned_sigma_deg(share * gap_s), share * right.turned_sigma_deg(rest * gap_s),
        )  # fmt: skip
        speed_mps = left.speed_mps + share * (right.speed_mps - left.speed_mps)
        return Course(wrap_360(between), speed_mps, min(UNKNOWN_SIGMA_DEG, sigma_deg))

    def _turns_deg(self, unseen_s: float) -> float:
        """1-sigma of how far a vehicle turns that nobody watches."""
        return self.options.travel.turn_dps * abs(unseen_s)

    def _wander(self) -> float:
        """The density q of a white acceleration that over 3 s takes a vehicle as far as surge_mps2 does: ½·a·t² is
        √(q·t³/3) there."""
        return 0.75 * 3.0 * self.options.travel.surge_mps2**2

    def _carried(self, row: int, ahead_s: float) -> Place:
        """Beyond a fix: along its course and the turn that it is seen in."""
        course = self.courses[row]
        moved_m = course.speed_mps * ahead_s
        along = math.radians(course.deg + course.chord_deg(ahead_s))
        east = float(self.en_m[row, 0]) + moved_m * math.sin(along)
        north = float(self.en_m[row, 1]) + moved_m * math.cos(along)
        odometer = float(self.odometer_m[row]) + moved_m
        height, attitude = self._height(row, row, 0.0), self._attitude(row, row, 0.0)
        away_s = abs(ahead_s)
        unseen_m = math.hypot(math.sqrt(self._wander() * away_s**3 / 3.0), course.velocity_sigma_mps * away_s)
        sigma = math.hypot(course.sigma_deg, self._turns_deg(away_s), course.turned_sigma_deg(away_s))
        course = Course(
            wrap_360(course.deg + course.turned_deg(ahead_s)), course.speed_mps, min(UNKNOWN_SIGMA_DEG, sigma)
        )
        return Place(east, north, float(self.sigma_m[row]), height, attitude, course, odometer, away_s, True, unseen_m)

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


def _odometer(rows: NDArray[np.float64], courses: Sequence[Course], min_speed_mps: float) -> Column:
    """Distance travelled at every row; a step at standstill is position noise and counts nothing."""
    steps = np.hypot(*np.diff(rows[:, 1:3], axis=0).T) if len(rows) > 1 else np.empty(0)
    moving = np.array([course.speed_mps >= min_speed_mps for course in courses])
    steps = np.where(moving[:-1] | moving[1:], steps, 0.0) if len(rows) > 1 else steps
    return np.concatenate(([0.0], np.cumsum(steps)))
