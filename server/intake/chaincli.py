"""`steward server chain`: is what a device sent still what it recorded?"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.errors import SetupError
from server.exits import or_exit
from server.intake.seals import Checked, check_device, write_chain
from server.records.store import store_of
from server.records.tables import Device
from server.shown import shown

FLAWED: int = 3


def chain(
    home: Annotated[Path, typer.Option(help="The directory that holds the database; a copy of one will do")],
    device: Annotated[str | None, typer.Argument(help="A device's id or name [default: list the devices]")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Also write the chain here, for `steward edge verify FOLDER --key PUBLIC_KEY`")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Check a device's signed records. Ends with 0 where the chain is whole and with 3, naming each flaw, where not.

    Example: steward server chain car-07 --home ./city --out car-07
    """
    if device is None:
        _list(or_exit(lambda: _devices(home)), as_json)
        return
    row, checked = or_exit(lambda: _checked(home, device, out))
    _print(row.name, str(row.public_key), checked, as_json)
    if checked.findings:
        raise typer.Exit(FLAWED)


def _devices(home: Path) -> list[Device]:
    with closing(store_of(home)) as store, store.read() as session:
        return list(session.scalars(select(Device).order_by(Device.name, Device.id)))


def _checked(home: Path, called: str, out: Path | None) -> tuple[Device, Checked]:
    with closing(store_of(home)) as store, store.read() as session:
        row = _device(session, called)
        checked = check_device(session, row.id)
        if out is not None:
            _write(session, row.id, out)
        return row, checked


def _device(session: Session, called: str) -> Device:
    found = list(session.scalars(select(Device).where((Device.id == called) | (Device.name == called))))
    if len(found) != 1:
        what = "no device is" if not found else f"{len(found)} devices are"
        raise SetupError(
            f"{called}: {what} called so; without a name, `steward server chain` lists them with their ids"
        )
    return found[0]


def _list(rows: Sequence[Device], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([{"id": one.id, "name": one.name, "public_key": one.public_key} for one in rows]))
        return
    for one in rows:
        typer.echo(f"{one.id}  {shown(one.name):<20} {one.public_key or 'enrolled without a key'}")


def _write(session: Session, device_id: str, out: Path) -> None:
    path = out / "chain.jsonl"
    try:
        out.mkdir(parents=True, exist_ok=True)
        with open(path, "x", encoding="utf-8", opener=_for_its_owner) as stream:
            write_chain(session, device_id, stream)
    except FileExistsError:
        raise SetupError(f"{path}: is there already; name another --out") from None
    except OSError as error:
        raise SetupError(f"{path}: cannot be written: {error.strerror}") from error


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _print(name: str, key: str, checked: Checked, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"device": name, "public_key": key, "whole": not checked.findings, **asdict(checked)}))
        return
    word = "whole" if not checked.findings else "NOT WHOLE"
    typer.echo(f"{shown(name)}: {word}; {checked.records} sealed records, the last has number {checked.last}")
    for finding in checked.findings:
        typer.echo(f"  {finding.number:>8} {finding.flaw:<9} {shown(finding.said)}")
    if checked.unsealed:
        typer.echo(f"  {checked.unsealed} traverses came without a seal; an old version, or not from this device")
    typer.echo(f"public key: {key}")
