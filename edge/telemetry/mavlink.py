"""MAVLink, as autopilots speak it: live over UDP, and in ground stations' logs (.tlog). Needs the extra `mavlink`.

| message | what is taken from it |
|---|---|
| GLOBAL_POSITION_INT | position, height above take-off, velocity, heading |
| SYSTEM_TIME | UTC |
| GPS_RAW_INT | the position's error |
| MOUNT_ORIENTATION, GIMBAL_DEVICE_ATTITUDE_STATUS | where the camera itself points |

Without a gimbal the heading alone is the vehicle's, and pitch and roll are the mount's. The first vehicle that tells a
position is the one that is listened to.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from edge.errors import TelemetryError
from edge.telemetry.log import NoPositions, Tally, TelemetryKind, TelemetryLog, position_fault
from pipeline.geo import wrap_360
from pipeline.observation import ClockQuality
from pipeline.pose import Attitude, Fix
from pipeline.reasons import Reason

MAX_BYTES: Final = 1 << 30
STAMP_BYTES: Final = 8
EARLIEST_US, LATEST_US = 1_100_000_000_000_000, 4_100_000_000_000_000
"""Between 2004 and 2099: what a time stamp of a log can be."""
DEFAULT_SIGMA_M: Final = 5.0
SIGMA_PER_DOP_M: Final = 2.5
UNKNOWN_16: Final = 65535
MOVING_MPS: Final = 0.5
FRESH_MS: Final = 2000
YAW_LOCK, YAW_IN_VEHICLE, YAW_IN_EARTH = 16, 32, 64
NOT_INSTALLED: Final = "MAVLink needs the extra: pip install 'citysteward[mavlink]'"


def open_parser() -> Any:
    """A parser of the common dialect, versions 1 and 2; raises TelemetryError without the extra."""
    try:
        dialect = importlib.import_module("pymavlink.dialects.v20.common")
    except ImportError as error:
        raise TelemetryError(NOT_INSTALLED) from error
    parser = dialect.MAVLink(None)
    parser.robust_parsing = True
    return parser


class Messages:
    """Messages to fixes, in the order in which they come. timed: the last fix's UTC was the autopilot's own."""

    def __init__(self) -> None:
        self._parser = open_parser()
        self._system: int | None = None
        self._utc_less_boot_ms: int | None = None
        self._sigma_m = DEFAULT_SIGMA_M
        self._gimbal: tuple[int, Attitude, bool] | None = None
        self._boot_ms = 0
        self.timed = False

    def feed(self, piece: bytes, log_us: int | None = None) -> tuple[Fix | Reason, ...]:
        """What a piece of the stream completes; MALFORMED for each run of bytes that is no message.

        log_us: UTC microseconds by a log's own stamp, used until the autopilot tells its clock.
        """
        told = (self._take(message, log_us) for message in self._parser.parse_buffer(piece) or ())
        return tuple(one for one in told if one is not None)

    def _take(self, message: Any, log_us: int | None) -> Fix | Reason | None:
        kind = message.get_type()
        if kind == "BAD_DATA":
            return Reason.MALFORMED
        if self._system is not None and message.get_srcSystem() != self._system:
            return None
        match kind:
            case "GLOBAL_POSITION_INT":
                self._system = message.get_srcSystem()
                return self._fix(message, log_us)
            case "SYSTEM_TIME" if EARLIEST_US < message.time_unix_usec < LATEST_US:
                self._utc_less_boot_ms = message.time_unix_usec // 1000 - message.time_boot_ms
            case "GPS_RAW_INT":
                self._sigma_m = _sigma_m(message)
            case "MOUNT_ORIENTATION":
                told = (message.yaw, message.pitch, message.roll, getattr(message, "yaw_absolute", math.nan))
                self._keep(_mounted(*told), not math.isfinite(told[3]))
            case "GIMBAL_DEVICE_ATTITUDE_STATUS":
                self._keep(_turned(*message.q), _in_vehicle(message.flags))
        return None

    def _keep(self, attitude: Attitude | None, relative: bool) -> None:
        if attitude is not None:
            self._gimbal = (self._boot_ms, attitude, relative)

    def _fix(self, told: Any, log_us: int | None) -> Fix | Reason:
        self._boot_ms = told.time_boot_ms
        lat, lon = told.lat / 1e7, told.lon / 1e7
        if fault := position_fault(lat, lon):
            return fault
        self.timed = self._utc_less_boot_ms is not None
        if self._utc_less_boot_ms is not None:
            utc_ns = (self._utc_less_boot_ms + told.time_boot_ms) * 1_000_000
        elif log_us is not None:
            utc_ns = log_us * 1000
        else:
            return Reason.BAD_TIME
        heading = None if told.hdg == UNKNOWN_16 else told.hdg / 100.0
        speed = math.hypot(told.vx, told.vy) / 100.0
        course = wrap_360(math.degrees(math.atan2(told.vy, told.vx))) if speed >= MOVING_MPS else None
        return Fix(
            utc_ns=utc_ns,
            lat=lat,
            lon=lon,
            sigma_m=self._sigma_m,
            alt_m=told.alt / 1000.0,
            height_m=told.relative_alt / 1000.0,
            course_deg=course,
            speed_mps=speed,
            attitude=self._camera(told.time_boot_ms, heading),
        )

    def _camera(self, boot_ms: int, heading: float | None) -> Attitude | None:
        """Where the camera points: the gimbal's word, else the vehicle's heading alone."""
        if self._gimbal is None or not 0 <= boot_ms - self._gimbal[0] <= FRESH_MS:
            return None if heading is None else Attitude(heading)
        _, told, relative = self._gimbal
        if not relative:
            return told
        return None if heading is None else Attitude(wrap_360(heading + told.yaw_deg), told.pitch_deg, told.roll_deg)


def _sigma_m(told: Any) -> float:
    """1-sigma error per axis: the receiver's own, else by HDOP."""
    accuracy_mm = getattr(told, "h_acc", 0)
    if accuracy_mm:
        return max(0.02, accuracy_mm / 1000.0 / math.sqrt(2.0))
    return DEFAULT_SIGMA_M if told.eph in (0, UNKNOWN_16) else told.eph / 100.0 * SIGMA_PER_DOP_M


def _mounted(yaw: float, pitch: float, roll: float, north: float) -> Attitude | None:
    turn = north if math.isfinite(north) else yaw
    return Attitude(wrap_360(turn), pitch, roll) if all(map(math.isfinite, (turn, pitch, roll))) else None


def _turned(w: float, x: float, y: float, z: float) -> Attitude | None:
    """A rotation from north, east, down (or forward, right, down) to the camera, as angles."""
    if not 0.9 < math.sqrt(w * w + x * x + y * y + z * z) < 1.1:
        return None
    yaw = math.degrees(math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))
    pitch = math.degrees(math.asin(max(-1.0, min(1.0, 2 * (w * y - z * x)))))
    roll = math.degrees(math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)))
    return Attitude(wrap_360(yaw), pitch, roll)


def _in_vehicle(flags: int) -> bool:
    """Whether a gimbal's yaw is told from the vehicle's nose; older gimbals say so only by their yaw lock."""
    if flags & (YAW_IN_VEHICLE | YAW_IN_EARTH):
        return not flags & YAW_IN_EARTH
    return not flags & YAW_LOCK


def packets(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The packets of a log with their stamps (UTC microseconds); what is no packet is passed over."""
    at = 0
    while at + STAMP_BYTES + 8 <= len(content):
        stamp_us, size = int.from_bytes(content[at : at + STAMP_BYTES], "big"), packet_size(content, at + STAMP_BYTES)
        if not EARLIEST_US < stamp_us < LATEST_US or size is None:
            at += 1
            continue
        start = at + STAMP_BYTES
        yield stamp_us, content[start : start + size]
        at = start + size


def packet_size(content: bytes, at: int) -> int | None:
    """How long the packet that begins here is by its head; None where none does."""
    if content[at] == 0xFE:
        return content[at + 1] + 8
    if content[at] == 0xFD:
        return content[at + 1] + 12 + 13 * (content[at + 2] & 1)
    return None


def is_tlog(head: bytes) -> bool:
    """Whether a file begins with a stamp and a packet, and another stamp after it."""
    first = next(packets(head[:512]), None)
    if first is None or not head.startswith(first[0].to_bytes(STAMP_BYTES, "big")):
        return False
    after = STAMP_BYTES + len(first[1])
    return len(head) <= after or EARLIEST_US < int.from_bytes(head[after : after + STAMP_BYTES], "big") < LATEST_US


def read_tlog(path: Path) -> TelemetryLog:
    """The fixes of a ground station's log; raises TelemetryError naming the file and what to do where it has none."""
    if path.stat().st_size > MAX_BYTES:
        raise TelemetryError(f"{path}: larger than {MAX_BYTES // 1024**2} MiB. Split the log.")
    tally, fixes, messages = Tally(), list[Fix](), Messages()
    for stamp_us, packet in packets(path.read_bytes()):
        for told in messages.feed(packet, stamp_us):
            if isinstance(told, Fix):
                fixes.append(told)
            else:
                tally.add(told)
    if not fixes:
        raise NoPositions(
            f"{path}: no GLOBAL_POSITION_INT tells a position ({tally.words() or 'none is there'}). Let the autopilot "
            "send it to the ground station."
        )
    clock = ClockQuality.GNSS if messages.timed else ClockQuality.FILE
    return TelemetryLog(TelemetryKind.MAVLINK, tuple(fixes), tally.counts(), clock)
