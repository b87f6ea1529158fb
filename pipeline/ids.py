"""Ids that come out the same when the same footage is inspected again, in the form of a UUIDv7.

The time is the sighting's own; the 74 other bits are a hash of what was seen where a UUIDv7 usually is random
(RFC 9562, §5.7 and §6.9). So a pass that is inspected twice makes the same observations, not twice as many.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from pipeline.track import Track

MS_NS = 1_000_000


def named_uuid7(utc_ns: int, *names: str | int) -> UUID:
    """A UUIDv7 at a UTC time (ns, not before 1970) for a list of names; other names or another time, another id."""
    told = hashlib.sha256("\x1f".join(str(name) for name in names).encode()).digest()
    noise = int.from_bytes(told[:10], "big")
    ms = (utc_ns // MS_NS) & (2**48 - 1)
    value = ms << 80 | 0x7 << 76 | (noise >> 64 & 0xFFF) << 64 | 0b10 << 62 | (noise & (2**62 - 1))
    return UUID(int=value)


@dataclass(frozen=True, slots=True)
class PassIds:
    """Names the traverses and observations of one pass. source: the footage's fingerprint."""

    source: str

    def traverse(self, number: int, utc_ns: int) -> UUID:
        return named_uuid7(utc_ns, self.source, "traverse", number)

    def observation(self, track: Track, category: str, utc_ns: int) -> UUID:
        """By what is seen in the best view, not by the track's number, which depends on where the pass was begun."""
        best = track.best
        box = (round(side) for side in best.xyxy)
        return named_uuid7(utc_ns, self.source, "observation", category, best.frame_index, *box)
