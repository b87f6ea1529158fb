"""Seals: a device signs what it recorded, each record naming the one before, so that the chain can be checked by anyone
who has the device's public key. A record that was taken out, changed, moved or put in shows.

A seal travels beside its traverse, never in it: the same traverse sent again is the same, byte for byte. It covers all
that the traverse says, and so the digest of every picture it declares; not who the device is to the server, which is
written in when the traverse is sent.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field, ValidationError

from pipeline.table import Table, fault_at
from pipeline.wire import Sha256

HEADER: Final = "Steward-Seal"
LONGEST: Final = 1024
NONE_BEFORE: Final = "0" * 64
DEVICE: Final = "device"


class _Record(Table):
    """What is signed. before: the SHA-256 of the record before, as signed; content: see `content_digest`."""

    version: Literal[1] = 1
    number: Annotated[int, Field(ge=1, le=2**53)]
    before: Sha256
    traverse: UUID
    content: Sha256


@dataclass(frozen=True, slots=True)
class Seal:
    """One signed record. number: 1, 2, 3 … of its device; digest: by which the next record names this one."""

    number: int
    before: str
    traverse: UUID
    content: str
    signed: bytes
    signature: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.signed).hexdigest()

    @property
    def text(self) -> str:
        """As it travels: the signed record and its signature, base64url, with a dot between."""
        return f"{_armoured(self.signed)}.{_armoured(self.signature)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """From its text; raises ValueError where it is none. Whether its signature is right is said by `check`."""
        if len(text) > LONGEST:
            raise ValueError(f"a seal has at most {LONGEST} characters")
        try:
            signed, signature = (base64.b64decode(part, altchars=b"-_", validate=True) for part in text.split("."))
            record = _Record.model_validate_json(signed)
        except ValidationError as error:
            raise ValueError(fault_at("seal", error)) from error
        except ValueError as error:
            raise ValueError(f"not a seal: {error}") from error
        return cls(record.number, record.before, record.traverse, record.content, signed, signature)


def next_seal(key: Ed25519PrivateKey, last: Seal | None, traverse: UUID, body: bytes) -> Seal:
    """The next link: for a traverse's JSON, after the device's last seal."""
    number, before = (1, NONE_BEFORE) if last is None else (last.number + 1, last.digest)
    record = _Record(number=number, before=before, traverse=traverse, content=content_digest(body))
    signed = record.model_dump_json().encode()
    return Seal(number, before, traverse, record.content, signed, key.sign(signed))


def content_digest(body: bytes) -> str:
    """SHA-256 of what a traverse's JSON says, without its device: keys sorted, no spaces, shortest numbers."""
    told = {key: value for key, value in json.loads(body).items() if key != DEVICE}
    plain = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


class Flaw(StrEnum):
    """What can be wrong with a chain. Each has a line in docs/vehicle-care.md."""

    FORGED = "forged"
    CHANGED = "changed"
    MISSING = "missing"
    TWICE = "twice"
    UNLINKED = "unlinked"
    NO_BODY = "no_body"


@dataclass(frozen=True, slots=True)
class Finding:
    """A flaw at a record's number; said: in words."""

    flaw: Flaw
    number: int
    said: str


@dataclass(frozen=True, slots=True)
class Link:
    """A seal and the traverse's JSON that came with it, None where it is gone."""

    seal: Seal
    body: bytes | None


def check(links: Iterable[Link], key: Ed25519PublicKey) -> list[Finding]:
    """Everything that is wrong with a device's chain, in the order of its numbers; links may come in any order.

    Records taken off the end leave no trace in what is left: compare the last number with the device's own.
    """
    found: list[Finding] = []
    last: Seal | None = None
    for link in sorted(links, key=lambda link: link.seal.number):
        now = link.seal
        if last is not None and now.number == last.number:
            found += [Finding(Flaw.TWICE, now.number, "two different records have this number"), *_of_itself(link, key)]
            continue
        first_missing = 1 if last is None else last.number + 1
        if now.number > first_missing:
            gap = f"{first_missing}" if now.number - first_missing == 1 else f"{first_missing} to {now.number - 1}"
            found.append(Finding(Flaw.MISSING, first_missing, f"not there: {gap}"))
        elif now.before != (NONE_BEFORE if last is None else last.digest):
            found.append(
                Finding(Flaw.UNLINKED, now.number, "names another record before it than the one that is there")
            )
        found += _of_itself(link, key)
        last = now
    return found


def _of_itself(link: Link, key: Ed25519PublicKey) -> list[Finding]:
    now, found = link.seal, []
    try:
        key.verify(now.signature, now.signed)
    except InvalidSignature:
        found.append(Finding(Flaw.FORGED, now.number, "its signature is not by this device's key"))
    if link.body is None:
        found.append(Finding(Flaw.NO_BODY, now.number, f"traverse {now.traverse} itself is not there"))
    elif content_digest(link.body) != now.content or str(json.loads(link.body).get("id")) != str(now.traverse):
        found.append(Finding(Flaw.CHANGED, now.number, f"traverse {now.traverse} is not what the device recorded"))
    return found


def parse_key(text: str) -> Ed25519PublicKey:
    """A public key from the 32 bytes in base64 in which a device enrols; raises ValueError."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text.strip(), validate=True))
    except ValueError as error:
        raise ValueError(f"not an Ed25519 public key in base64: {error}") from error


def _armoured(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode()
