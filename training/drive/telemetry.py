"""Telemetry as loggers write it: GPX for cars, DJI subtitles for drones, and the camera's TOML. Pure: text out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from training.drive.passes import NS, Moment, Plan, Reading
from training.drive.place import azimuth_deg
from training.drive.scene import Block


def utc_text(utc_ns: int) -> str:
    """ISO 8601 with milliseconds and Z."""
    return f"{_moment(utc_ns):%Y-%m-%dT%H:%M:%S}.{utc_ns // 1_000_000 % 1000:03d}Z"


def _moment(utc_ns: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=utc_ns // 1000)


def gpx_text(name: str, readings: tuple[Reading, ...]) -> str:
    """A GPX 1.1 track, one point a reading, speed (m/s) and course (degrees) in Garmin's TrackPointExtension v2."""
    rows = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<gpx version="1.1" creator="citysteward demo drive" xmlns="http://www.topografix.com/GPX/1/1"'
        ' xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">',
        f" <trk><name>{escape(name)}</name><trkseg>",
    ]
    for each in readings:
        rows.append(
            f'  <trkpt lat="{each.spot.lat:.8f}" lon="{each.spot.lon:.8f}"><ele>{5.0 + each.error_north_m:.2f}</ele>'
            f"<time>{utc_text(each.utc_ns)}</time><sat>14</sat><hdop>1.1</hdop><extensions><gpxtpx:TrackPointExtension>"
            f"<gpxtpx:speed>{each.speed_mps:.2f}</gpxtpx:speed><gpxtpx:course>{each.course_deg:.1f}</gpxtpx:course>"
            "</gpxtpx:TrackPointExtension></extensions></trkpt>"
        )
    return "\n".join([*rows, " </trkseg></trk>", "</gpx>", ""])


def srt_text(block: Block, plan: Plan, frames: tuple[Moment, ...], readings: tuple[Reading, ...]) -> str:
    """DJI subtitles, a block a frame, bracketed dialect with gimbal angles; the date is the camera's clock (UTC)."""
    span_ns = NS // plan.fps
    rows = []
    for frame, reading in zip(frames, readings, strict=True):
        start, stop = frame.index * span_ns, (frame.index + 1) * span_ns
        gimbal = (azimuth_deg(block, frame.view.yaw_deg) + 180.0) % 360.0 - 180.0
        rows.append(
            f"{frame.index + 1}\n{_timecode(start)} --> {_timecode(stop)}\n"
            f'<font size="28">FrameCnt: {frame.index + 1}, DiffTime: {span_ns // 1_000_000}ms\n'
            f"{_moment(frame.utc_ns):%Y-%m-%d %H:%M:%S}.{frame.utc_ns // 1_000_000 % 1000:03d}\n"
            f"[iso: 100] [shutter: 1/1000.0] [fnum: 2.8] [ev: 0] [color_md: default] [focal_len: 24.00] "
            f"[latitude: {reading.spot.lat:.7f}] [longitude: {reading.spot.lon:.7f}] "
            f"[rel_alt: {reading.height_m:.3f} abs_alt: {reading.height_m + 5.0:.3f}] [ct: 5500] "
            f"[gb_yaw: {gimbal:.1f} gb_pitch: {frame.view.pitch_deg:.1f} gb_roll: {frame.view.roll_deg:.1f}]</font>\n"
        )
    return "\n".join(rows)


def _timecode(media_ns: int) -> str:
    ms = media_ns // 1_000_000
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"


def camera_toml(plan: Plan) -> str:
    """The camera as its installer measured it: picture, field of view, and how it sits on the vehicle."""
    lens = plan.lens
    return (
        f"# Camera of the pass {plan.name}. pitch_deg is positive upwards, yaw_deg clockwise from straight ahead.\n"
        f"[camera]\nwidth = {lens.width_px}\nheight = {lens.height_px}\nhfov_deg = {lens.hfov_deg}\n\n"
        f"[mount]\nheight_m = {plan.height_m}\npitch_deg = {plan.pitch_deg}\nyaw_deg = {plan.yaw_deg}\nroll_deg = 0.0\n"
    )
