"""`steward server enforcement-key` and `open-plate`: for the enforcement, on a machine of its own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Final

import typer

from models.wholefile import write_new
from server.access.enforcement import make_key, open_plate
from server.exits import or_exit
from server.shown import shown_json

VARIABLE: Final = "STEWARD_ENFORCEMENT_PASSPHRASE"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]


def enforcement_key(
    out: Annotated[Path, typer.Option(help="Folder for enforcement.key and enforcement.pub")], as_json: AsJson = False
) -> None:
    """Make the pair of keys to which vehicles seal plates. The private one stays with the enforcement.

    Example: steward server enforcement-key --out ./keys
    """
    made = or_exit(lambda: make_key(out, _passphrase(new=True)))
    if as_json:
        typer.echo(json.dumps({"private": str(made.private), "public": str(made.public), "name": made.name}))
        return
    typer.echo(f"{made.private}: keep it here and a copy in a safe; nothing else opens what is sealed to it")
    typer.echo(f"{made.public}: put it on every vehicle ([enforcement] public_key in edge.toml)")
    typer.echo(f"the key's name, which every sealed plate carries: {made.name}")


def open_sealed_plate(
    sealed: Annotated[Path, typer.Argument(help="A sealed plate, as the interface gave it")],
    key: Annotated[Path, typer.Option(help="The enforcement's private key")],
    out: Annotated[Path, typer.Option(help="Where the plate's picture is written (JPEG); not there yet")],
    as_json: AsJson = False,
) -> None:
    """Open a sealed plate: its picture into a file, its text, where the vehicle read it, on the screen.

    Example: steward server open-plate 3f….sealed --key keys/enforcement.key --out plate.jpg
    """
    note = or_exit(lambda: open_plate(sealed, key, _passphrase(new=False)))
    or_exit(lambda: write_new(out, note.jpeg, 0o600))
    if as_json:
        typer.echo(shown_json({"text": note.text, "trust": note.trust, "picture": str(out)}))
        return
    read = "not read on the vehicle" if note.text is None else f"{note.text} (read with a trust of {note.trust:g})"
    typer.echo(f"{read}; look at {out} before anything follows from it")


def _passphrase(new: bool) -> str:
    """From the environment, else asked for."""
    told = os.environ.get(VARIABLE)
    if told:
        return told
    said: str = typer.prompt("Passphrase of the enforcement's key", hide_input=True, confirmation_prompt=new, err=True)
    return said
