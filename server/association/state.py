"""What the engine remembers of one case: a plain value that a server keeps as JSON beside the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pipeline.types import Covariance

STATE_VERSION: Final = 3


class Standing(StrEnum):
    """How a match with a case is to be read."""

    OPEN = "open"
    DISMISSED = "dismissed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Look:
    """The mean appearance of a case from one approach direction.

    approach_deg: camera heading, clockwise from north; count: observations in the mean; mean: of unit vectors, so
    its own length says how much they agree.
    """

    approach_deg: float
    count: int
    mean: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that a sighting may belong to, as the engine knows it.

    own: position error of this case alone; shared: position error that it has in common with the cases around it,
    because the same passes saw them. solid, faint: probability at `as_of_ns` that the problem is still there and is
    seen as often as its category usually is, or much more rarely (a look-alike, something half hidden); the rest,
    1 − solid − faint, is the probability that it is gone. worth: log-odds that this is a real problem, from scores.
    traverses, observations: how many were attached. waiting: how surprising (in nats) its misses since it was last seen
    are if it still stood, the first of them at missed_ns; gaps: the same for misses between its sightings. apart: cases
    that were seen beside it.
    """

    case_id: str
    category: str
    standing: Standing
    lat: float
    lon: float
    own: Covariance
    shared: Covariance
    looks: tuple[Look, ...]
    solid: float
    faint: float
    worth: float
    first_seen_ns: int
    last_seen_ns: int
    as_of_ns: int
    traverses: int
    observations: int
    waiting: float = 0.0
    missed_ns: int = 0
    gaps: float = 0.0
    apart: tuple[str, ...] = ()

    @property
    def gone(self) -> float:
        """Probability that the problem has ended, from passes that looked and saw nothing and from its age."""
        return max(0.0, 1.0 - self.solid - self.faint)

    def believed(
        self, solid: float, faint: float, as_of_ns: int, waiting: float, missed_ns: int, gaps: float
    ) -> OpenCase:
        """The case with what is believed of its presence moved on. Written out, since most cases near a traverse change
        in this alone and `dataclasses.replace` takes three times as long."""
        return OpenCase(
            self.case_id,
            self.category,
            self.standing,
            self.lat,
            self.lon,
            self.own,
            self.shared,
            self.looks,
            solid,
            faint,
            self.worth,
            self.first_seen_ns,
            self.last_seen_ns,
            as_of_ns,
            self.traverses,
            self.observations,
            waiting,
            missed_ns,
            gaps,
            self.apart,
        )


def to_state(case: OpenCase) -> dict[str, Any]:
    """The JSON form; `from_state` is its inverse up to the rounding of appearance to 4 digits."""
    return {
        "version": STATE_VERSION,
        "case_id": case.case_id,
        "category": case.category,
        "standing": case.standing.value,
        "lat": case.lat,
        "lon": case.lon,
        "own": [case.own.ee, case.own.en, case.own.nn],
        "shared": [case.shared.ee, case.shared.en, case.shared.nn],
        "looks": [
            {"approach_deg": look.approach_deg, "count": look.count, "mean": [round(v, 4) for v in look.mean]}
            for look in case.looks
        ],
        "solid": case.solid,
        "faint": case.faint,
        "worth": case.worth,
        "first_seen_ns": case.first_seen_ns,
        "last_seen_ns": case.last_seen_ns,
        "as_of_ns": case.as_of_ns,
        "traverses": case.traverses,
        "observations": case.observations,
        "waiting": case.waiting,
        "missed_ns": case.missed_ns,
        "gaps": case.gaps,
        "apart": list(case.apart),
    }


def from_state(state: Mapping[str, Any]) -> OpenCase:
    """The case that a JSON form says; raises ValueError for another version and KeyError naming a missing field."""
    if state["version"] != STATE_VERSION:
        raise ValueError(f"association state of version {state['version']}; this engine reads {STATE_VERSION}")
    return OpenCase(
        case_id=state["case_id"],
        category=state["category"],
        standing=Standing(state["standing"]),
        lat=state["lat"],
        lon=state["lon"],
        own=Covariance(*state["own"]),
        shared=Covariance(*state["shared"]),
        looks=tuple(Look(look["approach_deg"], look["count"], tuple(look["mean"])) for look in state["looks"]),
        solid=state["solid"],
        faint=state["faint"],
        worth=state["worth"],
        first_seen_ns=state["first_seen_ns"],
        last_seen_ns=state["last_seen_ns"],
        as_of_ns=state["as_of_ns"],
        traverses=state["traverses"],
        observations=state["observations"],
        waiting=state["waiting"],
        missed_ns=state["missed_ns"],
        gaps=state["gaps"],
        apart=tuple(state["apart"]),
    )
