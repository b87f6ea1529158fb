"""Who brings the reports of people: all citizens are one channel, each inspector is one. Kept beside the devices, since
every observation came by one of them; a channel has no token, so nobody can send in its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.observation import SourceKind
from server.access.people import SignedIn, new_token, token_digest
from server.records.tables import Device

SPACE: Final = UUID("6f5e1d5c-7d0b-4b5e-9c0a-2f4f0e8a5b17")
CITIZENS: Final = str(uuid5(SPACE, "citizens"))
CHANNELS: Final = (SourceKind.CITIZEN, SourceKind.INSPECTOR)
"""The kinds of device that are channels."""


def channel_of(session: Session, inspector: SignedIn | None, now_ns: int) -> str:
    """The id of the channel by which a report of this inspector comes, or of a citizen where there is none."""
    if inspector is None:
        return _kept(session, CITIZENS, SourceKind.CITIZEN, "", now_ns)
    ident = str(uuid5(SPACE, inspector.id))
    return _kept(session, ident, SourceKind.INSPECTOR, inspector.display, now_ns)


def fleet(session: Session) -> Sequence[Device]:
    """All devices that are no channels, by name."""
    return session.scalars(select(Device).where(Device.kind.not_in(CHANNELS)).order_by(Device.name, Device.id)).all()


def _kept(session: Session, ident: str, kind: SourceKind, name: str, now_ns: int) -> str:
    if session.get(Device, ident) is None:
        secret = token_digest(new_token())
        session.add(Device(id=ident, name=name, kind=kind, token_sha256=secret, enrolled_ns=now_ns))
        session.flush()
    return ident
