"""The one command. It only hands over: to the edge, the server, the training room, or the demo that plays them all."""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import typer

app = typer.Typer(
    name="steward",
    help="City Steward (城市管家): footage in, work orders out.\n\nExample: steward edge inspect drive.mp4 --out x",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@dataclass(frozen=True, slots=True)
class Room:
    """A part of the command, imported only when it is asked for: a vehicle does not load a server's libraries."""

    name: str
    module: str
    extra: str
    says: str


ROOMS: Final = (
    Room("edge", "edge.cli", "citysteward", "On a vehicle: inspect footage, run the worker. 车端"),
    Room("server", "server.cli", "citysteward[server]", "In the office: intake, cases, work orders, console. 服务端"),
    Room("train", "training.cli", "citysteward[train]", "In the workshop: from photos to a model. 训练"),
    Room("demo", "demo.cli", "citysteward[server]", "Watch a patrol drive become work orders. 演示"),
)
OURS: Final = frozenset({"pipeline", "models", "edge", "server", "training", "demo"})


def main() -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files, and terminals, may know no UTF-8
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    for room in ROOMS:
        if room.name == asked:
            _open(room)
        else:
            app.command(room.name, help=room.says)(_closed(room, ""))
    try:
        app()
    except ModuleNotFoundError as missing:  # by a command that imports what it needs when it is called
        name = str(missing.name)
        asked_for = [room for room in ROOMS if room.name == asked]
        if not asked_for or _is_ours(name):
            raise
        typer.echo(_lacks(asked_for[0], name), err=True)
        sys.exit(2)


def _open(room: Room) -> None:
    try:
        part: typer.Typer | Callable[..., None] = importlib.import_module(room.module).app
    except ModuleNotFoundError as missing:
        name = str(missing.name)
        if _is_ours(name):
            raise
        anything = {"allow_extra_args": True, "ignore_unknown_options": True}
        app.command(room.name, help=room.says, context_settings=anything)(_closed(room, name))
        return
    if isinstance(part, typer.Typer):
        app.add_typer(part, name=room.name)
    else:
        app.command(room.name)(part)


def _closed(room: Room, module: str) -> Callable[[], None]:
    def say() -> None:
        typer.echo(_lacks(room, module), err=True)
        raise typer.Exit(2)

    return say


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in OURS


def _lacks(room: Room, module: str) -> str:
    return f"steward: `{room.name}` needs the module {module}; install it: pip install '{room.extra}'"


if __name__ == "__main__":
    main()
