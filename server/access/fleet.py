"""Devices: enrolment by one-time codes, then a token of their own. Codes and tokens are stored hashed."""

from __future__ import annotations

import secrets
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.observation import SourceKind
from server.access.people import new_token, token_digest
from server.errors import Forbidden, Unauthenticated
from server.records.tables import Device, EnrolmentCode

CODE_NS = 7 * 24 * 3600 * 1_000_000_000
ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
PATROLS: Final = (SourceKind.VEHICLE, SourceKind.DRONE)
"""The kinds of device that pass through the city and send traverses and their pictures."""


def new_code(session: Session, now_ns: int) -> str:
    """A one-time enrolment code such as K7QM-4XTA-9BND, good for seven days (58 random bits)."""
    letters = [secrets.choice(ALPHABET) for _ in range(12)]
    code = "-".join("".join(letters[i : i + 4]) for i in (0, 4, 8))
    session.add(EnrolmentCode(code_sha256=_code_digest(code), made_ns=now_ns, expires_ns=now_ns + CODE_NS))
    return code


def open_code(session: Session, code: str, now_ns: int) -> EnrolmentCode | None:
    """What a code may still be traded by, which nobody else does until the transaction ends; None where it is wrong,
    used or too old."""
    return session.scalar(
        select(EnrolmentCode)
        .where(
            EnrolmentCode.code_sha256 == _code_digest(code),
            EnrolmentCode.used_ns.is_(None),
            EnrolmentCode.expires_ns > now_ns,
        )
        .with_for_update()
    )


def enrol(
    session: Session, code: EnrolmentCode, name: str, kind: str, public_key: str | None, device_id: UUID, now_ns: int
) -> tuple[Device, str]:
    """Trade an open code for a new device and its token."""
    token = new_token()
    device = Device(
        id=str(device_id),
        name=name,
        kind=kind,
        token_sha256=token_digest(token),
        public_key=public_key,
        enrolled_ns=now_ns,
    )
    session.add(device)
    session.flush()
    code.used_ns = now_ns
    code.device_id = device.id
    return device, token


def device_of(session: Session, token: str) -> Device | None:
    """Whose token this is; None where unknown or revoked."""
    return session.scalar(select(Device).where(Device.token_sha256 == token_digest(token), Device.revoked_ns.is_(None)))


def no_device() -> Unauthenticated:
    """The refusal of whoever has no device's token."""
    return Unauthenticated(
        "device_token", "this needs a device token; enrol with POST /api/devices/enrol", "header.Authorization"
    )


def other_kind(kind: str) -> Forbidden:
    """The refusal of a device that sends what only a patrol does."""
    wanted = " or a ".join(PATROLS)
    words = f"only a {wanted} sends traverses and their pictures; this device is a {kind}"
    return Forbidden("other_kind", words, "header.Authorization")


def other_source(kind: str, said: str) -> Forbidden:
    """The refusal of a traverse that says that it comes of another kind of source than the device that sends it."""
    words = f"this device is enrolled as a {kind}, and what it sends says {said}; set its kind, or enrol it anew"
    return Forbidden("other_kind", words, "body.source_kind")


def revoke(session: Session, device_id: str, now_ns: int) -> bool:
    """Take a device's token away for good; False where there is no such device."""
    found = session.get(Device, device_id)
    if found is None or found.revoked_ns is not None:
        return False
    found.revoked_ns = now_ns
    return True


def _code_digest(code: str) -> str:
    return token_digest(code.strip().upper())
