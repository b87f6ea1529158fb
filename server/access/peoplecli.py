"""`steward server people`: who may sign in. For the administrator of the machine; the server may be running."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy.orm import Session

from server.access.roles import Role
from server.access.staffing import everybody, join, leave, renew_password
from server.exits import or_exit
from server.records.ids import Uuid7
from server.records.store import store_of
from server.shown import shown, shown_json

app = typer.Typer(help="Who may sign in.", no_args_is_help=True)

T = TypeVar("T")
Home = Annotated[Path, typer.Option(help="The directory that holds the database, or names it")]
Name = Annotated[str, typer.Argument(help="What the person signs in as")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]


@app.command("list")
def list_people(home: Home, as_json: AsJson = False) -> None:
    """Who there is, and who has left.

    Example: steward server people list --home ./city
    """
    people = _reading(home)
    if as_json:
        typer.echo(shown_json(people))
        return
    for one in people:
        gone = "" if one["active"] else "  (has left)"
        typer.echo(f"{one['role']:<11} {one['name']:<16} {shown(str(one['display']))}{gone}")


@app.command("add")
def add_person(
    name: Name,
    role: Annotated[Role, typer.Option(help="What they do")],
    display: Annotated[str, typer.Option(help="The name that others see")],
    home: Home,
    as_json: AsJson = False,
) -> None:
    """Let somebody sign in. Prints their password, once.

    Example: steward server people add li.na --role reviewer --display 李娜 --home ./city
    """
    _tell(name, _writing(home, lambda session: join(session, Uuid7()(), name, display, role)), as_json)


@app.command("password")
def new_password_for(name: Name, home: Home, as_json: AsJson = False) -> None:
    """Give somebody a new password, printed once; they are signed out everywhere. Who had left is back.

    Example: steward server people password li.na --home ./city
    """
    _tell(name, _writing(home, lambda session: renew_password(session, name)), as_json)


@app.command("leave")
def person_leaves(name: Name, home: Home) -> None:
    """Let somebody sign in no more; they are signed out at once. What they did stays under their name.

    Their open work orders stay theirs until a supervisor hands them over.

    Example: steward server people leave li.na --home ./city
    """
    _writing(home, lambda session: leave(session, name))
    typer.echo(f"{name} can no longer sign in")


def _reading(home: Path) -> list[dict[str, str | bool]]:
    def read() -> list[dict[str, str | bool]]:
        with closing(store_of(home)) as store, store.read() as session:
            return [
                {"name": one.name, "display": one.display, "role": one.role, "active": one.active}
                for one in everybody(session)
            ]

    return or_exit(read)


def _writing(home: Path, change: Callable[[Session], T]) -> T:
    def write() -> T:
        with closing(store_of(home)) as store, store.write() as session:
            return change(session)

    return or_exit(write)


def _tell(name: str, password: str, as_json: bool) -> None:
    words = f"{name}: the password is {password} ; it is not shown again"
    typer.echo(json.dumps({"name": name, "password": password}) if as_json else words)
