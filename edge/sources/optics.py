"""The camera and how it sits on its vehicle: `camera.toml`, or what is assumed without one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import Field

from edge.errors import ConfigError
from models.tomlfile import read_toml
from pipeline.observation import SourceKind
from pipeline.pose import Camera, Mount
from pipeline.table import Table, ZoneName
from pipeline.timeline import HEIGHT_SIGMA_M

ASSUMED_HFOV_DEG: Final = 70.0
TOLD_HFOV_SIGMA_DEG: Final = 1.0
"""Of a field of view in the camera file: makers round it to whole degrees."""
ASSUMED_HFOV_SIGMA_DEG: Final = 10.0
"""Dash cameras and drones have 60° to 90° in nearly all cases."""
ASSUMED_HEIGHT_M: Final = {SourceKind.VEHICLE: 1.8, SourceKind.DRONE: 30.0}
ASSUMED_SIGMA_DEG: Final = 4.0
ASSUMED_HEIGHT_SIGMA_M: Final = {SourceKind.VEHICLE: 0.4, SourceKind.DRONE: 10.0}
TOLD_HEIGHT_SIGMA_M: Final = {SourceKind.VEHICLE: 0.05, SourceKind.DRONE: HEIGHT_SIGMA_M}
"""What a height in the camera file is wrong by that does not say: one measured with a tape, and one that is flown."""


class CameraTable(Table):
    """width, height: the picture's size in pixels that hfov_deg belongs to. hfov_sigma_deg: 1-sigma error of that, with
    what a lens bends and a stabiliser crops. time_zone: in which the camera's clock
    goes, where what it writes does not say."""

    width: Annotated[int, Field(gt=0, le=20_000)] | None = None
    height: Annotated[int, Field(gt=0, le=20_000)] | None = None
    hfov_deg: Annotated[float, Field(gt=1, lt=170)] = ASSUMED_HFOV_DEG
    hfov_sigma_deg: Annotated[float, Field(ge=0, le=30)] | None = None
    time_zone: ZoneName = "UTC"


class MountTable(Table):
    height_m: Annotated[float, Field(gt=0.1, le=500)] | None = None
    height_sigma_m: Annotated[float, Field(gt=0, le=50)] | None = None
    pitch_deg: Annotated[float, Field(ge=-90, le=90)] = 0.0
    yaw_deg: Annotated[float, Field(ge=-360, le=360)] = 0.0
    roll_deg: Annotated[float, Field(ge=-180, le=180)] = 0.0
    angle_sigma_deg: Annotated[float, Field(gt=0, le=45)] = 1.0


class OpticsFile(Table):
    camera: CameraTable = CameraTable()
    mount: MountTable = MountTable()


@dataclass(frozen=True, slots=True)
class Optics:
    """assumed: no camera file was given, so angles are only roughly known. clock_zone: that of the camera's clock."""

    camera: Camera
    mount: Mount
    hfov_deg: float
    assumed: bool
    clock_zone: tzinfo = UTC


def read_optics(path: Path | None, width_px: int, height_px: int, kind: SourceKind) -> Optics:
    """The optics for pictures of this size; raises ConfigError where the file is wrong or meant for another shape."""
    high_m, high_sigma_m = ASSUMED_HEIGHT_M[kind], ASSUMED_HEIGHT_SIGMA_M[kind]
    if path is None:
        camera = Camera.from_hfov(width_px, height_px, ASSUMED_HFOV_DEG, ASSUMED_HFOV_SIGMA_DEG)
        mount = Mount(high_m, angle_sigma_deg=ASSUMED_SIGMA_DEG, height_sigma_m=high_sigma_m)
        return Optics(camera, mount, ASSUMED_HFOV_DEG, True)
    told = read_toml(path, OpticsFile, ConfigError)
    wide, high = told.camera.width, told.camera.height
    if wide and high and abs(wide / high / (width_px / height_px) - 1.0) > 0.02:
        raise ConfigError(
            f"{path}, field camera.width: {wide}×{high} has another shape than the footage, {width_px}×{height_px}. "
            "Name the camera that made this footage."
        )
    if told.mount.height_m is not None:
        high_m, high_sigma_m = told.mount.height_m, TOLD_HEIGHT_SIGMA_M[kind]
    mount = Mount(
        height_m=high_m,
        pitch_deg=told.mount.pitch_deg,
        yaw_deg=told.mount.yaw_deg,
        roll_deg=told.mount.roll_deg,
        angle_sigma_deg=told.mount.angle_sigma_deg,
        height_sigma_m=high_sigma_m if told.mount.height_sigma_m is None else told.mount.height_sigma_m,
    )
    lens = told.camera
    unsure_deg = TOLD_HFOV_SIGMA_DEG if "hfov_deg" in lens.model_fields_set else ASSUMED_HFOV_SIGMA_DEG
    if lens.hfov_sigma_deg is not None:
        unsure_deg = lens.hfov_sigma_deg
    camera = Camera.from_hfov(width_px, height_px, lens.hfov_deg, unsure_deg)
    return Optics(camera, mount, told.camera.hfov_deg, False, ZoneInfo(told.camera.time_zone))
