"""What every request has at hand. Clock, ids, disk and the privacy step are passed in here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from server.bell import Bell
from server.city import City
from server.logins import Attempts
from server.notifier import KeptNotices, Notifier
from server.objects import Objects
from server.privacy import RegionFinder
from server.recalling import Recalled, recall
from server.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    store: Store
    objects: Objects
    city: City
    now_ns: Callable[[], int]
    new_id: Callable[[], UUID]
    privacy: RegionFinder
    bell: Bell
    attempts: Attempts
    recall: Callable[[Session], Recalled] = recall
    notifier: Notifier = field(default_factory=KeptNotices)
