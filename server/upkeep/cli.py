"""`steward server check`, `move-pictures` and `backup`: is every recorded picture there, putting all of them elsewhere,
and copying all that there is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from server.exits import or_exit
from server.pictures.keeper import PICTURES, open_objects, open_store
from server.pictures.moving import Moved, move
from server.pictures.objects import FolderObjects
from server.progress import watched
from server.records.address import address_of
from server.records.store import store_of
from server.upkeep.backup import BackedUp, back_up
from server.upkeep.check import Checked
from server.upkeep.check import check as compare

NOT_WHOLE: Final = 3
SHOWN: Final = 20


def check(
    home: Annotated[Path, typer.Option(help="The directory that holds the database and the pictures")],
    read: Annotated[bool, typer.Option("--read", help="Also read every picture and compare its checksum")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Compare the records with the pictures that are kept. Changes nothing.

    Ends with 0 where every recorded picture is there, and with 3 where one is missing or damaged.

    Example: steward server check --home ./city --read
    """
    found = or_exit(lambda: _compared(home, read))
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        _print(found, read)
    if not found.is_whole:
        raise typer.Exit(NOT_WHOLE)


def move_pictures(
    home: Annotated[Path, typer.Option(help="The directory that holds the database")],
    to: Annotated[str, typer.Option(help="s3://HOST[:PORT]/BUCKET, or home for the folder in the home")],
) -> None:
    """Copy every picture to another keeper, and have the home use that one. Stop the server first.

    Nothing is deleted at the old place. Cut off, the same command goes on. Ends with 3 where pictures were lost before.

    Example: steward server move-pictures --home ./city --to s3://minio.example.org:9000/evidence
    """
    moved = or_exit(lambda: _moved(home, None if to == "home" else to), "the home still uses the old place")
    typer.echo(f"{moved.copied} pictures copied, {moved.already_there} were there; the home now uses {to}")
    if moved.lost:
        typer.echo(f"lost before: {len(moved.lost)}; see: steward server check --home {home}")
        raise typer.Exit(NOT_WHOLE)


def backup(
    home: Annotated[Path, typer.Option(help="The directory that holds the database, or names it")],
    to: Annotated[Path, typer.Option(help="A folder on another disk, for this copy and those before it")],
    keep: Annotated[int | None, typer.Option(help="How many copies of the records stay [default: all]", min=1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Copy the records, and the pictures that are not there yet. The server may be running.

    Pictures in an S3 store are left to that store. Ends with 3 where recorded pictures were lost before.

    Example: steward server backup --home ./city --to /backup --keep 48
    """
    done = or_exit(lambda: _backed_up(home, to, keep), "the copies made before are as they were")
    if as_json:
        typer.echo(json.dumps(asdict(done) | {"records": str(done.records)}))
    else:
        typer.echo(f"records: {done.records}, {done.records.stat().st_size} bytes")
        if done.pictures is None:
            typer.echo("pictures: not copied, since an S3 store keeps them; back that up by itself")
        else:
            typer.echo(f"pictures: {done.pictures.copied} copied, {done.pictures.already_there} were there")
        if done.dropped:
            typer.echo(f"older copies of the records deleted: {done.dropped}")
    if done.pictures is not None and done.pictures.lost:
        typer.echo(f"lost before: {len(done.pictures.lost)}; see: steward server check --home {home}", err=True)
        raise typer.Exit(NOT_WHOLE)


def _backed_up(home: Path, to: Path, keep: int | None) -> BackedUp:
    return back_up(home, address_of(home), to, datetime.now(UTC), keep, _shown)


def _compared(home: Path, read: bool) -> Checked:
    with closing(store_of(home)) as store, store.read() as session:
        return compare(session, open_objects(home, session), read, _shown)


def _moved(home: Path, address: str | None) -> Moved:
    with closing(store_of(home)) as store:
        with store.read() as session:
            source = open_objects(home, session)
        target = FolderObjects(home / PICTURES) if address is None else open_store(address)
        return move(store, source, target, address, _shown)


def _shown(names: Iterable[str], count: int) -> Iterable[str]:
    return watched(names, count, "pictures")


def _print(found: Checked, read: bool) -> None:
    depth = "read and compared" if read else "there and of the recorded size"
    typer.echo(
        f"{found.recorded} pictures recorded, {found.recorded - len(found.missing) - len(found.damaged)} {depth}"
    )
    for word, names in (("missing", found.missing), ("damaged", found.damaged)):
        if names:
            typer.echo(f"{word}: {len(names)}")
            for name in names[:SHOWN]:
                typer.echo(f"  {name}")
    typer.echo(
        f"without a record: {found.no_record}, of which {found.declared} are declared and still to be sent whole"
    )
    typer.echo(f"on their way in: {found.waiting} pieces, {found.waiting_bytes} bytes")
    for reason, count in found.swept.items():
        typer.echo(f"deleted so far, {reason}: {count}")
