"""`steward server devices`: which vehicles, drones and sensors there are, and taking a token away. The server may be
running."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from server.access.fleet import revoke
from server.cases.workorders import moment
from server.errors import SetupError
from server.exits import or_exit
from server.intake.channels import fleet
from server.records.store import store_of
from server.shown import shown, shown_json

app = typer.Typer(help="Vehicles, drones and sensors.", no_args_is_help=True)

Home = Annotated[Path, typer.Option(help="The directory that holds the database, or names it")]


@app.command("list")
def list_devices(home: Home, as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False) -> None:
    """Which devices there are, and when each sent a traverse last.

    Example: steward server devices list --home ./city
    """
    devices = or_exit(lambda: _listed(home))
    if as_json:
        typer.echo(shown_json(devices))
        return
    for one in devices:
        last = one["last_traverse_at"] or "never"
        gone = "" if one["revoked_at"] is None else "  (revoked)"
        typer.echo(f"{one['id']}  {one['kind']:<8} {shown(one['name']):<16} last sent: {last[:19]}{gone}")


@app.command("revoke")
def revoke_device(
    ident: Annotated[str, typer.Argument(metavar="ID", help="As `devices list` tells it")], home: Home
) -> None:
    """Take a device's token away for good. What it sent stays; to send again it has to enrol anew.

    Example: steward server devices revoke 0199d2c4-7a10-7c3e-9f55-3d2b8a6f0e11 --home ./city
    """
    or_exit(lambda: _revoke(home, ident))
    typer.echo(f"{ident} can no longer send")


def _listed(home: Path) -> list[dict[str, Any]]:
    with closing(store_of(home)) as store, store.read() as session:
        return [
            {
                "id": one.id,
                "name": one.name,
                "kind": one.kind,
                "enrolled_at": moment(one.enrolled_ns).isoformat(),
                "last_traverse_at": _at(one.last_traverse_ns),
                "revoked_at": _at(one.revoked_ns),
            }
            for one in fleet(session)
        ]


def _at(utc_ns: int | None) -> str | None:
    return None if utc_ns is None else moment(utc_ns).isoformat()


def _revoke(home: Path, ident: str) -> None:
    with closing(store_of(home)) as store, store.write() as session:
        if not revoke(session, ident.strip().lower(), time.time_ns()):
            raise SetupError(f"there is no device {ident} with a token; see: steward server devices list --home {home}")
