"""How traverses become cases: the engine, or simple matching, which a city may choose instead."""

from __future__ import annotations

from collections.abc import Sequence, Set
from enum import StrEnum
from typing import Final, Protocol

from pipeline.traverse import Traverse
from server.association import engine, simple
from server.association.memory import Memory
from server.association.outcome import Association
from server.association.priors import Priors
from server.association.state import OpenCase


class Matcher(Protocol):
    """What a traverse says of the cases near it. Pure: the same values give the same answer.

    parted: pairs of case ids that a person holds to be two, which are never made one.
    """

    def __call__(
        self,
        traverse: Traverse,
        open_cases: Sequence[OpenCase],
        priors: Priors,
        memory: Memory,
        parted: Set[frozenset[str]] = frozenset(),
        /,
    ) -> Association: ...


class Method(StrEnum):
    """Which of the two."""

    JOINT = "joint"
    SIMPLE = "simple"


def joint(
    traverse: Traverse,
    open_cases: Sequence[OpenCase],
    priors: Priors,
    memory: Memory,
    parted: Set[frozenset[str]] = frozenset(),
) -> Association:
    """The engine, healing what it has taken for two."""
    return engine.associate(traverse, open_cases, priors, memory, heal=True, parted=parted)


MATCHERS: Final[dict[Method, Matcher]] = {Method.JOINT: joint, Method.SIMPLE: simple.associate}
