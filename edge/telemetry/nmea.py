"""NMEA 0183, sentence by sentence: what a satellite receiver says, as fixes.

| sentence | what is taken from it |
|---|---|
| GGA | position, kind of fix, HDOP, altitude |
| RMC | date, position, speed, course, valid or not |
| GST | the position's error, better than any guess from HDOP |
| GSA | HDOP, where GGA has none |
| VTG | speed and course, where RMC has none |
| HDT | the vehicle's true heading, where a receiver with two antennas tells it |

A sentence without its checksum, or with a wrong one, is malformed. Fixes come out once GGA and RMC of one moment are
there, or as many of the two as this receiver has sent of late.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import xor
from typing import Final

from edge.telemetry.log import position_fault
from edge.telemetry.weeks import rolled
from pipeline.geo import wrap_180
from pipeline.pose import Attitude, Fix, FixQuality
from pipeline.reasons import Reason

SENTENCE: Final = re.compile(r"\$(G[ABILNPQ]|BD|QZ|HE|II|IN)(GGA|RMC|GST|GSA|VTG|HDT),([ -~]{0,200})\*([0-9A-Fa-f]{2})")
FRAMED: Final = re.compile(r"\$([ -~]{2,200})\*([0-9A-Fa-f]{2})")
LONGEST: Final = 256
KNOT_MPS: Final = 1852.0 / 3600.0
DAY_S: Final = 86_400
FRESH_S: Final = 5.0
"""For so long the error, HDOP, course or heading of an earlier moment still counts."""
DEFAULT_SIGMA_M: Final = 5.0
LEAST_SIGMA_M, MOST_SIGMA_M = 0.02, 200.0
DOP_SIGMA_M: Final = {1: 2.5, 2: 1.5, 3: 1.5, 4: 0.02, 5: 0.3, 6: 10.0, 9: 1.5}
"""GGA's kind of fix, and its 1-sigma error per axis for an HDOP of 1: alone, differential, PPS, RTK fixed, RTK float,
estimated, SBAS. Manual input (7) and simulation (8) are no positions."""
ESTIMATED: Final = 6
SLOW_MPS: Final = 1.0
BACKWARDS_DEG: Final = 60.0
PAIR: Final = frozenset({"GGA", "RMC"})


@dataclass(frozen=True, slots=True)
class Sentence:
    kind: str
    fields: tuple[str, ...]


def parse(line: bytes) -> Sentence | Reason | None:
    """A line's sentence; None for a whole one that says nothing of use here; MALFORMED for anything else."""
    text = line.strip().decode("ascii", "replace")
    framed = FRAMED.fullmatch(text)
    if framed is None or reduce(xor, framed[1].encode("ascii")) != int(framed[2], 16):
        return Reason.MALFORMED
    found = SENTENCE.fullmatch(text)
    return None if found is None else Sentence(found[2], tuple(found[3].split(",")))


@dataclass(slots=True)
class _Moment:
    """What has been said of one moment (seconds of the day)."""

    at_s: float
    lat: float | None = None
    lon: float | None = None
    alt_m: float | None = None
    kind: int | None = None
    hdop: float | None = None
    day: date | None = None
    speed_mps: float | None = None
    course_deg: float | None = None
    valid: bool = True
    seen: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Epochs:
    """Puts sentences together to fixes. today: the date to which a receiver's own is compared, see weeks.rolled."""

    today: Callable[[], date]
    _moment: _Moment | None = None
    _told: bool = False
    _kinds: deque[frozenset[str]] = field(default_factory=lambda: deque(maxlen=3))
    _last: dict[str, tuple[float, tuple[float, ...]]] = field(default_factory=dict)
    _day: tuple[date, float] | None = None

    def feed(self, line: bytes) -> tuple[Fix | Reason, ...]:
        """What a line completes: no, one or two fixes, or why a line or a moment gives none."""
        sentence = parse(line)
        if sentence is None or isinstance(sentence, Reason):
            return () if sentence is None else (sentence,)
        try:
            return self._take(sentence)
        except (ValueError, IndexError):
            return (Reason.MALFORMED,)

    def end(self) -> tuple[Fix | Reason, ...]:
        """What the last moment still gives."""
        return () if self._moment is None or self._told else (self._tell(self._moment),)

    def _take(self, sentence: Sentence) -> tuple[Fix | Reason, ...]:
        words = sentence.fields
        if sentence.kind in PAIR:
            if not words[0]:
                return (Reason.NO_POSITION,)
            at_s = _seconds(words[0])
            ended = self._begin(at_s)
            moment = self._moment
            assert moment is not None  # noqa: S101  (begun above)
            (_gga if sentence.kind == "GGA" else _rmc)(moment, words)
            moment.seen.add(sentence.kind)
            whole = moment.seen >= (PAIR & frozenset().union(*self._kinds) if self._kinds else PAIR)
            return (*ended, self._tell(moment)) if whole and not self._told else ended
        told = _aside(sentence)
        if told is not None and self._moment is not None:
            self._last[sentence.kind] = (self._moment.at_s, told)
        return ()

    def _begin(self, at_s: float) -> tuple[Fix | Reason, ...]:
        """Go on to another moment, where this is one."""
        if self._moment is not None and self._moment.at_s == at_s:
            return ()
        ended = self.end()
        if self._moment is not None:
            self._kinds.append(frozenset(self._moment.seen))
        self._moment, self._told = _Moment(at_s), False
        return ended

    def _tell(self, moment: _Moment) -> Fix | Reason:
        self._told = True
        utc_ns = self._utc_ns(moment)
        if moment.lat is None or moment.lon is None or not moment.valid:
            return Reason.NO_POSITION
        if moment.kind is not None and moment.kind not in DOP_SIGMA_M:
            return Reason.NO_POSITION
        if fault := position_fault(moment.lat, moment.lon):
            return fault
        if utc_ns is None:
            return Reason.BAD_TIME
        over_ground = self._fresh("VTG", moment) or (math.nan, math.nan)
        course = _first(moment.course_deg, over_ground[0])
        speed = _first(moment.speed_mps, over_ground[1])
        return Fix(
            utc_ns=utc_ns,
            lat=moment.lat,
            lon=moment.lon,
            sigma_m=self._sigma_m(moment),
            alt_m=moment.alt_m,
            course_deg=course,
            speed_mps=speed,
            attitude=self._heading(moment, course, speed),
            quality=FixQuality.DEAD_RECKONED if moment.kind == ESTIMATED else FixQuality.GNSS,
        )

    def _utc_ns(self, moment: _Moment) -> int | None:
        """The moment's UTC; the day of an earlier RMC goes on over midnight."""
        if moment.day is not None:
            self._day = (moment.day, moment.at_s)
        elif self._day is not None:
            day, at_s = self._day
            self._day = (day + timedelta(days=moment.at_s < at_s - DAY_S / 2), moment.at_s)
        if self._day is None:
            return None
        midnight = datetime.combine(rolled(self._day[0], self.today()), datetime.min.time(), UTC)
        return int(midnight.timestamp()) * 1_000_000_000 + round(moment.at_s * 1e9)

    def _sigma_m(self, moment: _Moment) -> float:
        errors = self._fresh("GST", moment)
        if errors is not None:
            sigma_m = math.hypot(*errors) / math.sqrt(2.0)
        else:
            dop = _first(moment.hdop, (self._fresh("GSA", moment) or (math.nan,))[0])
            sigma_m = DEFAULT_SIGMA_M if dop is None else dop * DOP_SIGMA_M[moment.kind or 1]
        return min(MOST_SIGMA_M, max(LEAST_SIGMA_M, sigma_m))

    def _heading(self, moment: _Moment, course: float | None, speed: float | None) -> Attitude | None:
        """The vehicle's heading, where its course does not tell it as well: at standstill and in reverse."""
        told = self._fresh("HDT", moment)
        if told is None:
            return None
        slow = speed is None or course is None or speed < SLOW_MPS
        return Attitude(told[0]) if slow or abs(wrap_180(told[0] - (course or 0.0))) > BACKWARDS_DEG else None

    def _fresh(self, kind: str, moment: _Moment) -> tuple[float, ...] | None:
        known = self._last.get(kind)
        if known is None or (moment.at_s - known[0]) % DAY_S > FRESH_S:
            return None
        return known[1]


def _gga(moment: _Moment, words: tuple[str, ...]) -> None:
    moment.kind = int(words[5] or 0)
    if words[1] and words[3]:
        moment.lat, moment.lon = _degrees(words[1], words[2], "NS"), _degrees(words[3], words[4], "EW")
    moment.hdop, moment.alt_m = _number(words[7]), _number(words[8])


def _rmc(moment: _Moment, words: tuple[str, ...]) -> None:
    moment.valid = words[1] == "A" and words[11:12] not in (("N",), ("S",), ("M",))
    if words[2] and words[4] and moment.lat is None:
        moment.lat, moment.lon = _degrees(words[2], words[3], "NS"), _degrees(words[4], words[5], "EW")
    speed = _number(words[6])
    moment.speed_mps, moment.course_deg = None if speed is None else speed * KNOT_MPS, _number(words[7])
    if words[8]:
        day, month, year = (int(words[8][at : at + 2]) for at in (0, 2, 4))
        moment.day = date(year + (2000 if year < 80 else 1900), month, day)


def _aside(sentence: Sentence) -> tuple[float, ...] | None:
    """The numbers of a sentence that goes with the others; None where it leaves them out."""
    words = sentence.fields
    picked = {"GST": (5, 6), "GSA": (15,), "VTG": (0, 4), "HDT": (0,)}[sentence.kind]
    numbers = [_number(words[at]) for at in picked]
    if any(number is None for number in numbers):
        return None
    told = tuple(number for number in numbers if number is not None)
    return (told[0], told[1] * KNOT_MPS) if sentence.kind == "VTG" else told


def _number(word: str) -> float | None:
    """A field's number, or None where it is empty; raises ValueError where it is none."""
    if not word:
        return None
    if not re.fullmatch(r"[-+]?\d{1,9}(\.\d{0,12})?", word):
        raise ValueError("not a number")
    return float(word)


def _first(*numbers: float | None) -> float | None:
    return next((one for one in numbers if one is not None and not math.isnan(one)), None)


def _seconds(word: str) -> float:
    """hhmmss.sss as seconds of the day; a leap second belongs to the next day."""
    if not re.fullmatch(r"\d{6}(\.\d{0,9})?", word):
        raise ValueError("not a time")
    hours, minutes, seconds = int(word[:2]), int(word[2:4]), float(word[4:])
    if hours > 23 or minutes > 59 or seconds >= 61.0:
        raise ValueError("not a time")
    return hours * 3600 + minutes * 60 + seconds


def _degrees(word: str, side: str, sides: str) -> float:
    """(d)ddmm.mmmm and its hemisphere as degrees."""
    found = re.fullmatch(r"(\d{1,3})(\d{2}(?:\.\d{0,12})?)", word)
    if found is None or side not in tuple(sides) or float(found[2]) >= 60.0:
        raise ValueError("not a coordinate")
    size = int(found[1]) + float(found[2]) / 60.0
    return -size if side == sides[1] else size
