"""Publishes what a vehicle is to be set to (models/desired.py)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from models.desired import Desired, desired_path, parse_desired
from models.errors import ModelError
from pipeline.table import toml_of
from training.errors import TrainingError
from training.repository.keys import Keyring
from training.repository.repository import Addition, Repository


def configure(
    repository: Repository, keys: Keyring, device: str, settings: Path, zones: Path | None, now: datetime
) -> Desired:
    """Sign a settings file for a device, with the next serial; raises TrainingError where a vehicle would refuse it."""
    path = desired_path(device)
    try:
        told, drawn = settings.read_text("utf-8"), None if zones is None else zones.read_text("utf-8")
        stray = {"device", "serial", "format", "zones"} & toml_of(told).keys()
    except (OSError, ValueError) as error:
        raise TrainingError(f"{settings}: cannot be read: {error}") from error
    if stray:
        raise TrainingError(f"{settings}, field {min(stray)}: is written here; leave it out (zones: --zones).")
    entry = repository.state().targets.signed.targets.get(path)
    try:
        serial = 1 if entry is None else parse_desired(repository.content(entry), path).serial + 1
        head = f'device = "{device}"\nserial = {serial}\n'
        if drawn is not None:
            if "'''" in drawn:
                raise TrainingError(f"{zones}: three apostrophes in a row cannot be written.")
            head += f"zones = '''\n{drawn}'''\n"
        content = f"{head}\n{told}".encode()
        desired = parse_desired(content, path)
    except ModelError as error:
        raise TrainingError(str(error)) from error
    repository.publish([Addition(path, content, {"serial": serial})], keys, now)
    return desired
