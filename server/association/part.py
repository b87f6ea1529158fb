"""Registered things (a bin of the city's register): sightings tied to one show one problem, those tied to two never do.

A vehicle ties by place alone, and tells how many other registered things its place could have meant as well. A tie with
rivals says nothing that the place does not say, so only one without rivals is taken for more.
"""

from __future__ import annotations

from typing import Final

from pipeline.observation import Observation

ATTRIBUTE: Final = "bin_id"
RIVALS: Final = "bin_rivals"
LONGEST: Final = 64
SURE: Final = 20.0
"""Log-odds that two sightings show one problem that are tied to the same thing."""


def tied_to(seen: Observation) -> str:
    """The registered thing that an observation surely shows; empty where it tells none, or one of several."""
    if not seen.attributes:
        return ""
    told = dict(seen.attributes)
    part = told.get(ATTRIBUTE)
    return part if isinstance(part, str) and len(part) <= LONGEST and not told.get(RIVALS) else ""


def are_two(one: str, other: str) -> bool:
    """Whether the two are tied to different things."""
    return bool(one and other and one != other)
