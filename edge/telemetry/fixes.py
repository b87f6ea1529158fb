"""The newest fixes of a vehicle, tied to the monotonic clock, and the poses of its cameras between them.

One stream of fixes serves every camera. What is known of a moment is complete once a later fix has come; a frame waits
for that, but not long (`Fixes.wait`). The rules for what lies between, beside and beyond fixes are pipeline.timeline's.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from edge.least_delay import LeastDelay
from pipeline.pose import Fix, Mount, Pose
from pipeline.reasons import Reason, Rejected
from pipeline.timeline import SECOND_NS, Timeline, TimelineOptions

WINDOW_NS: Final = 60 * SECOND_NS
RECENT_NS: Final = 12 * SECOND_NS
BEFORE_STOP: Final = 8
"""Fixes that are kept from before a stop, so that a vehicle that stands still knows which way it looks."""
MOVING_MPS: Final = 1.0
MOST: Final = 256
WAIT_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Heard:
    """The fixes at one moment, oldest first; `version` changes with every new one."""

    version: int
    fixes: tuple[Fix, ...]


@dataclass(slots=True)
class Fixes:
    """See the module. Safe for several threads. delay_ns: how late a fix usually is heard, after its moment."""

    delay_ns: int = 100_000_000
    _clock: LeastDelay = field(default_factory=lambda: LeastDelay(window_ns=WINDOW_NS))
    _recent: deque[Fix] = field(default_factory=deque)
    _before_stop: deque[Fix] = field(default_factory=lambda: deque(maxlen=BEFORE_STOP))
    _rejected: Counter[Reason] = field(default_factory=Counter)
    _version: int = 0
    _last_ns: int | None = None
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def add(self, fix: Fix, heard_ns: int) -> None:
        """A fix with its UTC, heard at a monotonic time; one whose time makes no sense is counted and left out."""
        with self._changed:
            moment_ns = None if fix.utc_ns is None else self._clock.moment(fix.utc_ns, heard_ns)
            if moment_ns is None or (self._last_ns is not None and moment_ns - self.delay_ns <= self._last_ns):
                self._rejected[Reason.BAD_TIME] += 1
                return
            moment_ns -= self.delay_ns
            self._recent.append(replace(fix, media_ns=moment_ns))
            self._last_ns, self._version = moment_ns, self._version + 1
            while self._recent[0].media_ns < moment_ns - RECENT_NS or len(self._recent) > MOST:  # type: ignore[operator]
                old = self._recent.popleft()
                if old.speed_mps is None or old.speed_mps >= MOVING_MPS:
                    self._before_stop.append(old)
            self._changed.notify_all()

    def reject(self, reason: Reason) -> None:
        """Count a line that gave no fix."""
        with self._changed:
            self._rejected[reason] += 1

    def wait(self, at_ns: int, ending: threading.Event | None = None) -> None:
        """Until a fix later than a monotonic time has come, or that time is WAIT_S past."""
        with self._changed:
            while self._last_ns is None or self._last_ns < at_ns:
                left_s = (at_ns - time.monotonic_ns()) / SECOND_NS + WAIT_S
                if left_s <= 0 or (ending is not None and ending.is_set()):
                    return
                self._changed.wait(min(left_s, 0.2))

    def heard(self) -> Heard:
        """What is known now; UTC is by the newest relation of the two clocks, also for older fixes."""
        with self._changed:
            kept = (*self._before_stop, *self._recent)
            known = tuple(replace(fix, utc_ns=self._utc_ns(fix.media_ns or 0)) for fix in kept)
            return Heard(self._version, known)

    def utc_ns(self, at_ns: int) -> int | None:
        """UTC at a monotonic time, or None before any fix."""
        with self._changed:
            return self._utc_ns(at_ns)

    def moment_ns(self, utc_ns: int) -> int | None:
        """The monotonic time of a UTC, or None before any fix."""
        with self._changed:
            offset_ns = self._clock.offset_ns
        return None if offset_ns is None else utc_ns + offset_ns - self.delay_ns

    @property
    def rejected(self) -> Counter[Reason]:
        with self._changed:
            return Counter(self._rejected)

    @property
    def last_ns(self) -> int | None:
        """When the newest fix was, on the monotonic clock."""
        return self._last_ns

    def _utc_ns(self, at_ns: int) -> int | None:
        offset_ns = self._clock.offset_ns
        return None if offset_ns is None else at_ns - offset_ns + self.delay_ns


@dataclass(slots=True)
class LivePoses:
    """The poses of one camera in one pass; a PoseSource. Not for several threads.

    start_ns: monotonic, the pass's media time 0. late_ns: by how much its frames' times are after the pictures were
    taken, known to late_sigma_s.
    """

    fixes: Fixes
    mount: Mount
    start_ns: int
    late_ns: int = 0
    late_sigma_s: float = 0.0
    options: TimelineOptions = field(default_factory=TimelineOptions)
    _version: int = -1
    _line: Timeline | None = None
    _carried_m: float = 0.0
    _odometer_m: float = 0.0

    def utc_ns(self, media_ns: int) -> int:
        """UTC at a media time: the satellites', before the first fix the system's."""
        at_ns = self.start_ns + media_ns - self.late_ns
        told = self.fixes.utc_ns(at_ns)
        return time.time_ns() - (time.monotonic_ns() - at_ns) if told is None else told

    def pose(self, index: int, media_ns: int) -> Pose | Rejected:
        """The camera at a media time; NO_FIX where no fix is near enough. The odometer never runs backwards."""
        self._renew()
        if self._line is None:
            return Rejected(Reason.NO_FIX)
        pose = self._line.pose(index, self.start_ns + media_ns - self.late_ns)
        if isinstance(pose, Rejected):
            return pose
        self._odometer_m = max(self._odometer_m, pose.odometer_m + self._carried_m)
        return replace(pose, odometer_m=self._odometer_m)

    def _renew(self) -> None:
        """A new timeline where new fixes came; its odometer goes on from the old one's at a fix that both have."""
        heard = self.fixes.heard()
        if heard.version == self._version or not heard.fixes:
            return
        fixes = aboard(heard.fixes, self.mount)
        begins_ns = self.start_ns - self.late_ns
        line = Timeline(fixes, self.mount, clock_sigma_s=self.late_sigma_s, begins_ns=begins_ns, options=self.options)
        if self._line is not None and (common_ns := _settled(heard.fixes)) is not None:
            before, now = (one.pose(0, common_ns) for one in (self._line, line))
            if isinstance(before, Pose) and isinstance(now, Pose):
                self._carried_m += before.odometer_m - now.odometer_m
        self._line, self._version = line, heard.version


def aboard(fixes: Sequence[Fix], mount: Mount) -> tuple[Fix, ...]:
    """Fixes with their camera's direction: a heading alone, as of a receiver with two antennas, is the vehicle's, and
    the camera looks its mount's yaw beside it."""
    return tuple(
        replace(fix, attitude=replace(fix.attitude, yaw_deg=fix.attitude.yaw_deg + mount.yaw_deg))
        if fix.attitude is not None and fix.attitude.pitch_deg is None
        else fix
        for fix in fixes
    )


def _settled(fixes: Sequence[Fix]) -> int | None:
    """The time of a fix in the middle: old enough that later fixes no longer change what is told of it."""
    recent = [fix.media_ns for fix in fixes if fix.media_ns is not None]
    return recent[-(len(recent) // 2 + 1)] if len(recent) > 1 else None
