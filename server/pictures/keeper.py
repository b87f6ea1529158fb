"""Where a home keeps its pictures: in a folder of its own, or in the S3 store that it was founded with."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from server.pictures.objects import FolderObjects, Objects
from server.pictures.storeaddress import StoreAddress, read_keys
from server.records.tables import Setting

PICTURES: Final = "pictures"
SETTING: Final = "objects"


def open_objects(home: Path, session: Session) -> Objects:
    """The keeper of a home; raises SetupError where its store has no keys here. The store itself may be away."""
    stored = session.get(Setting, SETTING)
    return FolderObjects(home / PICTURES) if stored is None else open_store(stored.value["address"])


def open_store(address: str) -> Objects:
    """The keeper at an address; raises SetupError where the address is none or there are no keys for it."""
    from server.pictures.s3 import S3Objects  # 0.4 s to load, for which a folder need not wait

    return S3Objects(StoreAddress.parse(address), read_keys())


def look_into(objects: Objects) -> None:
    """Raise OSError where a keeper is away, or does not let this server list what it keeps."""
    next(iter(objects.waiting()), None)
