"""What can happen to a request between a vehicle and a server, for the server on the loopback address to act out."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Sky(StrEnum):
    """LOST: the connection dies before the request was read. CUT: it dies in the middle of the body. ANSWER_LOST: the
    server does what was asked, and nobody hears of it. SILENT: it is read and never answered.
    """

    CLEAR = "clear"
    LOST = "lost"
    CUT = "cut"
    ANSWER_LOST = "answer_lost"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Says:
    """An answer in the server's place. status 0: bytes that are no HTTP at all."""

    status: int
    body: bytes = b""
    retry_after: str | None = None


Weather = Callable[[], Sky | Says]
PAGE = b"<html><body>Welcome! Please sign in to the wireless network.</body></html>"


def clear() -> Sky:
    return Sky.CLEAR


def said(code: str) -> bytes:
    """An error body in the server's own form."""
    return json.dumps({"error": {"code": code, "message": "told to", "where": None}}).encode()


def lossy(ratio: float, rng: random.Random) -> Weather:
    """So many of the exchanges fail, a third of them before, in the middle of and after the request."""

    def weather() -> Sky:
        return rng.choice((Sky.LOST, Sky.CUT, Sky.ANSWER_LOST)) if rng.random() < ratio else Sky.CLEAR

    return weather


def at_first(count: int, first: Sky | Says) -> Weather:
    """The first so many exchanges go like that, and all others well."""
    left = [count]

    def weather() -> Sky | Says:
        left[0] -= 1
        return first if left[0] >= 0 else Sky.CLEAR

    return weather
