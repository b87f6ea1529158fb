"""Parcels that the tests make, an outbox filled with them, and one that is emptied."""

from __future__ import annotations

import hashlib
import json
import random
from uuid import UUID

from edge.outbox.outbox import Outbox, Progress, Put
from edge.outbox.parcels import Parcel, Rank
from edge.upload.uploader import Pause, Uploader


def picture(seed: int, size: int = 300, rank: Rank = Rank.CLOSE) -> Parcel:
    body = random.Random(seed).randbytes(size)
    return Parcel(hashlib.sha256(body).hexdigest(), body, "image/jpeg", rank)


def traverse(number: int, pictures: list[Parcel], device: str = "car", rank: Rank = Rank.RECORD) -> Parcel:
    seen = [{"id": str(UUID(int=number * 1000 + i)), "evidence": [{"sha256": p.id}]} for i, p in enumerate(pictures)]
    ident = str(UUID(int=number))
    body = json.dumps({"id": ident, "device": device, "observations": seen}).encode()
    return Parcel(ident, body, "application/json", rank)


def fill(outbox: Outbox, number: int, pictures: int = 2, size: int = 300) -> Put:
    taken = [picture(number * 10 + i, size) for i in range(pictures)]
    return outbox.put(traverse(number, taken), taken, pictures, "drive", Progress(number, number * 10))


def drain(outbox: Outbox, uploader: Uploader) -> None:
    now_s = 0.0
    for _ in range(5000):
        pause = uploader.step(now_s)
        if pause == Pause.until_woken():
            return
        now_s += pause.seconds or 0.0
    raise AssertionError("the uploader did not come to rest")
