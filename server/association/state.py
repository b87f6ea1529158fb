"""What the engine remembers of one case: a plain value that a server keeps as JSON beside the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np

from pipeline.observation import Covariance
from server.association.ellipse import Ellipse
from server.association.plane import Floats
from server.association.plate import Plates

STATE_VERSION: Final = 5
READ_VERSIONS: Final = (3, 4, STATE_VERSION)
"""States of version 3 have no `names`, `glances` or `plates`; a case without names is called by its id. Those before
version 5 do not say where each look was seen, nor from which side each glance was."""


class Standing(StrEnum):
    """How a match with a case is to be read."""

    OPEN = "open"
    DISMISSED = "dismissed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where passes from one direction saw a case stand on the map. error: of that place, as if each pass were off by
    itself."""

    lat: float
    lon: float
    error: Covariance


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """The mean appearance of a case from one approach direction, and where it was seen from there.

    approach_deg: camera heading, clockwise from north; count: observations in the mean; mean [D]: of unit vectors, so
    its own length says how much they agree; D is 0 where only the direction is known. spot: None where that is not
    known.
    """

    approach_deg: float
    count: int
    mean: Floats
    spot: Spot | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Look):
            return NotImplemented
        same = (self.approach_deg, self.count, self.spot) == (other.approach_deg, other.count, other.spot)
        return same and np.array_equal(self.mean, other.mean)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Glance:
    """When one device had a case in its picture, from coming in to going out; approach_deg: of its camera, None where
    that is not known."""

    device: str
    first_ns: int
    last_ns: int
    approach_deg: float | None = None


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that a sighting may belong to, as the engine knows it.

    own: position error of this case alone; shared: position error that it has in common with the cases around it,
    because the same passes saw them. solid, faint: probability at `as_of_ns` that the problem is still there and is
    seen as often as its category usually is, or much more rarely (a look-alike, something half hidden); the rest,
    1 − solid − faint, is the probability that it is gone. worth: log-odds that this is a real problem, from scores.
    traverses, observations: how many were attached. waiting: how surprising (in nats) its misses since it was last seen
    are if it still stood, the first of them at missed_ns; gaps: the same for misses between its sightings.

    names: what it was ever called, first after the observation that opened it, then whatever was folded into it. apart:
    names of the cases that can never be this one, since one traverse saw both or a person said so; a case is meant by
    any of its names or by its id. glances: the newest of its sightings by devices that were under way. plates: salted
    hashes that were read, and how often. part: the registered thing that this is, empty where that is not known.
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
    names: tuple[str, ...] = ()
    glances: tuple[Glance, ...] = ()
    plates: Plates = ()
    part: str = ""

    @property
    def name(self) -> str:
        """What other cases call it: it stays among its names whatever becomes of the case."""
        return self.names[0] if self.names else self.case_id

    @property
    def known_as(self) -> tuple[str, ...]:
        """All that others may call it."""
        return tuple(dict.fromkeys((*self.names, self.case_id)))

    @property
    def gone(self) -> float:
        """Probability that the problem has ended, from passes that looked and saw nothing and from its age."""
        return max(0.0, 1.0 - self.solid - self.faint)

    @property
    def error(self) -> Ellipse:
        """That of its place: its own, and what all that one pass saw has in common."""
        own, shared = self.own, self.shared
        return Ellipse(own.ee + shared.ee, own.en + shared.en, own.nn + shared.nn)

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
            self.names,
            self.glances,
            self.plates,
            self.part,
        )


def to_state(case: OpenCase) -> dict[str, Any]:
    """The JSON form; `from_state` is its inverse up to the rounding of appearance to 4 digits. `part` stands in it only
    where there is one."""
    state = {
        "version": STATE_VERSION,
        "case_id": case.case_id,
        "category": case.category,
        "standing": case.standing.value,
        "lat": case.lat,
        "lon": case.lon,
        "own": [case.own.ee, case.own.en, case.own.nn],
        "shared": [case.shared.ee, case.shared.en, case.shared.nn],
        "looks": [_look_state(look) for look in case.looks],
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
        "names": list(case.names),
        "glances": [[one.device, one.first_ns, one.last_ns, one.approach_deg] for one in case.glances],
        "plates": [list(plate) for plate in case.plates],
    }
    if case.part:
        state["part"] = case.part
    return state


def from_state(state: Mapping[str, Any]) -> OpenCase:
    """The case that a JSON form says; raises ValueError for another version and KeyError naming a missing field."""
    if state["version"] not in READ_VERSIONS:
        raise ValueError(f"association state of version {state['version']}; this engine reads {READ_VERSIONS}")
    return OpenCase(
        case_id=state["case_id"],
        category=state["category"],
        standing=Standing(state["standing"]),
        lat=state["lat"],
        lon=state["lon"],
        own=Covariance(*state["own"]),
        shared=Covariance(*state["shared"]),
        looks=tuple(_look(look) for look in state["looks"]),
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
        names=tuple(state.get("names", ())),
        glances=tuple(Glance(*glance) for glance in state.get("glances", ())),
        plates=tuple((name, count) for name, count in state.get("plates", ())),
        part=state.get("part", ""),
    )


def _look_state(look: Look) -> dict[str, Any]:
    told = {"approach_deg": look.approach_deg, "count": look.count, "mean": look.mean.round(4).tolist()}
    if look.spot is None:
        return told
    error = look.spot.error
    return told | {"spot": [look.spot.lat, look.spot.lon, error.ee, error.en, error.nn]}


def _look(told: Mapping[str, Any]) -> Look:
    spot = None
    if "spot" in told:
        lat, lon, *error = told["spot"]
        spot = Spot(lat, lon, Covariance(*error))
    return Look(told["approach_deg"], told["count"], np.array(told["mean"], float), spot)
