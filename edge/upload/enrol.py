"""Enrolment: a one-time code becomes this device's id and token, kept in its state folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import httpx
from pydantic import BaseModel, Field, ValidationError

from edge.config import DeviceTable
from edge.errors import EnrolError
from edge.files import write_private
from edge.proof.devicekey import device_key, public_text
from edge.upload.answers import ErrorBody
from edge.upload.exchange import Reply, exchange

CREDENTIALS = "credentials.json"


class Credentials(BaseModel):
    """What the server gave this device; `server` says which server."""

    server: str
    device_id: Annotated[str, Field(min_length=1, max_length=64)]
    token: Annotated[str, Field(min_length=8)]


class Enrolled(BaseModel):
    device_id: Annotated[str, Field(min_length=1, max_length=64)]
    token: Annotated[str, Field(min_length=8)]


def read_credentials(state_dir: Path) -> Credentials | None:
    """What an earlier enrolment left, or None; raises EnrolError where the file is damaged."""
    path = state_dir / CREDENTIALS
    try:
        return Credentials.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EnrolError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise EnrolError(f"{path}: damaged. Remove it and enrol again with a new code.") from error


def enrol(client: httpx.Client, url: str, code: str, device: DeviceTable) -> Credentials:
    """Spend a code; the credentials are in the device's state folder when this returns.

    Raises ServerAway where the server cannot be reached, so a worker may try later, else EnrolError.
    """
    key = public_text(device_key(device.state_dir))
    asked = {"code": code, "name": device.name, "kind": device.kind, "public_key": key}
    try:
        reply = exchange(client, client.build_request("POST", f"{url}/api/devices/enrol", json=asked))
    except httpx.TransportError as error:
        raise ServerAway(f"{url}: the server cannot be reached ({error}). Is it running?") from error
    if reply.status != 201:
        raise _refusal(url, reply)
    try:
        got = Enrolled.model_validate_json(reply.body)
    except ValidationError:
        raise EnrolError(f"{url}: answered, but not as a City Steward server. Check the address.") from None
    credentials = Credentials(server=url, device_id=got.device_id, token=got.token)
    write_private(device.state_dir / CREDENTIALS, credentials.model_dump_json().encode())
    return credentials


class ServerAway(EnrolError):
    """The server did not answer; it may later."""


def _refusal(url: str, reply: Reply) -> EnrolError:
    if reply.status >= 500 or reply.status in (408, 429):
        return ServerAway(f"{url}: the server answered {reply.status}; try again later")
    try:
        why = ErrorBody.model_validate_json(reply.body).error.message
    except ValidationError:
        return EnrolError(f"{url}: answered {reply.status}, but not as a City Steward server. Check the address.")
    return EnrolError(f"{url}: this device was not taken: {why}. Ask for a new code: steward server device-code")
