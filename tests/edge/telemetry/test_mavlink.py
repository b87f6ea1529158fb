"""MAVLink with real bytes, packed by pymavlink: over UDP, and in a ground station's log."""

from __future__ import annotations

import math
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import TelemetryTable
from edge.errors import TelemetryError
from edge.telemetry.fixes import Fixes
from edge.telemetry.log import NoPositions, TelemetryKind
from edge.telemetry.mavlink import Messages, packets
from edge.telemetry.open import read_telemetry
from edge.telemetry.receiver import Receiver
from pipeline.observation import ClockQuality
from pipeline.pose import Attitude, Fix
from pipeline.reasons import Reason
from tests.ports import free_port
from tests.waiting import PATIENCE_S

dialect = pytest.importorskip("pymavlink.dialects.v20.common", reason="the extra `mavlink` is not installed")
UTC_MS = 1_772_366_400_000
NAN = math.nan


class Autopilot:
    """Packs messages as an autopilot does."""

    def __init__(self, system: int = 1) -> None:
        self.mav: Any = dialect.MAVLink(None, srcSystem=system, srcComponent=1)

    def pack(self, message: Any) -> bytes:
        return bytes(message.pack(self.mav))

    def clock(self, boot_ms: int) -> bytes:
        return self.pack(dialect.MAVLink_system_time_message((UTC_MS + boot_ms) * 1000, boot_ms))

    def position(self, boot_ms: int, lat: float = 30.5, lon: float = 120.5, hdg: int = 4500, vx: int = 500) -> bytes:
        told = (round(lat * 1e7), round(lon * 1e7), 120_000, 80_000, vx, 0, 0, hdg)
        return self.pack(dialect.MAVLink_global_position_int_message(boot_ms, *told))

    def mount(self, pitch: float, yaw: float, north: float = NAN) -> bytes:
        return self.pack(dialect.MAVLink_mount_orientation_message(0, 0.0, pitch, yaw, north))

    def gimbal(self, q: tuple[float, float, float, float], flags: int) -> bytes:
        return self.pack(
            dialect.MAVLink_gimbal_device_attitude_status_message(0, 0, 0, flags, list(q), 0.0, 0.0, 0.0, 0)
        )


def fixes(*pieces: bytes) -> list[Fix]:
    messages = Messages()
    return [told for piece in pieces for told in messages.feed(piece) if isinstance(told, Fix)]


def about_y(pitch_deg: float, yaw_deg: float) -> tuple[float, float, float, float]:
    """First turned by yaw about down, then pitched about the right: the quaternion of both."""
    pitch, yaw = math.radians(pitch_deg) / 2, math.radians(yaw_deg) / 2
    return (
        math.cos(yaw) * math.cos(pitch), -math.sin(yaw) * math.sin(pitch), math.cos(yaw) * math.sin(pitch),
        math.sin(yaw) * math.cos(pitch),
    )  # fmt: skip


def test_a_position_is_a_fix_with_the_autopilots_utc() -> None:
    plane = Autopilot()
    (fix,) = fixes(plane.clock(1000), plane.position(3000))
    assert (fix.lat, fix.lon, fix.alt_m, fix.height_m) == (30.5, 120.5, 120.0, 80.0)
    assert fix.utc_ns == (UTC_MS + 3000) * 1_000_000
    assert (fix.speed_mps, fix.course_deg) == (5.0, 0.0)
    assert fix.attitude == Attitude(45.0)


def test_the_receivers_own_error_is_taken() -> None:
    plane = Autopilot()
    raw = dialect.MAVLink_gps_raw_int_message(0, 3, 305000000, 1205000000, 0, 80, 65535, 0, 0, 12, 0, 1414, 0, 0, 0, 0)
    (fix,) = fixes(plane.clock(0), plane.pack(raw), plane.position(100))
    assert fix.sigma_m == pytest.approx(1.0, abs=0.001)


def test_before_the_clock_is_known_there_is_no_fix() -> None:
    assert Messages().feed(Autopilot().position(3000)) == (Reason.BAD_TIME,)


@pytest.mark.parametrize(("pitch", "yaw", "north"), [(math.inf, 10.0, NAN), (-30.0, -math.inf, NAN), (NAN, 1.0, 2.0)])
def test_a_mount_that_tells_no_angle_is_not_believed(pitch: float, yaw: float, north: float) -> None:
    plane = Autopilot()
    (fix,) = fixes(plane.clock(0), plane.mount(pitch, yaw, north), plane.position(100))
    assert fix.attitude == Attitude(45.0)


@pytest.mark.parametrize(("north", "yaw"), [(NAN, 55.0), (200.0, 200.0)])
def test_a_mounts_angles_are_the_cameras(north: float, yaw: float) -> None:
    plane = Autopilot()
    (fix,) = fixes(plane.clock(0), plane.mount(-30.0, 10.0, north), plane.position(100))
    assert fix.attitude == Attitude(pytest.approx(yaw), pytest.approx(-30.0), 0.0)


@pytest.mark.parametrize(("flags", "yaw"), [(32, 45.0 + 20.0), (64, 20.0), (16, 20.0), (0, 65.0)])
def test_a_gimbals_turn_counts_from_the_nose_or_from_north_as_it_says(flags: int, yaw: float) -> None:
    plane = Autopilot()
    (fix,) = fixes(plane.clock(0), plane.gimbal(about_y(-60.0, 20.0), flags), plane.position(100))
    assert fix.attitude is not None
    assert fix.attitude.yaw_deg == pytest.approx(yaw, abs=0.01)
    assert fix.attitude.pitch_deg == pytest.approx(-60.0, abs=0.01)
    assert fix.attitude.roll_deg == pytest.approx(0.0, abs=0.01)


def test_a_gimbal_that_fell_silent_is_believed_no_more() -> None:
    plane = Autopilot()
    told = fixes(plane.clock(0), plane.mount(-30.0, 0.0), plane.position(1000), plane.position(9000))
    assert [fix.attitude.pitch_deg for fix in told if fix.attitude is not None] == [-30.0, None]


def test_another_vehicle_on_the_same_network_is_not_listened_to() -> None:
    one, other = Autopilot(1), Autopilot(2)
    told = fixes(one.clock(0), one.position(100), other.clock(0), other.position(200, lat=10.0), one.position(300))
    assert [fix.lat for fix in told] == [30.5, 30.5]


@given(st.binary(max_size=300), st.integers(0, 200))
def test_noise_between_messages_is_survived(noise: bytes, cut: int) -> None:
    plane, messages = Autopilot(), Messages()
    stream = plane.clock(0) + plane.position(100)[:cut] + noise
    for told in messages.feed(stream):
        assert told is Reason.MALFORMED or (isinstance(told, Fix) and told.lat == 30.5)


def test_udp_is_heard() -> None:
    plane, port, over, said = Autopilot(), free_port(), threading.Event(), list[str]()
    fixes_, stop = Fixes(), threading.Event()
    receiver = Receiver(TelemetryTable(mavlink=f"127.0.0.1:{port}"), fixes_, stop, said.append)
    receiver.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        began_s = time.monotonic()
        while receiver.state.fixes < 3 and time.monotonic() - began_s < PATIENCE_S:
            boot_ms = round((time.monotonic() - began_s) * 1000)
            out.sendto(plane.clock(boot_ms) + plane.position(boot_ms), ("127.0.0.1", port))
            over.wait(0.05)
    stop.set()
    receiver.join(PATIENCE_S)
    assert receiver.state.fixes >= 3
    assert "gives positions" in said[0]


def log_of(*told: tuple[int, bytes]) -> bytes:
    return b"".join(((UTC_MS + at_ms) * 1000).to_bytes(8, "big") + packet for at_ms, packet in told)


def test_a_ground_stations_log_is_known_by_its_content_and_read(tmp_path: Path) -> None:
    plane = Autopilot()
    log = tmp_path / "flight.tlog"
    log.write_bytes(log_of((0, plane.clock(0)), *((at, plane.position(at)) for at in range(0, 5000, 500))))
    told = read_telemetry(log)
    assert (told.kind, told.clock, len(told.fixes)) == (TelemetryKind.MAVLINK, ClockQuality.GNSS, 10)
    assert told.fixes[-1].utc_ns == (UTC_MS + 4500) * 1_000_000


def test_a_log_without_the_autopilots_clock_goes_by_the_ground_stations(tmp_path: Path) -> None:
    plane = Autopilot()
    log = tmp_path / "flight.tlog"
    log.write_bytes(log_of(*((at + 200, plane.position(at)) for at in range(0, 5000, 500))))
    told = read_telemetry(log)
    assert told.clock is ClockQuality.FILE
    assert told.fixes[0].utc_ns == (UTC_MS + 200) * 1_000_000


def test_a_log_with_a_damaged_middle_gives_what_is_whole(tmp_path: Path) -> None:
    plane = Autopilot()
    parts = [log_of((at, plane.clock(at)), (at, plane.position(at))) for at in range(0, 3000, 500)]
    parts[3] = b"\xfd\xff\x00" + parts[3][5:-20]
    log = tmp_path / "flight.tlog"
    log.write_bytes(b"".join(parts))
    assert len(read_telemetry(log).fixes) >= 4


def test_a_log_without_positions_says_so(tmp_path: Path) -> None:
    log = tmp_path / "flight.tlog"
    log.write_bytes(log_of((0, Autopilot().clock(0)), (10, Autopilot().clock(10))))
    with pytest.raises(NoPositions, match=r"flight\.tlog: no GLOBAL_POSITION_INT"):
        read_telemetry(log)


@given(st.binary(max_size=400))
def test_packets_of_any_bytes_end(content: bytes) -> None:
    assert sum(len(packet) for _, packet in packets(content)) <= len(content)


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymavlink.dialects.v20.common", None)
    with pytest.raises(TelemetryError, match=r"pip install 'citysteward\[mavlink\]'"):
        Messages()
