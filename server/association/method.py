"""How traverses become cases: the engine, or simple matching to hold it against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

from pipeline.traverse import Traverse
from server.association import engine, simple
from server.association.memory import Memory
from server.association.outcome import Association
from server.association.priors import Priors
from server.association.state import OpenCase

Matcher = Callable[[Traverse, Sequence[OpenCase], Priors, Memory], Association]
"""What a traverse says of the cases near it. Pure: the same values give the same answer."""


class Method(StrEnum):
    """Which of the two."""

    JOINT = "joint"
    SIMPLE = "simple"


def joint(traverse: Traverse, open_cases: Sequence[OpenCase], priors: Priors, memory: Memory) -> Association:
    """The engine, healing what it has taken for two."""
    return engine.associate(traverse, open_cases, priors, memory, heal=True)


MATCHERS: Final[dict[Method, Matcher]] = {Method.JOINT: joint, Method.SIMPLE: simple.associate}
