"""What becomes of an observation that came in."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    OPENED = "opened"
    ATTACHED = "attached"
    SUPPRESSED = "suppressed"
    REJECTED = "rejected"


COUNTED: Final = (Outcome.OPENED, Outcome.ATTACHED)
"""Those that are sightings of their case."""
