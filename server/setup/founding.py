"""Creates a server's home from a setup: the database, the city in it, and the people's passwords. All or nothing."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.exc import NotSupportedError, ProgrammingError
from sqlalchemy.orm import Session

from server.access.fleet import new_code
from server.access.people import hash_password
from server.access.staffing import new_password
from server.errors import SetupError
from server.pictures.keeper import SETTING, look_into, open_store
from server.records.address import ADDRESS, DATABASE, keep_address, named
from server.records.engines import engine_at
from server.records.ids import Uuid7
from server.records.store import Store, migrate, upgrade
from server.records.tables import Person, Setting
from server.setup.edition import ALWAYS_NS, add_edition, content_of, newest_edition
from server.setup.file import Setup


@dataclass(frozen=True, slots=True)
class Credential:
    """What a person signs in with. Shown once; only the hash of the password is kept."""

    name: str
    display: str
    role: str
    password: str


@dataclass(frozen=True, slots=True)
class Founded:
    people: tuple[Credential, ...]
    codes: tuple[str, ...]


def found(
    home: Path, setup: Setup, codes: int, now_ns: int, objects: str | None = None, database: URL | None = None
) -> Founded:
    """Make `home` a server's home; raises SetupError where it already is one, or `database` holds a city already.

    objects: the address of the store that keeps the pictures, else the setup's, else a folder in the home. A store must
    answer now, and with the keys that are here; else this raises SetupError or OSError. database: where PostgreSQL
    keeps the records, else they are a file in the home. A failure leaves nothing behind.
    """
    if is_founded(home):
        raise SetupError(f"{home}: there is a server here already; choose another --home, or start it with: run")
    objects = objects or (setup.file.objects.address if setup.file.objects else None)
    if objects is not None:
        look_into(open_store(objects))
    new = not home.exists()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        if database is None:
            made = _in_file(home, setup, objects, codes, now_ns)
        else:
            made = _at(database, setup, objects, codes, now_ns)
            keep_address(home, database)
    except BaseException:
        if new:
            home.rmdir()
        raise
    return made


def is_founded(home: Path) -> bool:
    """Whether a home says where its records are."""
    return (home / DATABASE).exists() or (home / ADDRESS).exists()


def _in_file(home: Path, setup: Setup, objects: str | None, codes: int, now_ns: int) -> Founded:
    """Made beside its place and moved there when it is whole."""
    draft = home / f".{DATABASE}-{secrets.token_hex(4)}"
    draft.mkdir()
    try:
        migrate(draft / DATABASE)
        store = Store(draft / DATABASE)
        with store.write() as session:
            made = _write_city(session, setup, objects, codes, now_ns)
        with store.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        store.close()
        (draft / DATABASE).replace(home / DATABASE)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return made


def _at(address: URL, setup: Setup, objects: str | None, codes: int, now_ns: int) -> Founded:
    """Tables and city in one transaction."""
    engine = engine_at(address)
    try:
        with engine.begin() as connection:
            upgrade(connection)
            with Session(connection, join_transaction_mode="create_savepoint") as session:
                if newest_edition(session) is not None:
                    raise SetupError(f"{named(address)}: holds a city already; choose an empty database")
                made = _write_city(session, setup, objects, codes, now_ns)
                session.commit()
    except (ProgrammingError, NotSupportedError) as error:
        raise SetupError(f"{named(address)}: the tables cannot be made: {error.orig}") from error
    finally:
        engine.dispose()
    return made


def _write_city(session: Session, setup: Setup, objects: str | None, codes: int, now_ns: int) -> Founded:
    file = setup.file
    new_id = Uuid7()
    if objects is not None:
        session.add(Setting(key=SETTING, value={"address": objects}))
    ids = {person.name: str(new_id()) for person in file.person}
    credentials = []
    for person in file.person:
        password = person.password or new_password()
        credentials.append(Credential(person.name, person.display, person.role, password))
        session.add(
            Person(
                id=ids[person.name],
                name=person.name,
                display=person.display,
                role=person.role,
                password_hash=hash_password(password),
                active=True,
            )
        )
    session.flush()
    add_edition(session, ALWAYS_NS, content_of(setup, ids))
    return Founded(tuple(credentials), tuple(new_code(session, now_ns) for _ in range(codes)))
