"""What the engine believes of a case, as the JSON text that the records keep of it.

A pass leaves texts that the next pass reads, so the newest beliefs are remembered by their text: whoever reads the same
text is spared taking it apart. The text in the records decides; what is remembered under it is what it says.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Final

from pydantic_core import from_json, to_json

from server.association.state import Look, OpenCase, from_state, to_state
from server.records.damage import decoding

REMEMBERED: Final = 4096
"""Some 30 MB at most."""
_lock = threading.Lock()
_beliefs: dict[str, OpenCase] = {}


def belief_of(text: str) -> OpenCase:
    """The belief that a text says."""
    if (known := _beliefs.get(text)) is not None:
        return known
    with decoding("a case's memory"):
        return _remember(text, from_state(from_json(text)))


def rounded(belief: OpenCase) -> OpenCase:
    """The belief as its text says it: with appearance rounded to 4 digits."""
    if not any(look.mean.size for look in belief.looks):
        return belief
    looks = tuple(Look(look.approach_deg, look.count, look.mean.round(4), look.spot) for look in belief.looks)
    return replace(belief, looks=looks)


def text_of(belief: OpenCase) -> str:
    """The text of a belief that is `rounded`; `belief_of` gives it back."""
    text = to_json(to_state(belief)).decode()
    _remember(text, belief)
    return text


def forget() -> None:
    """Remember nothing; for tests and measurements."""
    with _lock:
        _beliefs.clear()


def _remember(text: str, belief: OpenCase) -> OpenCase:
    with _lock:
        if len(_beliefs) >= REMEMBERED:
            for old in list(_beliefs)[: REMEMBERED // 4]:
                del _beliefs[old]
        _beliefs[text] = belief
    return belief
