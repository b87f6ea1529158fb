"""People and their sessions: passwords by Argon2, session tokens random and stored hashed, with an end."""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass
from functools import cache
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.access.roles import Role
from server.records.store import Store
from server.records.tables import Login, Person

SESSION_NS = 12 * 3600 * 1_000_000_000
NAME: Final = r"^[A-Za-z0-9._-]+$"
"""What a person may sign in as, in up to 64 letters."""
VERIFYING: Final = threading.BoundedSemaphore(2)
"""So many passwords are looked at at once: each takes 64 MiB and four threads."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is asking."""

    id: str
    name: str
    display: str
    role: Role


def token_digest(token: str) -> str:
    """What is stored of a token. Tokens are 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token() -> str:
    return secrets.token_urlsafe(32)


def hash_password(password: str) -> str:
    return _hasher().hash(password)


def check_password(store: Store, name: str, password: str) -> Person | None:
    """The active person with this name and password. A wrong name takes as long as a wrong password.

    No connection is held meanwhile, so the person may have changed since: see `still_fits`.
    """
    with store.read() as session:
        person = session.scalar(select(Person).where(Person.name == name, Person.active))
    with VERIFYING:
        known = person.password_hash if person is not None else _decoy()
        fits = _hasher().verify(password, known)
    return person if fits else None


def still_fits(session: Session, person: Person) -> bool:
    """Whether a person is there, active and has the password that they were found by, until the transaction ends."""
    same = (Person.id == person.id, Person.active, Person.password_hash == person.password_hash)
    return session.scalar(select(Person.id).where(*same).with_for_update(key_share=True)) is not None


def open_session(session: Session, person: Person, now_ns: int) -> tuple[str, int]:
    """A new token and its end; the ended sessions of everybody are forgotten."""
    ended = select(Login.token_sha256).where(Login.expires_ns <= now_ns).with_for_update(skip_locked=True)
    session.execute(delete(Login).where(Login.token_sha256.in_(ended)))
    token, expires_ns = new_token(), now_ns + SESSION_NS
    session.add(Login(token_sha256=token_digest(token), person_id=person.id, made_ns=now_ns, expires_ns=expires_ns))
    return token, expires_ns


def end_session(session: Session, token: str) -> None:
    session.execute(delete(Login).where(Login.token_sha256 == token_digest(token)))


def signed_in(session: Session, token: str, now_ns: int) -> SignedIn | None:
    """Whose session a token is, None where it is unknown, ended, or the person no longer active."""
    found = session.execute(
        select(Person)
        .join(Login)
        .where(Login.token_sha256 == token_digest(token), Login.expires_ns > now_ns, Person.active)
    ).scalar()
    return None if found is None else SignedIn(found.id, found.name, found.display, Role(found.role))


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@cache
def _decoy() -> str:
    return hash_password(secrets.token_urlsafe(16))
