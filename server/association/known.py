"""The cases near a traverse as columns on its plane, brought to its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.association import appearance, ellipse, existence, report
from server.association.drive import Drive
from server.association.ellipse import Ellipse, Ellipses
from server.association.existence import View
from server.association.pairs import squares
from server.association.plane import Floats, Plane
from server.association.priors import Priors
from server.association.sighting import Sighting
from server.association.state import OpenCase, Standing


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """M cases. place [M, 2] metres; error: of a place relative to the map along this street, which is off as a whole by
    `common`; solid, faint [M] at the traverse's time; hit_solid, hit_faint [M]: chance that this traverse detects them
    if they are there and no corner hides them, as is plain of what was seen; along [M]: whether passes along this
    street have seen them; looked_ns [M]: when they were last looked at."""

    cases: tuple[OpenCase, ...]
    place: Floats
    error: Ellipses
    common: Ellipse
    solid: Floats
    faint: Floats
    hit_solid: Floats
    hit_faint: Floats
    along: NDArray[np.bool_]
    looked_ns: NDArray[np.int64]

    @property
    def hit(self) -> Floats:
        """[M] chance that this traverse detects them."""
        return np.minimum(np.maximum(self.solid * self.hit_solid + self.faint * self.hit_faint, 1e-4), 0.995)

    @property
    def gone(self) -> Floats:
        """[M] chance that they have ended."""
        return np.maximum(1.0 - self.solid - self.faint, 0.0)

    def only(self, columns: NDArray[np.intp]) -> Known:
        """These cases alone."""
        return Known(
            tuple(self.cases[column] for column in columns.tolist()),
            self.place[columns],
            ellipse.rows(self.error, columns),
            self.common,
            self.solid[columns],
            self.faint[columns],
            self.hit_solid[columns],
            self.hit_faint[columns],
            self.along[columns],
            self.looked_ns[columns],
        )


def known_of(
    cases: Sequence[OpenCase],
    drive: Drive,
    sightings: Sequence[Sighting],
    plane: Plane,
    utc_ns: int,
    view: View,
    priors: Priors,
) -> Known:
    """The cases within reach of what was seen or looked at, by id; closed ones are left out."""
    cases = sorted((case for case in cases if case.standing is not Standing.CLOSED), key=lambda case: case.case_id)
    place = plane.to_en(np.array([case.lat for case in cases]), np.array([case.lon for case in cases])).reshape(-1, 2)
    seen = np.array([one.place for one in sightings]).reshape(-1, 2)
    looked = squares(place, drive.path)
    near = looked.min(axis=1, initial=np.inf) <= (view.range_m + priors.reach_m) ** 2
    near |= squares(place, seen).min(axis=1, initial=np.inf) <= priors.reach_m**2
    kept = [case for case, inside in zip(cases, near.tolist(), strict=True) if inside]
    place = place[near]
    along = _along(kept, drive, looked[near])
    hit_solid, hit_faint = existence.chances(place, drive, None, view, priors)
    shared = ellipse.column([case.shared for case in kept])
    common = _common(shared, along)
    there = np.array([existence.at_time(case, utc_ns, priors) for case in kept]).reshape(-1, 2)
    return Known(
        tuple(kept),
        place,
        ellipse.column([case.own for case in kept]).plus(_loose(shared, along, common)),
        common,
        there[:, 0],
        there[:, 1],
        np.maximum(hit_solid, 0.3 if len(drive.path) else report.NAMED),
        np.maximum(hit_faint, 0.05 if len(drive.path) else report.NAMED),
        along,
        np.array([case.as_of_ns for case in kept], np.int64),
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
    return Ellipse(*(float(term.mean()) for term in told.inverse())).inverse()


def _loose(shared: Ellipses, along: NDArray[np.bool_], common: Ellipse) -> Ellipses:
    """The part of each shared error that is not the map's: what exceeds it, or all of it for a case that only passes
    through other streets have placed."""
    beyond = ellipse.raised(Ellipse(shared.ee - common.ee, shared.en - common.en, shared.nn - common.nn), 0.0)
    if along.all() or not along.any():
        return beyond
    return Ellipse(*(np.where(along, part, whole) for whole, part in zip(shared, beyond, strict=True)))
