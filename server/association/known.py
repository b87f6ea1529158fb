"""The cases near a traverse as columns on its plane, brought to its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.types import Covariance
from server.association import appearance, existence
from server.association.drive import Drive
from server.association.existence import View
from server.association.plane import Floats, Plane
from server.association.priors import Priors
from server.association.state import OpenCase, Standing


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """M cases. place [M, 2] metres; own, shared [M, 2, 2]; solid, faint [M] at the traverse's time; hit_solid,
    hit_faint [M]: chance that this traverse detects them if they are there; along bool [M]: seen before by passes along
    this street, so that their shared error is that of the map along it."""

    cases: tuple[OpenCase, ...]
    place: Floats
    own: Floats
    shared: Floats
    solid: Floats
    faint: Floats
    hit_solid: Floats
    hit_faint: Floats
    along: NDArray[np.bool_]

    @property
    def hit(self) -> Floats:
        """[M] chance that this traverse detects them."""
        return np.clip(self.solid * self.hit_solid + self.faint * self.hit_faint, 1e-4, 0.995)

    @property
    def gone(self) -> Floats:
        """[M] chance that they have ended."""
        return np.clip(1.0 - self.solid - self.faint, 0.0, 1.0)

    def common(self) -> Floats:
        """[2, 2] the error that the map along here has as a whole: harmonic mean, so anchored cases weigh most."""
        if not self.cases:
            return np.zeros((2, 2))
        told = self.shared[self.along] if self.along.any() else self.shared
        return np.asarray(np.linalg.inv(np.linalg.inv(told).mean(axis=0)))

    def loose(self, common: Floats) -> Floats:
        """[M, 2, 2] the part of each shared error that is not the map's: what exceeds it, or all of it for a case
        that only passes through other streets have placed."""
        if not self.cases:
            return self.shared
        crossing = ~self.along[:, None, None] & self.along.any()
        return np.where(crossing, self.shared, positive_part(self.shared - common))


def matrix(covariance: Covariance) -> Floats:
    """As an array [2, 2]."""
    return np.array([[covariance.ee, covariance.en], [covariance.en, covariance.nn]])


def covariance(array: Floats) -> Covariance:
    """From an array [2, 2]; made symmetric, and positive where rounding left it on the edge."""
    off = float(array[0, 1] + array[1, 0]) / 2.0
    ee, nn = max(float(array[0, 0]), 1e-6), max(float(array[1, 1]), 1e-6)
    bound = 0.999 * (ee * nn) ** 0.5
    return Covariance(ee, min(max(off, -bound), bound), nn)


def positive_part(arrays: Floats) -> Floats:
    """Symmetric matrices [M, 2, 2] with their negative eigenvalues set to 0."""
    values, vectors = np.linalg.eigh(arrays)
    return np.asarray((vectors * np.maximum(values, 0.0)[:, None, :]) @ vectors.transpose(0, 2, 1))


def known_of(
    cases: Sequence[OpenCase], drive: Drive, seen: Floats, plane: Plane, utc_ns: int, view: View, priors: Priors
) -> Known:
    """The cases within reach of what was seen [K, 2] or looked at; closed ones are left out."""
    cases = [case for case in cases if case.standing is not Standing.CLOSED]
    place = plane.to_en(np.array([case.lat for case in cases]), np.array([case.lon for case in cases])).reshape(-1, 2)
    near = _within(place, seen, priors.reach_m) | _within(place, drive.path, view.range_m + priors.reach_m)
    kept = [case for case, inside in zip(cases, near, strict=True) if inside]
    place = place[near]
    hit_solid, hit_faint = existence.chances(place, drive, np.zeros((len(drive.path), 2)), view, priors)
    there = np.array([existence.at_time(case, utc_ns, priors) for case in kept]).reshape(-1, 2)
    return Known(
        tuple(kept),
        place,
        np.array([matrix(case.own) for case in kept]).reshape(-1, 2, 2),
        np.array([matrix(case.shared) for case in kept]).reshape(-1, 2, 2),
        there[:, 0],
        there[:, 1],
        np.maximum(hit_solid, 0.3),
        np.maximum(hit_faint, 0.05),
        np.array([_along(case, spot, drive) for case, spot in zip(kept, place, strict=True)], np.bool_),
    )


def _along(case: OpenCase, spot: Floats, drive: Drive) -> bool:
    """Whether passes along the stretch that leads past this place [2] have seen the case."""
    if not len(drive.path):
        return True
    nearest = int(((drive.path - spot) ** 2).sum(axis=1).argmin())
    return appearance.along(case.looks, float(drive.heading_deg[nearest]))


def _within(place: Floats, others: Floats, reach_m: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if not len(others) or not len(place):
        return np.zeros(len(place), np.bool_)
    near: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        np.hypot(*(place[:, None] - others[None]).transpose(2, 0, 1)).min(axis=1) <= reach_m
    )
    return near
