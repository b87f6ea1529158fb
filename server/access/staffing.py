"""Who joins, who leaves, and who forgot a password. What somebody did stays under their name."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.access.people import NAME, hash_password
from server.access.roles import PEOPLE, Role
from server.errors import SetupError
from server.records.tables import Login, Person

PASSWORD_BYTES: Final = 9
"""Random ones, written as 12 letters."""


def everybody(session: Session) -> Sequence[Person]:
    """All people, those who left among them, by name."""
    return session.scalars(select(Person).order_by(Person.name)).all()


def new_password() -> str:
    """A random one, to be told once."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def join(session: Session, person_id: UUID, name: str, display: str, role: Role) -> str:
    """Add a person; their password, which is kept as its hash only. Raises SetupError."""
    if re.fullmatch(NAME, name) is None or len(name) > 64 or not 1 <= len(display) <= 64:
        raise SetupError(f"{name}: a name has up to 64 letters, digits, dots, _ and -; one to show 1 to 64 letters")
    if role not in PEOPLE:
        raise SetupError(f"{role.value}: is no person's role; take one of {', '.join(one.value for one in PEOPLE)}")
    if session.scalar(select(Person.id).where(Person.name == name)) is not None:
        raise SetupError(f"{name}: is there already; names are not given again, since history names them")
    password = new_password()
    session.add(
        Person(
            id=str(person_id), name=name, display=display, role=role, password_hash=hash_password(password), active=True
        )
    )
    return password


def renew_password(session: Session, name: str) -> str:
    """A new password for somebody, who is signed out everywhere; one who had left is back. Raises SetupError."""
    person = _called(session, name)
    password = new_password()
    person.password_hash, person.active = hash_password(password), True
    _sign_out(session, person)
    return password


def leave(session: Session, name: str) -> None:
    """Let somebody sign in no more, and end what they are signed in to. Raises SetupError."""
    person = _called(session, name)
    person.active = False
    _sign_out(session, person)


def _called(session: Session, name: str) -> Person:
    person = session.scalar(select(Person).where(Person.name == name).with_for_update(key_share=True))
    if person is None:
        raise SetupError(f"{name}: nobody has this name; see: steward server people list")
    return person


def _sign_out(session: Session, person: Person) -> None:
    session.execute(delete(Login).where(Login.person_id == person.id))
