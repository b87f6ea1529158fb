"""Opens a home: from files on disk to the context that requests work with."""

from __future__ import annotations

import contextlib
import gc
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, Final

import uvicorn

from server.api.health import metrics_token
from server.app import create_app
from server.context import Context
from server.errors import SetupError
from server.notifier import FileNotifier
from server.pictures.keeper import open_objects
from server.pictures.privacy import open_privacy_step
from server.records.address import address_of
from server.records.bell import Bell
from server.records.ids import Uuid7
from server.records.store import Store, migrate, require_current, version_of
from server.setup.cities import Cities

SERVING: Final[dict[str, Any]] = {
    "log_level": "warning",
    "access_log": False,
    "server_header": False,
    "timeout_graceful_shutdown": 3,
}

NEW_OBJECTS: Final = 10_000
"""So many are made until the collector looks through them. A traverse of a hundred makes more, nearly all of which are
needed until it is taken in: with Python's 700 a twentieth of the time goes into looking."""

NOTICES: Final = "notices.jsonl"
"""In the home: messages to reporters, for a gateway to take."""


def open_home(home: Path, models: Path | None = None) -> Context:
    """The context of a home that `init` made; its tables are brought up to date. Raises SetupError."""
    address = address_of(home)
    version_of(address)  # an empty database is no older one: it would be given tables, and stay without a city
    migrate(address)
    require_current(address)
    return context_at(home, models)


def context_at(home: Path, models: Path | None = None) -> Context:
    """The context of a home whose tables are up to date."""
    bell = Bell()
    address = address_of(home)
    # Where others write too, `hearing` rings for all of them.
    store = Store(address, bell.ring) if isinstance(address, Path) else Store(address)
    with store.read() as session:
        cities = Cities(session)
        objects = open_objects(home, session)
    return Context(
        store=store,
        objects=objects,
        cities=cities,
        now_ns=time.time_ns,
        new_id=Uuid7(),
        privacy=open_privacy_step(models),
        bell=bell,
        notifier=FileNotifier(home / NOTICES),
        home=home,
        metrics_token=metrics_token(),
    )


def listen_on(port: int) -> socket.socket:
    """A socket on 127.0.0.1; raises SetupError where the port is taken or not allowed."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        raise SetupError(f"127.0.0.1:{port}: {error.strerror}; choose another --port") from error
    return listening


def spare_what_stays() -> None:
    """Call it once, when all is loaded: from then on Python's collector passes over all that is there by now, and looks
    through what is new less often.

    Every few hundred requests it looks through everything that may be garbage, and nobody is answered meanwhile: with
    all libraries among it that takes 100 ms of a core. Looking through what requests leave behind takes 10.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


def serve(context: Context, listening: socket.socket) -> None:
    """Answer requests until the process is told to end; open pages get three seconds then."""
    config = uvicorn.Config(create_app(context), **SERVING)
    spare_what_stays()
    # Uvicorn raises the signal that ended it once more, when all is closed: being told to end is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
