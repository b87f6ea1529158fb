"""How a command ends that cannot do what it was asked for: one line that says why, and exit code 2."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

import typer
from sqlalchemy.exc import OperationalError

from server.errors import SetupError

T = TypeVar("T")


def or_exit(attempt: Callable[[], T], else_holds: str = "") -> T:
    """What the attempt gives. Where a file, a store or a database stands in the way that somebody can mend, the command
    ends. else_holds: what is then the case, for whoever reads that a file or a store cannot be used."""
    try:
        return attempt()
    except SetupError as error:
        fail(str(error))
    except OSError as error:
        why = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        fail(f"{why}; {else_holds}" if else_holds else why)
    except OperationalError as error:
        why = str(error.orig).partition("\n")[0]
        fail(f"the database cannot be used: {why}. Is it running, is its disk full, is its folder writable?")


def fail(message: str) -> NoReturn:
    """End the command."""
    typer.echo(f"steward: {message}", err=True)
    raise typer.Exit(2)
