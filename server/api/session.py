"""Signing in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from server.access.people import SESSION_NS, SignedIn, check_password, end_session, open_session, still_fits
from server.access.roles import Role
from server.access.tries import FROM_MANY, Source, count_try, forgive
from server.api.access import COOKIE, SIGNED_IN, ContextOf, Origin, Someone, Token
from server.api.shapes import ID, LATER, In, Out, at, errors
from server.errors import TooMany, Unauthenticated

router = APIRouter(tags=["session"])


class Credentials(In):
    name: Annotated[str, Field(min_length=1, max_length=64, examples=["wang.fang"])]
    password: Annotated[str, Field(min_length=1, max_length=128, examples=["correct-horse"])]


class PersonOut(Out):
    id: str = Field(examples=[ID])
    name: str = Field(examples=["wang.fang"])
    display: str = Field(examples=["王芳"])
    role: Role = Field(examples=["operator"])


class SessionOut(Out):
    token: str = Field(examples=["pZ7nC2b0m8o3V1y5uKx9QdLr4eHsTtWfGjAiRkYvE6M"])
    expires_at: datetime = Field(examples=[LATER])
    person: PersonOut


@router.post("/api/session", status_code=201, responses=errors(401, 422, 429))
def sign_in(body: Credentials, request: Request, response: Response, origin: Origin, context: ContextOf) -> SessionOut:
    """A session for a name and a password. The token is also set as a cookie that scripts cannot read."""
    name, address = Source(f"name:{origin} {body.name}"), Source(f"address:{origin}", FROM_MANY)
    now_ns = context.now_ns()
    wait = count_try(context.store, (name, address), now_ns)
    if wait is not None:
        raise TooMany(
            "too_many_tries", f"too many wrong sign-ins; wait {wait.seconds} s", "body", retry_after_s=wait.seconds
        )
    wrong = Unauthenticated("wrong_credentials", "name or password is wrong", "body")
    person = check_password(context.store, body.name, body.password)
    if person is None:
        raise wrong
    with context.store.write() as session:
        if not still_fits(session, person):
            raise wrong
        forgive(session, (address,), now_ns, all_of=(name,))
        token, expires_ns = open_session(session, person, now_ns)
    response.set_cookie(
        COOKIE,
        token,
        max_age=SESSION_NS // 1_000_000_000,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )
    who = SignedIn(person.id, person.name, person.display, Role(person.role))
    return SessionOut(token=token, expires_at=at(expires_ns), person=person_out(who))


@router.delete("/api/session", status_code=204, responses=errors(401, 403), dependencies=[SIGNED_IN])
def sign_out(token: Token, response: Response, context: ContextOf) -> None:
    """End this session."""
    with context.store.write() as session:
        end_session(session, token)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


@router.get("/api/me", responses=errors(401))
def me(person: Someone) -> PersonOut:
    """Who is signed in."""
    return person_out(person)


def person_out(person: SignedIn) -> PersonOut:
    return PersonOut(id=person.id, name=person.name, display=person.display, role=person.role)
