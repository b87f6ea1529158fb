"""A patrol without a camera: traverses as they come on the wire, the same for the same number, at no cost."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.outbox.outbox import Outbox, Progress
from edge.outbox.parcels import Parcel, Rank

SOURCE: Final = "patrol"
KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC_KEY: Final = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
SEEN: Final = 3
"""Observations of a traverse; the first has a close and a wide view, the others a close view."""


def traverse_id(number: int) -> str:
    return str(UUID(int=number << 16))


def observation_ids(number: int) -> list[str]:
    return [str(UUID(int=(number << 16) + 1 + index)) for index in range(SEEN)]


def picture(number: int, index: int, rank: Rank, size: int) -> Parcel:
    body = random.Random(number * 100 + index).randbytes(size)
    return Parcel(hashlib.sha256(body).hexdigest(), body, "image/jpeg", rank)


def is_urgent(number: int) -> bool:
    return number % 3 == 0


def pictures(number: int, size: int = 400) -> list[Parcel]:
    close = Rank.URGENT_CLOSE if is_urgent(number) else Rank.CLOSE
    return [
        *(picture(number, index, close, size) for index in range(SEEN)),
        picture(number, SEEN, Rank.WIDE, 2 * size),
    ]


def record(number: int, taken: list[Parcel]) -> Parcel:
    shown = [[taken[0], taken[SEEN]], *([one] for one in taken[1:SEEN])]
    seen = [
        {
            "id": ident, "category": "litter", "utc_ns": number * 10**9, "clock": "gnss", "score": 0.9,
            "source_kind": "vehicle", "model_digest": "d",
            "evidence": [
                {"sha256": one.id, "role": "wide" if one.rank is Rank.WIDE else "close", "media_type": "image/jpeg",
                 "size_bytes": len(one.body), "redaction": "r"} for one in views
            ],
        }
        for ident, views in zip(observation_ids(number), shown, strict=True)
    ]  # fmt: skip
    body = {
        "version": 1, "id": traverse_id(number), "device": "car", "source_kind": "vehicle", "clock": "gnss",
        "hfov_deg": 70.0, "view_range_m": 30.0, "poses": [], "observations": seen,
    }  # fmt: skip
    rank = Rank.URGENT_RECORD if is_urgent(number) else Rank.RECORD
    return Parcel(traverse_id(number), json.dumps(body).encode(), "application/json", rank)


def drive(outbox: Outbox, number: int, size: int = 400) -> None:
    """Record the traverse of this number, the next after the last recorded one."""
    taken = pictures(number, size)
    outbox.put(record(number, taken), taken, SEEN, SOURCE, Progress(number, number), KEY)


def driven(outbox: Outbox) -> int:
    """How many traverses were recorded."""
    return (outbox.progress(SOURCE) or Progress(0, 0)).traverses
