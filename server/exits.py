"""How a command ends that cannot do what it was asked for: one line that says why, and exit code 2; or 4 where nothing
that was asked for is wrong, and later it may go. A service is started again after 4, and not after 2."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Final, NoReturn, TypeVar

import typer
from sqlalchemy.exc import OperationalError

from server.errors import Damaged, SetupError

T = TypeVar("T")
BAD_INPUT: Final = 2
TRY_LATER: Final = 4
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What a disk says that has no room."""


def or_exit(attempt: Callable[[], T], else_holds: str = "") -> T:
    """What the attempt gives. Where a file, a store or a database stands in the way that somebody can mend, the command
    ends. else_holds: what is then the case, for whoever reads that a file or a store cannot be used."""
    try:
        return attempt()
    except (SetupError, Damaged) as error:
        fail(str(error))
    except OSError as error:
        why = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        code = TRY_LATER if error.errno in FULL else BAD_INPUT
        fail(f"{why}; {else_holds}" if else_holds else why, code)
    except OperationalError as error:
        why = str(error.orig).partition("\n")[0]
        fail(f"the database cannot be used: {why}. Is it running, is its disk full, is its folder writable?", TRY_LATER)


def fail(message: str, code: int = BAD_INPUT) -> NoReturn:
    """End the command."""
    typer.echo(f"steward: {message}", err=True)
    raise typer.Exit(code)
