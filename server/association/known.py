"""The cases near a traverse as columns on its plane; and those of them that something it saw may show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from server.association import appearance, ellipse, existence, report
from server.association.drive import Drive
from server.association.ellipse import Ellipse, Ellipses
from server.association.existence import View
from server.association.pairs import alike, squares
from server.association.plane import Floats, Plane
from server.association.priors import Priors
from server.association.sighting import Sighting
from server.association.state import OpenCase, Standing

REACH_SIGMAS: Final = 3.5


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """M cases against N sightings. place [M, 2] metres; shared: error that each has in common with those around it;
    common: by how much the map along this street is off as a whole; along [M]: whether passes along this street have
    seen them; looked_ns [M]: when they were last looked at; away [N, M]: squared distances (m²) of what was seen;
    alike [N, M]: of one category with it."""

    cases: tuple[OpenCase, ...]
    place: Floats
    shared: Ellipses
    common: Ellipse
    along: NDArray[np.bool_]
    looked_ns: NDArray[np.int64]
    away: Floats
    alike: NDArray[np.bool_]

    def contended(self, priors: Priors) -> NDArray[np.bool_]:
        """[N, M] whether a sighting may show a case: of its category, and no further than any φ could bring it."""
        reach_m = REACH_SIGMAS * math.sqrt(self.common.trace()) + priors.reach_m
        return self.alike & (self.away <= reach_m**2)


@dataclass(frozen=True, slots=True, eq=False)
class Rivals:
    """K known cases that a sighting may show, at the traverse's time.

    columns [K]: which of the known they are; may [N, K]: which sighting may show which; error: of a place relative to
    the map along this street; solid, faint [K]; hit_solid, hit_faint [K]: chance that this traverse detects them if
    they are there and no corner hides them, as is plain of what was seen.
    """

    cases: tuple[OpenCase, ...]
    columns: NDArray[np.intp]
    may: NDArray[np.bool_]
    place: Floats
    error: Ellipses
    solid: Floats
    faint: Floats
    hit_solid: Floats
    hit_faint: Floats

    @classmethod
    def of(cls, known: Known, utc_ns: int, drive: Drive, view: View, priors: Priors) -> Self:
        """Those among the known."""
        contended = known.contended(priors)
        columns = np.flatnonzero(contended.any(axis=0))
        cases, place = tuple(known.cases[column] for column in columns.tolist()), known.place[columns]
        shared = ellipse.rows(known.shared, columns)
        tied = known.along[columns] if known.along.any() else np.ones(len(columns), np.bool_)
        hit_solid, hit_faint = existence.chances(place, drive, None, view, priors)
        there = np.array([existence.at_time(case, utc_ns, priors) for case in cases]).reshape(-1, 2)
        return cls(
            cases,
            columns,
            contended[:, columns],
            place,
            ellipse.column([case.own for case in cases]).plus(_loose(shared, tied, known.common)),
            there[:, 0],
            there[:, 1],
            np.maximum(hit_solid, 0.3 if len(drive.path) else report.NAMED),
            np.maximum(hit_faint, 0.05 if len(drive.path) else report.NAMED),
        )

    def there(self) -> dict[int, tuple[float, float]]:
        """(solid, faint) by the column among the known."""
        both = zip(self.solid.tolist(), self.faint.tolist(), strict=True)
        return dict(zip(self.columns.tolist(), both, strict=True))

    @property
    def hit(self) -> Floats:
        """[K] chance that this traverse detects them."""
        return np.minimum(np.maximum(self.solid * self.hit_solid + self.faint * self.hit_faint, 1e-4), 0.995)

    @property
    def gone(self) -> Floats:
        """[K] chance that they have ended."""
        return np.maximum(1.0 - self.solid - self.faint, 0.0)


def known_of(
    cases: Sequence[OpenCase],
    drive: Drive,
    sightings: Sequence[Sighting],
    plane: Plane,
    view: View,
    priors: Priors,
) -> Known:
    """The cases within reach of what was seen or looked at, by id; closed ones are left out."""
    cases = sorted((case for case in cases if case.standing is not Standing.CLOSED), key=attrgetter("case_id"))
    place = plane.to_en(np.array([case.lat for case in cases]), np.array([case.lon for case in cases])).reshape(-1, 2)
    away = squares(np.array([one.place for one in sightings]).reshape(-1, 2), place)
    looked = squares(place, drive.path)
    near = looked.min(axis=1, initial=np.inf) <= (view.range_m + priors.reach_m) ** 2
    near |= away.min(axis=0, initial=np.inf) <= priors.reach_m**2
    kept = [case for case, inside in zip(cases, near.tolist(), strict=True) if inside]
    along = _along(kept, drive, looked[near])
    shared = ellipse.column([case.shared for case in kept])
    return Known(
        tuple(kept),
        place[near],
        shared,
        _common(shared, along),
        along,
        np.array([case.as_of_ns for case in kept], np.int64),
        away[:, near],
        alike(sightings, kept),
    )


def _along(cases: Sequence[OpenCase], drive: Drive, looked: Floats) -> NDArray[np.bool_]:
    """[M] whether passes along the stretch that leads past a case have seen it; looked [M, N]: distances from the
    path, squared."""
    if not len(drive.path) or not cases:
        return np.ones(len(cases), np.bool_)
    heading = drive.heading_deg[looked.argmin(axis=1)].tolist()
    return np.array([appearance.along(case.looks, turn) for case, turn in zip(cases, heading, strict=True)], np.bool_)


def _common(shared: Ellipses, along: NDArray[np.bool_]) -> Ellipse:
    """The error that the map along here has as a whole: harmonic mean, so anchored cases weigh most. along [M]: cases
    that passes along this street have seen, so that their shared error is that of the map along it."""
    if not len(along):
        return Ellipse(0.0, 0.0, 0.0)
    told = ellipse.rows(shared, along) if along.any() and not along.all() else shared
    count = len(told.ee)
    return Ellipse(*(float(term.sum()) / count for term in told.inverse())).inverse()


def _loose(shared: Ellipses, along: NDArray[np.bool_], common: Ellipse) -> Ellipses:
    """The part of each shared error that is not the map's: what exceeds it, or all of it for a case that only passes
    through other streets have placed."""
    beyond = ellipse.raised(Ellipse(shared.ee - common.ee, shared.en - common.en, shared.nn - common.nn), 0.0)
    if along.all():
        return beyond
    return Ellipse(*(np.where(along, part, whole) for whole, part in zip(shared, beyond, strict=True)))
