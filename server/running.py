"""Opens a home: from files on disk to the context that requests work with."""

from __future__ import annotations

import time
from pathlib import Path

from server.bell import Bell
from server.city import read_city
from server.context import Context
from server.founding import DATABASE, PICTURES
from server.ids import Uuid7
from server.logins import Attempts
from server.objects import FolderObjects
from server.privacy import open_privacy_step
from server.store import Store, migrate, require_current


def open_home(home: Path, models: Path | None = None) -> Context:
    """The context of a home that `init` made; its tables are brought up to date. Raises SetupError."""
    database = home / DATABASE
    if database.is_file():
        migrate(database)
    require_current(database)
    bell = Bell()
    store = Store(database, bell.ring)
    with store.read() as session:
        city = read_city(session)
    return Context(
        store=store,
        objects=FolderObjects(home / PICTURES),
        city=city,
        now_ns=time.time_ns,
        new_id=Uuid7(),
        privacy=open_privacy_step(models),
        bell=bell,
        attempts=Attempts(),
    )
