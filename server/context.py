"""What every request has at hand. Clock, ids, disk and the privacy step are passed in here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from server.access.callers import Callers
from server.counts import Counts
from server.notifier import KeptNotices, Notifier
from server.pictures.objects import Objects
from server.pictures.privacy import RegionFinder
from server.pictures.turns import Turns
from server.records.bell import Bell
from server.records.memory import Recalled, recall
from server.records.store import Store
from server.setup.cities import Cities
from server.setup.city import City


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """home: the folder that says where all is, None where there is none; metrics_token: as `api.health` wants it."""

    store: Store
    objects: Objects
    cities: Cities
    now_ns: Callable[[], int]
    new_id: Callable[[], UUID]
    privacy: RegionFinder
    bell: Bell
    turns: Turns = field(default_factory=Turns)
    recall: Callable[[Session], Recalled] = recall
    leavers: Callable[[Cities, Set[str]], Set[str]] = Cities.leavers
    callers: Callers = field(default_factory=Callers)
    counts: Counts = field(default_factory=Counts)
    notifier: Notifier = field(default_factory=KeptNotices)
    home: Path | None = None
    metrics_token: str | None = None

    @property
    def city(self) -> City:
        """The city as it is set up now."""
        return self.cities.at(self.now_ns())
