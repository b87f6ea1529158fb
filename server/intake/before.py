"""What the records already hold of traverses that come in together, and which of these are refused for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Self

from sqlalchemy import null, select, union_all
from sqlalchemy.orm import Session

from server.access.fleet import PATROLS, no_device, other_kind, other_source
from server.errors import ApiError, Conflict
from server.intake.sent import Sent
from server.records.among import among, texts
from server.records.locks import many_writers
from server.records.prepared import Prepared
from server.records.tables import Device, ObservationRow, TraverseRow


@dataclass(frozen=True, slots=True)
class Before:
    """devices: the kinds of those that are the city's; received: by traverse, the SHA-256 of its body and its device;
    seen: observations that came with some traverse."""

    devices: Mapping[str, str]
    received: Mapping[str, tuple[str, str]]
    seen: frozenset[str]

    @classmethod
    def of(cls, session: Session, group: Sequence[Sent]) -> Self:
        many = many_writers(session)
        devices = _devices(many).rows(session, {"devices": texts(many, {sent.device_id for sent in group})})
        traverses, observations = [sent.ident for sent in group], [one for sent in group for one in sent.seen]
        asked = {"traverses": texts(many, traverses), "observations": texts(many, observations)}
        rows = _known(many).rows(session, asked)
        return cls(
            {device_id: kind for device_id, kind, revoked_ns in devices if revoked_ns is None},
            {ident: (sha256, device_id) for ident, sha256, device_id in rows if sha256 is not None},
            frozenset(ident for ident, sha256, _ in rows if sha256 is None),
        )

    def is_new(self, sent: Sent) -> bool:
        """Whether it is to be taken in."""
        return sent.ident not in self.received and self.refusal(sent) is None

    def refusal(self, sent: Sent) -> ApiError | None:
        """Why it is refused; None where it is new, or the same that came before."""
        kind = self.devices.get(sent.device_id)
        if kind is None:
            return no_device()
        if kind not in PATROLS:
            return other_kind(kind)
        received = self.received.get(sent.ident)
        if received is not None:
            words = f"traverse {sent.ident} was received before with another body"
            same = received == (sent.body.sha256, sent.device_id)
            return None if same else Conflict("other_body", words, "body.id")
        if (other := next(iter(sent.says - {kind}), None)) is not None:
            return other_source(kind, other)
        known = next((one for one in sent.seen if one in self.seen), None)
        if known is None:
            return None
        words = f"observation {known} came with another traverse"
        return Conflict("known_observation", words, "body.observations")


@cache
def _devices(many: bool) -> Prepared:
    return Prepared(select(Device.id, Device.kind, Device.revoked_ns).where(among(many, Device.id, "devices")))


@cache
def _known(many: bool) -> Prepared:
    """In one statement, since on PostgreSQL each is a journey."""
    received = select(TraverseRow.id, TraverseRow.body_sha256, TraverseRow.device_id)
    seen = select(ObservationRow.id, null(), null())
    return Prepared(
        union_all(
            received.where(among(many, TraverseRow.id, "traverses")),
            seen.where(among(many, ObservationRow.id, "observations")),
        )
    )
