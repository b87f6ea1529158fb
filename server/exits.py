"""How a command ends that cannot do what it was asked for: one line that says why, and exit code 2; or 4 where nothing
that was asked for is wrong, and later it may go. A service is started again after 4, and not after 2.

A command that is told to end by a signal takes away what it began to write, and ends with 128 and the signal's number,
as shells have it."""

from __future__ import annotations

import errno
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NoReturn, TypeVar

import typer
from sqlalchemy.exc import OperationalError

from server.errors import Damaged, SetupError

T = TypeVar("T")
BAD_INPUT: Final = 2
TRY_LATER: Final = 4
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What a disk says that has no room."""
ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


def or_exit(attempt: Callable[[], T], else_holds: str = "") -> T:
    """What the attempt gives. Where a file, a store or a database stands in the way that somebody can mend, the command
    ends. else_holds: what is then the case, for whoever reads that a file or a store cannot be used."""
    try:
        with _tidied():
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


@contextmanager
def _tidied() -> Iterator[None]:
    """Let what the block began be put away where a signal ends the process: by itself it would end there and then. One
    that is not heard, as after `nohup`, stays so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [one for one in ENDING if signal.getsignal(one) is signal.SIG_DFL]
    for one in heard:
        signal.signal(one, _end)
    try:
        yield
    finally:
        for one in heard:
            signal.signal(one, signal.SIG_DFL)


def _end(number: int, _: object) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # told twice, it would leave what it is putting away
    sys.exit(128 + number)


def fail(message: str, code: int = BAD_INPUT) -> NoReturn:
    """End the command."""
    typer.echo(f"steward: {message}", err=True)
    raise typer.Exit(code)
