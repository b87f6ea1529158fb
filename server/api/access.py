"""Who is asking: a person by session token (header or cookie), a device by its own token."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from server.access.fleet import PATROLS, device_of, no_device, other_kind
from server.access.people import SignedIn, signed_in
from server.access.roles import Role
from server.cases.advertisers import SEES_NUMBERS
from server.context import Context
from server.errors import Forbidden, Unauthenticated
from server.records.tables import Device

COOKIE = "steward_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
STAFF = (Role.OPERATOR, Role.REVIEWER, Role.SUPERVISOR, Role.ADMIN)
CASEWORK = (*STAFF, Role.CREW)

_person_bearer = HTTPBearer(scheme_name="person", description="Session token from POST /api/session", auto_error=False)
_device_bearer = HTTPBearer(scheme_name="device", description="Device token from enrolment", auto_error=False)
_cookie = APIKeyCookie(name=COOKIE, scheme_name="cookie", description="Set by POST /api/session", auto_error=False)


def context_of(request: Request) -> Context:
    """The server's context, put there by the app factory."""
    context: Context = request.app.state.context
    return context


ContextOf = Annotated[Context, Depends(context_of)]


def origin_of(request: Request) -> str:
    """From where a request comes, to count tries by. Of IPv6 it is the network of 64 bits: one household has as many
    addresses as it likes."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return host
    return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False))


Origin = Annotated[str, Depends(origin_of)]


def session_token(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_person_bearer)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> str:
    """The session token of a request. A cookie changes something only from the server's own pages."""
    if bearer is not None:
        return bearer.credentials
    if cookie is None:
        raise Unauthenticated("sign_in", "sign in first: POST /api/session", "header.Authorization")
    if request.method not in SAFE_METHODS:
        _refuse_foreign(request)
    return cookie


def _refuse_foreign(request: Request) -> None:
    """Raises Forbidden for a request of another site's page. Of a page that came over TLS the browser itself says whose
    it is (Fetch Metadata, `Sec-Fetch-Site`); of any other page the origin is compared with the address asked for."""
    told, origin, host = (request.headers.get(name) for name in ("sec-fetch-site", "origin", "host"))
    if told is not None:
        if told not in ("same-origin", "none"):
            raise Forbidden("foreign_page", "this request comes from another site's page", "header.Origin")
    elif origin is not None and origin.partition("://")[2] != host:
        words = f"this request comes from a page of {origin[:100]}, and the server was asked as {host}. Where both are"
        words += " this server, let the proxy before it pass on the address as it was asked for, with its port"
        words += " (nginx: proxy_set_header Host $http_host)"
        raise Forbidden("foreign_page", words, "header.Origin")


Token = Annotated[str, Depends(session_token)]


def person_of(token: Token, context: ContextOf) -> SignedIn:
    """The person who is signed in; 401 otherwise."""
    with context.store.read() as session:
        found = signed_in(session, token, context.now_ns())
    if found is None:
        raise Unauthenticated(
            "session_ended", "the session is unknown or has ended; sign in again", "header.Authorization"
        )
    return found


Someone = Annotated[SignedIn, Depends(person_of)]


def needs(*roles: Role) -> Callable[[SignedIn], SignedIn]:
    """A dependency: the person who is signed in, 403 unless in one of these roles."""

    def check(person: Someone) -> SignedIn:
        if person.role not in roles:
            wanted = " or ".join(role.value for role in roles)
            raise Forbidden("wrong_role", f"this needs the role {wanted}; you are {person.role.value}")
        return person

    return check


Staff = Annotated[SignedIn, Depends(needs(*STAFF))]
NumberReader = Annotated[SignedIn, Depends(needs(*SEES_NUMBERS))]
Caseworker = Annotated[SignedIn, Depends(needs(*CASEWORK))]
Engineer = Annotated[SignedIn, Depends(needs(Role.ML_ENGINEER))]
Inspector = Annotated[SignedIn, Depends(needs(Role.INSPECTOR))]
Supervisor = Annotated[SignedIn, Depends(needs(Role.SUPERVISOR))]
Admin = Annotated[SignedIn, Depends(needs(Role.ADMIN))]
SIGNED_IN: Any = Depends(person_of)
STAFF_ONLY: Any = Depends(needs(*STAFF))
CASEWORKERS_ONLY: Any = Depends(needs(*CASEWORK))
STAFF_OR_ENGINEER: Any = Depends(needs(*STAFF, Role.ML_ENGINEER))
SUPERVISOR_ONLY: Any = Depends(needs(Role.SUPERVISOR))
ASSESSORS_ONLY: Any = Depends(needs(Role.SUPERVISOR, Role.ADMIN))
ADMIN_ONLY: Any = Depends(needs(Role.ADMIN))


def caller_device(
    context: ContextOf, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_device_bearer)]
) -> Device:
    """The device that is calling; 401 otherwise."""
    found = None if bearer is None else _device_of(context, bearer.credentials)
    if found is None:
        raise no_device()
    return found


def caller_patrol(device: Annotated[Device, Depends(caller_device)]) -> Device:
    """The vehicle or drone that is calling; 403 for a device of another kind."""
    if device.kind not in PATROLS:
        raise other_kind(device.kind)
    return device


CallerPatrol = Annotated[Device, Depends(caller_patrol)]


def caller_id(
    context: ContextOf, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_device_bearer)]
) -> str:
    """The id of the device that is calling, for what asks in its own transaction whether it may; 401 otherwise."""
    found = None if bearer is None else device_id_of(context, bearer.credentials)
    if found is None:
        raise no_device()
    return found


CallerId = Annotated[str, Depends(caller_id)]


def device_id_of(context: Context, token: str) -> str | None:
    """Whose token this is, as remembered for a minute; None where it is nobody's."""

    def ask() -> str | None:
        found = _device_of(context, token)
        return None if found is None else found.id

    return context.callers.device_id(token, context.now_ns(), ask)


def _device_of(context: Context, token: str) -> Device | None:
    with context.store.read() as session:
        return device_of(session, token)
