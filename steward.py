"""The one command. It only hands over: to the edge, the server, the training room, or the demo that plays them all."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import typer

app = typer.Typer(
    name="steward",
    help="City Steward (城市管家): footage in, work orders out.\n\nExample: steward edge inspect drive.mp4 --out x",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

ROOMS = {
    "edge": ("edge.cli", "citysteward"),
    "server": ("server.cli", "citysteward[server]"),
    "train": ("training.cli", "citysteward[train]"),
}
ROOT_PACKAGES = frozenset({"pipeline", "models", "edge", "server", "training", "demo"})


def _mount() -> None:
    """Add the rooms whose extra is installed; the others stay as a command that says what to install."""
    for name, (module, extra) in ROOMS.items():
        try:
            app.add_typer(importlib.import_module(module).app, name=name)
        except ModuleNotFoundError as missing:
            if missing.name is not None and missing.name.partition(".")[0] in ROOT_PACKAGES:
                raise
            anything = {"allow_extra_args": True, "ignore_unknown_options": True}
            needs = f"Needs: pip install {extra!r}"
            app.command(name, help=needs, context_settings=anything)(_missing(name, extra, str(missing.name)))
    app.command()(importlib.import_module("demo.cli").demo)


def _missing(name: str, extra: str, module: str) -> Callable[[], None]:
    def say() -> None:
        typer.echo(f"steward: `{name}` needs the module {module}. Install it with: pip install '{extra}'", err=True)
        raise typer.Exit(2)

    return say


def main() -> None:
    _mount()
    app()


if __name__ == "__main__":
    main()
