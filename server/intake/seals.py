"""The seals that came with traverses (pipeline/seal.py), kept as they came, and what a check of them finds.

A seal is taken in without being believed: a wrong one is a finding for whoever checks, not a reason to lose a sighting.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import IO, Final

from sqlalchemy import ForeignKey, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipeline.seal import Finding, Link, Seal, check, parse_key
from server.errors import Invalid, SetupError
from server.records.adding import inserting
from server.records.among import among, texts
from server.records.damage import decoding, read_json
from server.records.locks import many_writers
from server.records.prepared import Prepared
from server.records.tables import Base, Device, Digest, TraverseRow
from server.shown import shown


class SealRow(Base):
    """One seal. digest: SHA-256 of what was signed and of the signature; number: as the seal says."""

    __tablename__ = "seal"
    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    traverse_id: Mapped[str] = mapped_column(ForeignKey("traverse.id"), index=True)
    number: Mapped[int]
    sealed: Mapped[str] = mapped_column(Text)
    received_ns: Mapped[int]


_SEALS: Final = inserting(SealRow)


@dataclass(frozen=True, slots=True)
class Checked:
    """A device's chain: records sealed, the last number, traverses that came without a seal, and what is wrong."""

    records: int
    last: int
    unsealed: int
    findings: tuple[Finding, ...]


def parse_seal(text: str, traverse_id: str) -> Seal:
    """Raises Invalid for a text that is no seal, or another traverse's."""
    try:
        seal = Seal.parse(text)
    except ValueError as error:
        raise Invalid("bad_seal", str(error), "header.Steward-Seal") from error
    if str(seal.traverse) != traverse_id:
        raise Invalid("other_seal", f"the seal is of traverse {seal.traverse}", "header.Steward-Seal")
    return seal


def keep_seals(session: Session, seals: Iterable[Seal], now_ns: int) -> None:
    """Keep each once, however often its traverse is sent."""
    by_digest = {_digest(seal): seal for seal in seals}
    if not by_digest:
        return
    many = many_writers(session)
    kept = {row[0] for row in _kept(many).rows(session, {"digests": texts(many, by_digest)})}
    rows = [
        {
            "digest": digest,
            "traverse_id": str(seal.traverse),
            "number": seal.number,
            "sealed": seal.text,
            "received_ns": now_ns,
        }
        for digest, seal in by_digest.items()
        if digest not in kept
    ]
    _SEALS.write(session, rows)


def check_device(session: Session, device_id: str) -> Checked:
    """Check the chain of a device; raises SetupError where there is no such device or it enrolled without a key."""
    device = session.get(Device, device_id)
    if device is None:
        raise SetupError(f"{device_id}: there is no such device; `steward server chain` lists them")
    if device.public_key is None:
        raise SetupError(f"{shown(device.name)}: enrolled without a key, so nothing of it can be checked")
    try:
        key = parse_key(device.public_key)
    except ValueError as error:
        raise SetupError(f"{shown(device.name)}: {error}") from error
    links = list(links_of(session, device_id))
    traverses = session.scalar(select(func.count()).select_from(TraverseRow).where(TraverseRow.device_id == device_id))
    sealed = {link.seal.traverse for link in links}
    last = max((link.seal.number for link in links), default=0)
    return Checked(len(links), last, int(traverses or 0) - len(sealed), tuple(check(links, key)))


def links_of(session: Session, device_id: str) -> Iterator[Link]:
    """Every seal of a device with the traverse it is for."""
    rows = session.execute(
        select(SealRow.sealed, TraverseRow.body)
        .join(TraverseRow, TraverseRow.id == SealRow.traverse_id)
        .where(TraverseRow.device_id == device_id)
        .order_by(SealRow.number)
        .execution_options(yield_per=100)
    )
    for sealed, body in rows:
        with decoding("a seal"):
            link = Link(Seal.parse(sealed), body)
        yield link


def write_chain(session: Session, device_id: str, out: IO[str]) -> int:
    """The chain as `steward edge verify` reads it: a line a record; returns how many."""
    written = 0
    for link in links_of(session, device_id):
        told = {"seal": link.seal.text, "traverse": None if link.body is None else read_json(link.body)}
        out.write(json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n")
        written += 1
    return written


@cache
def _kept(many: bool) -> Prepared:
    return Prepared(select(SealRow.digest).where(among(many, SealRow.digest, "digests")))


def _digest(seal: Seal) -> str:
    return hashlib.sha256(seal.text.encode()).hexdigest()
