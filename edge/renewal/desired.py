"""The signed configuration of this device: fetched, checked as a whole, kept with the one before it, laid over its own.

`state_dir/desired/` holds `current.toml` and `previous.toml`, and what of them is on probation.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from tuf.ngclient import Updater

from edge.config import EdgeConfig, ThermalTable
from edge.errors import ConfigError
from edge.files import write_private
from models.desired import LARGEST_BYTES, Desired, desired_path, parse_desired
from models.errors import ModelError
from pipeline.table import fault_at
from pipeline.zones import ZoneMap

FOLDER: Final = "desired"
CURRENT: Final = "current.toml"
PREVIOUS: Final = "previous.toml"
REFUSED: Final = "refused"


def fetched(client: Updater, config: EdgeConfig) -> bytes | None:
    """The target that is signed for this device, or None where there is none; raises tuf's errors."""
    client.refresh()
    entry = client.get_targetinfo(desired_path(config.device.name))
    if entry is None or entry.length > LARGEST_BYTES:
        return None
    place = config.device.state_dir / FOLDER / "fetched.toml"
    place.parent.mkdir(parents=True, exist_ok=True)
    client.download_target(entry, str(place))
    return place.read_bytes()


def overlaid(config: EdgeConfig, desired: Desired, zones: Path) -> EdgeConfig:
    """The vehicle's own configuration with what is desired laid over it. zones: where that file lies.

    Raises ConfigError where the whole does not hold together.
    """
    if desired.device != config.device.name:
        raise ConfigError(f"desired, field device: it is for {desired.device}, and this is {config.device.name}")
    changed: dict[str, Any] = {}
    try:
        if desired.sampling is not None:
            changed["sampling"] = type(config.sampling)(**desired.sampling.model_dump())
        if desired.thermal is not None:
            own = config.thermal or ThermalTable()
            changed["thermal"] = ThermalTable(sensors=own.sensors, **desired.thermal.model_dump())
        if desired.upload is not None:
            told = config.upload.model_dump() | desired.upload.model_dump(exclude_none=True)
            changed["upload"] = type(config.upload)(**told)
    except ValidationError as error:
        raise ConfigError(fault_at("desired", error)) from error
    if desired.zones is not None:
        try:
            ZoneMap.parse(desired.zones)
        except ValueError as error:
            raise ConfigError(f"desired, field zones: {error}") from error
        for name in ("source", "live"):
            changed[name] = tuple(one.model_copy(update={"zones": zones}) for one in getattr(config, name))
    return config.model_copy(update=changed)


@dataclass(frozen=True, slots=True)
class DesiredStore:
    """What was taken, on the disk. Files appear whole or not at all."""

    folder: Path

    @classmethod
    def of(cls, config: EdgeConfig) -> DesiredStore:
        return cls(config.device.state_dir / FOLDER)

    def current(self) -> Desired | None:
        """What this device is set to; a damaged file counts as none."""
        return self._read(CURRENT)

    def _read(self, name: str) -> Desired | None:
        try:
            return parse_desired((self.folder / name).read_bytes(), name)
        except (OSError, ModelError):
            return None

    def refused(self) -> int:
        """The highest serial that did badly here."""
        try:
            return int((self.folder / REFUSED).read_text("ascii"))
        except (OSError, ValueError):
            return 0

    def zones(self, desired: Desired) -> Path:
        """Where the zones of a configuration lie."""
        return self.folder / f"zones-{desired.serial}.geojson"

    def forget_zones(self) -> None:
        """Let go of the zones of configurations that no way leads back to. Not while a pass may still open them."""
        previous = self._read(PREVIOUS)
        kept = {self.zones(one) for one in (self.current(), previous) if one is not None}
        for path in self.folder.glob("zones-*.geojson"):
            if path not in kept:
                path.unlink(missing_ok=True)

    def take(self, content: bytes, desired: Desired) -> None:
        """Make it the current one; what was becomes the one before."""
        if desired.zones is not None:
            write_private(self.zones(desired), desired.zones.encode())
        before = self.folder / CURRENT
        write_private(self.folder / PREVIOUS, before.read_bytes() if before.exists() else b"")
        write_private(before, content)

    def turn_back(self) -> None:
        """The one before again, or none; the serial that goes is not taken again."""
        bad = self.current()
        if bad is not None:
            write_private(self.folder / REFUSED, str(max(bad.serial, self.refused())).encode())
        before = self.folder / PREVIOUS
        content = before.read_bytes() if before.exists() else b""
        if content:
            write_private(self.folder / CURRENT, content)
        else:
            (self.folder / CURRENT).unlink(missing_ok=True)
        before.unlink(missing_ok=True)

    def applied(self, own: EdgeConfig) -> EdgeConfig:
        """The configuration to work with; the vehicle's own where what was taken no longer fits it."""
        desired = self.current()
        if desired is None:
            return own
        try:
            return overlaid(own, desired, self.zones(desired))
        except ConfigError:
            return own
