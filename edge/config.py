"""`edge.toml`: which device this is, where its server is, and what it inspects."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainValidator, PositiveInt, field_validator, model_validator

from edge.allowance import Limits, Metered
from edge.errors import ConfigError
from edge.sources.address import Address
from models.channel import Segment
from models.desired import Celsius, DesiredSampling, DesiredThermal, DesiredUpload
from models.tomlfile import read_toml
from pipeline.sampling import DISTANCE_M
from pipeline.table import Table

HOST_PORT: Final = r"^(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}$"
HOST_NAME: Final = re.compile(r"[\w.-]+|[0-9a-f:]+")


def _http_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ValueError("an address begins with http:// or https://")
    if not HOST_NAME.fullmatch(parts.hostname or "") or parts.port == 0:
        raise ValueError("an address is http:// or https://, the name of a computer, and its port where it has one")
    return url.rstrip("/")


HttpAddress = Annotated[str, AfterValidator(_http_address)]


def _host_port(told: str) -> str:
    if int(told.rpartition(":")[2]) > 65_535:
        raise ValueError("a port is 65535 at most")
    return told


HostPort = Annotated[str, Field(pattern=HOST_PORT), AfterValidator(_host_port)]


class DeviceTable(Table):
    """until_empty: stop when every source has ended and the outbox is empty; else stay and wait for the next."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    kind: Literal["vehicle", "drone"] = "vehicle"
    state_dir: Path
    until_empty: bool = False


class ServerTable(Table):
    """enrolment_code: used once, on the first start. ca_file: certificates to trust instead of the system's."""

    url: HttpAddress
    enrolment_code: str | None = None
    ca_file: Path | None = None


class ModelTable(Table):
    """folder: with `cards/` and `weights/`, instead of the models that ship with the program."""

    folder: Path | None = None
    detector: str = "street"
    privacy: str = "privacy"


class UpdateTable(Table):
    """Where new models come from. root: the repository's first root, given to the vehicle by hand; folder: where slots
    are kept, so that `[model] folder` is its `current`. models: those of this vehicle. every_s: how often the worker
    looks for new ones itself; never where it is not given. steered: then also for a configuration for this device.
    """

    url: HttpAddress
    root: Path
    folder: Path
    channel: Segment = "stable"
    models: tuple[str, ...] = ("street", "privacy")
    every_s: Annotated[float, Field(ge=10, le=30 * 86_400)] | None = None
    steered: bool = False


class ShadowTable(Table):
    """A challenger that looks along and is only counted (edge/renewal/shadow.py). folder: of its cards/ and weights/;
    share: of the analysed frames.
    """

    folder: Path
    model: str = "street"
    share: Annotated[float, Field(gt=0, le=1)] = 0.1


class HealthTable(Table):
    """Where the worker answers how it is. live: also show redacted pictures; live_token_file: who knows its first line
    may look from elsewhere than this computer.
    """

    listen: HostPort = "127.0.0.1:9109"
    live: bool = False
    live_token_file: Path | None = None

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])


class ThermalTable(DesiredThermal):
    """When work is shed (edge/care/thermal.py): what can be set from afar, and what holds until it is.

    sensors: a folder laid out as /sys/class/thermal.
    """

    warm_c: Celsius = 80.0
    hot_c: Celsius = 90.0
    critical_c: Celsius = 98.0
    sensors: Path = Path("/sys/class/thermal")


class SuperviseTable(Table):
    """edge/supervision/supervise.py says what these mean."""

    hung_s: Annotated[float, Field(ge=5, le=86_400)] = 120.0
    start_s: Annotated[float, Field(ge=5, le=86_400)] = 600.0
    grace_s: Annotated[float, Field(ge=1, le=3600)] = 20.0
    restarts: Annotated[int, Field(ge=0, le=1000)] = 5
    within_s: Annotated[float, Field(ge=1, le=86_400)] = 600.0
    rests_s: Annotated[tuple[Annotated[float, Field(ge=1, le=86_400)], ...], Field(min_length=1, max_length=20)] = (
        60.0, 120.0, 300.0, 600.0,
    )  # fmt: skip


class UploadTable(DesiredUpload):
    """What limits the link (edge/upload/limits.py). max_kbit_s, daily_mb: where not given, without that limit."""

    metered_interfaces: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=64)], ...], Field(max_length=32)
    ] = ()
    metered: Metered = Metered.RECORDS

    def limits(self) -> Limits:
        return Limits(
            bytes_s=None if self.max_kbit_s is None else self.max_kbit_s * 125.0,
            day_bytes=None if self.daily_mb is None else int(self.daily_mb * 1e6),
            interfaces=self.metered_interfaces,
            metered=self.metered,
        )


class DiskTable(Table):
    """keep_free_mb: how much of the disk under state_dir is to stay free (edge/outbox/floors.py)."""

    keep_free_mb: Annotated[int, Field(ge=64, le=10_000_000)] = 1024


class SamplingTable(DesiredSampling):
    """What can be set from afar, and what holds until it is."""

    distance_m: Annotated[float, Field(ge=0, le=100)] = DISTANCE_M


class EnforcementTable(Table):
    """To whom plates of reported vehicles are sealed. public_key: PEM, X25519. salt: a secret that all vehicles of the
    city share, so that one plate has one hash; without it no hash is sent.
    """

    public_key: Path
    salt: Path | None = None


class SourceTable(Table):
    """One piece of footage. telemetry: found beside or inside the footage where it is not given.

    clock_offset_s: by how much the camera's clock was ahead of the telemetry's; found by looking where not given.
    """

    path: Path
    telemetry: Path | None = None
    camera: Path | None = None
    zones: Path | None = None
    bins: Path | None = None
    clock_offset_s: float | None = None


class TelemetryTable(Table):
    """Where a vehicle with live cameras gets its positions: one of a serial receiver (NMEA 0183), gpsd
    and MAVLink over UDP (the address of this computer to which the autopilot sends).

    delay_s: how long after the moment of a fix its sentence usually arrives.
    """

    serial: Path | None = None
    baud: Literal[4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600] = 9600
    gpsd: HostPort | None = None
    mavlink: HostPort | None = None
    delay_s: Annotated[float, Field(ge=0, le=5)] = 0.1

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if sum(one is not None for one in (self.serial, self.gpsd, self.mavlink)) != 1:
            raise ValueError("give one of serial, gpsd and mavlink")
        return self


def _address(told: object) -> Address:
    return told if isinstance(told, Address) else Address.parse(str(told))


class LiveTable(Table):
    """A camera that runs: rtsp://…, or /dev/videoN. sizes: the picture sizes that `camera` holds for.

    late_s: how long after a picture was taken it arrives, known to late_sigma_s. trust_clock: the camera's own clock is
    kept right (NTP), so its RTCP reports tell when a picture was taken, and late_s is not needed.
    """

    address: Annotated[Address, PlainValidator(_address)]
    name: Annotated[str, Field(pattern=r"^[\w-]{1,32}$")]
    camera: Path | None = None
    zones: Path | None = None
    bins: Path | None = None
    sizes: tuple[tuple[PositiveInt, PositiveInt], ...] = ()
    late_s: Annotated[float, Field(ge=0, le=5)] = 0.0
    late_sigma_s: Annotated[float, Field(ge=0, le=5)] = 0.1
    stall_s: Annotated[float, Field(ge=0.5, le=120)] = 5.0
    trust_clock: bool = False


class EdgeConfig(Table):
    device: DeviceTable
    server: ServerTable | None = None
    model: ModelTable = ModelTable()
    updates: UpdateTable | None = None
    shadow: ShadowTable | None = None
    health: HealthTable | None = None
    thermal: ThermalTable | None = None
    supervise: SuperviseTable = SuperviseTable()
    upload: UploadTable = UploadTable()
    disk: DiskTable = DiskTable()
    sampling: SamplingTable = SamplingTable()
    enforcement: EnforcementTable | None = None
    source: tuple[SourceTable, ...] = ()
    live: tuple[LiveTable, ...] = ()
    telemetry: TelemetryTable | None = None

    @field_validator("live")
    @classmethod
    def _names_of_their_own(cls, live: tuple[LiveTable, ...]) -> tuple[LiveTable, ...]:
        names = [one.name for one in live]
        if len(set(names)) < len(names):
            raise ValueError("two cameras have the same name")
        return live


def read_config(path: Path) -> EdgeConfig:
    """The configuration; paths in it are relative to its own folder. Raises ConfigError naming file and field."""
    told = read_toml(path, EdgeConfig, ConfigError)
    home = path.resolve().parent
    config = told.model_copy(
        update={
            "device": _placed(told.device, home, "state_dir"),
            "model": _placed(told.model, home, "folder"),
            "updates": None if told.updates is None else _placed(told.updates, home, "root", "folder"),
            "shadow": None if told.shadow is None else _placed(told.shadow, home, "folder"),
            "health": None if told.health is None else _placed(told.health, home, "live_token_file"),
            "thermal": None if told.thermal is None else _placed(told.thermal, home, "sensors"),
            "enforcement": None if told.enforcement is None else _placed(told.enforcement, home, "public_key", "salt"),
            "server": None if told.server is None else _placed(told.server, home, "ca_file"),
            "source": tuple(_placed(one, home, "path", "telemetry", "camera", "zones", "bins") for one in told.source),
            "live": tuple(_placed(one, home, "camera", "zones", "bins") for one in told.live),
        }
    )
    if not config.source and not config.live:
        raise ConfigError(
            f"{path}, field source: there is nothing to inspect; add a [[source]] with its path, or a [[live]] camera "
            "with its address"
        )
    return config


def _placed(table: Table, home: Path, *names: str) -> Table:
    """The table with the named paths made absolute."""
    moved = {name: home / getattr(table, name) for name in names if getattr(table, name) is not None}
    return table.model_copy(update=moved)
