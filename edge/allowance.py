"""What the owner of a vehicle allows on its link; edge/upload/limits.py keeps to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Metered(StrEnum):
    """What goes over a metered link. RECORDS: all records, and close views of what is urgent."""

    RECORDS = "records"
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Limits:
    """None: without that limit. interfaces: names of network interfaces whose traffic costs, as shell patterns."""

    bytes_s: float | None = None
    day_bytes: int | None = None
    interfaces: tuple[str, ...] = ()
    metered: Metered = Metered.RECORDS
