"""Where a server's records are: a SQLite file in its home, or a PostgreSQL database whose address the home keeps."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from server.errors import SetupError

DATABASE: Final = "steward.db"
ADDRESS: Final = "database"
"""The file in a home that names a PostgreSQL database, in one line."""

Address: TypeAlias = Path | URL


def address_of(home: Path) -> Address:
    """What the home names, else its own SQLite file. Raises SetupError for an address that is none."""
    try:
        text = (home / ADDRESS).read_text("utf-8").strip()
    except FileNotFoundError:
        return home / DATABASE
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{home / ADDRESS}: cannot be read: {error}") from error
    return parse_address(text)


def keep_address(home: Path, address: URL) -> None:
    """Write into the home where its records are."""
    plain = address.set(drivername="postgresql")
    (home / ADDRESS).write_text(plain.render_as_string(hide_password=True) + "\n", "utf-8")


def parse_address(text: str) -> URL:
    """`postgresql://user@host:port/name` as an address. Raises SetupError, also for one that holds a password.

    An address stands in process lists and in a file. libpq reads a password from PGPASSWORD, or from the file that
    PGPASSFILE or `?passfile=` names.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The text may hold a password, so it is not repeated.
        raise SetupError("the database's address cannot be read; write postgresql://user@host:5432/name") from None
    if url.drivername not in ("postgresql", "postgres") or not url.database:
        raise SetupError("the database's address must be of the form postgresql://user@host:5432/name")
    if url.password is not None or "password" in url.query:
        raise SetupError(
            "a password does not belong into the database's address, which other users of this machine can read; leave "
            "it out and set PGPASSWORD, or PGPASSFILE to the path of a file with the line host:port:name:user:password"
        )
    if importlib.util.find_spec("psycopg") is None:
        raise SetupError("PostgreSQL needs the extra `postgres`: pip install 'citysteward[server,postgres]'")
    return url.set(drivername="postgresql+psycopg")


def named(address: Address) -> str:
    """The address as people read it; without secrets, since it never has any."""
    if isinstance(address, Path):
        return str(address)
    return address.set(drivername="postgresql").render_as_string(hide_password=True)
