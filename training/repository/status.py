"""How a repository stands: what is signed by how many, and how long it is still good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.channel import Channel
from training.repository.settings import RoleName
from training.repository.signed import State


@dataclass(frozen=True, slots=True)
class Standing:
    """One role: its version, how many of its keys signed and how many must, and the time left."""

    role: RoleName
    version: int
    signed: int
    threshold: int
    keys: int
    expires: datetime
    left: timedelta

    @property
    def expired(self) -> bool:
        return self.left <= timedelta(0)


def standing(state: State, now: datetime) -> tuple[Standing, ...]:
    """Every role, at a moment."""
    rows = []
    for role in RoleName:
        found, keys = state.of(role), state.key_ids(role)
        signed = sum(key in found.signatures for key in keys)
        expires = found.signed.expires
        row = Standing(role, found.signed.version, signed, state.threshold(role), len(keys), expires, expires - now)
        rows.append(row)
    return tuple(rows)


def said(roles: Sequence[Standing], channels: Sequence[Channel]) -> str:
    """The roles and channels as two Markdown tables."""
    lines = ["| role | version | signed by | good until | left |", "|---|---|---|---|---|"]
    for one in roles:
        left = "EXPIRED" if one.expired else f"{one.left.days} d {one.left.seconds // 3600} h"
        lines.append(
            f"| {one.role} | {one.version} | {one.signed} of {one.keys}, {one.threshold} must "
            f"| {one.expires:%Y-%m-%d %H:%M} UTC | {left} |"
        )
    lines += ["", "| channel | serial | current | previous |", "|---|---|---|---|"]
    for channel in channels:
        previous = channel.previous.version if channel.previous else "none"
        lines.append(
            f"| {channel.name}/{channel.channel} | {channel.serial} | {channel.current.version} "
            f"({channel.current.digest[:12]}…) | {previous} |"
        )
    return "\n".join(lines)
