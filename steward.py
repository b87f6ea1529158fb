"""The one command. It only hands over: to the edge, the server, the training room, or the demo that plays them all."""

from __future__ import annotations

import importlib

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


def _mount() -> None:
    """Add the rooms whose extra is installed; the others stay as a command that says what to install."""
    for name, (module, extra) in ROOMS.items():
        try:
            app.add_typer(importlib.import_module(module).app, name=name)
        except ModuleNotFoundError as missing:
            app.command(name, help=f"Needs: pip install {extra!r}")(_missing(name, extra, str(missing.name)))


def _missing(name: str, extra: str, module: str):  # type: ignore[no-untyped-def]
    def say() -> None:
        typer.echo(f"steward: `{name}` needs the module {module}. Install it with: pip install '{extra}'", err=True)
        raise typer.Exit(2)

    return say


def main() -> None:
    _mount()
    app()


if __name__ == "__main__":
    main()
