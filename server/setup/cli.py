"""`steward server revise`: another edition of the city's setup. The server may be running."""

from __future__ import annotations

import json
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from server.exits import or_exit
from server.records.store import store_of
from server.setup.file import read_setup
from server.setup.revising import Revised, crew_ids
from server.setup.revising import revise as add_revised

_MINUTE: Final = "%Y-%m-%dT%H:%M"


def revise(
    home: Annotated[Path, typer.Option(help="The directory that holds the database, or names it")],
    setup: Annotated[Path, typer.Option(help="The city's setup file (TOML), whole, as it is to be")],
    holds_from: Annotated[
        datetime | None,
        typer.Option("--from", formats=[_MINUTE], help="When it begins to hold, in the city's time [default: at once]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Give the city other grids, zones, rota, duty calendar or rules from a moment on, in a minute or two or later.

    Example: steward server revise --home ./city --setup city.toml --from 2026-12-01T00:00
    """
    _tell(or_exit(lambda: _revise(home, setup, holds_from)), as_json)


def _revise(home: Path, path: Path, holds_from: datetime | None) -> Revised:
    with closing(store_of(home)) as store:
        with store.read() as session:
            crews = crew_ids(session)
        setup = read_setup(path, crews)
        with store.write() as session:
            return add_revised(session, setup, path, holds_from, time.time_ns())


def _tell(revised: Revised, as_json: bool) -> None:
    if as_json:
        changes = {one.part: {"new": one.new, "changed": one.otherwise, "gone": one.gone} for one in revised.changes}
        typer.echo(json.dumps({"holds_from": revised.holds_from.isoformat() if changes else None, "changes": changes}))
        return
    if not revised.changes:
        typer.echo("the setup says nothing new; nothing was written")
        return
    typer.echo(f"holds from {revised.holds_from:%Y-%m-%d %H:%M:%S} ({revised.holds_from.tzinfo}) on")
    for one in revised.changes:
        typer.echo(f"  {one.part:<9} {one.new} new, {one.otherwise} changed, {one.gone} gone")
