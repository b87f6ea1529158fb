"""How far all positions of one stretch of a pass are off, told by things whose places the city knows.

A receiver's error hardly changes within a minute, so whatever a stretch saw is shifted by the same few metres. Where it
saw bins that stand in the register, that shift can be told: every shift on a grid around zero is weighed by how well
the sightings, so shifted, fall onto registered bins (each may also be a bin that is not registered), and by the
receiver's own error. Mean and spread of the weighed grid are the answer; patterns that fit at two shifts leave it
uncertain, as they should.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import LocalFrame
from pipeline.locate import LocateOptions, locate
from pipeline.observation import Located
from pipeline.pose import Camera, Pose
from pipeline.register import REGISTER_SIGMA_M, Register
from pipeline.track import Track, View

Array = NDArray[np.float64]
ANCHORS: Final = frozenset({"bin", "overflowing_bin"})
MIN_HITS: Final = 3
MIN_SCORE: Final = 0.35
STEP_SHARE: Final = 0.1
"""Grid step as a share of the receiver's sigma."""
REACH: Final = 3.0
"""Half width of the grid in sigmas of the receiver."""
STRANGER: Final = 0.2
"""Share of bins that are not in the register, or not where it says."""
EXACT_SIGMA_M: Final = 0.01


@dataclass(frozen=True, slots=True)
class Shift:
    """What to add to every position of a stretch. sigma_m: the 1-sigma error per axis that then remains (that of the
    worse axis). ties: sightings that fell onto a registered bin."""

    east_m: float
    north_m: float
    sigma_m: float
    ties: int

    def applied(self, pose: Pose) -> Pose:
        """The pose, moved, and as certain as it now is."""
        lat, lon = LocalFrame(pose.lat, pose.lon).to_latlon(self.east_m, self.north_m)
        return replace(pose, lat=lat, lon=lon, sigma_m=min(pose.sigma_m, self.sigma_m), along_sigma_m=0.0)

    def moved(self, track: Track) -> Track:
        """The track as seen from moved poses."""
        return replace(track, views=tuple(self._view(view) for view in track.views))

    def _view(self, view: View) -> View:
        pose = None if view.pose is None else self.applied(view.pose)
        return replace(view, pose=pose)


def shift_of(
    tracks: Sequence[Track],
    labels: Sequence[str],
    camera: Camera,
    register: Register,
    options: LocateOptions | None = None,
) -> Shift | None:
    """The shift of a stretch from its finished tracks; None where no bin was seen near enough to a registered one.

    labels: of the detector, by a track's label index.
    """
    seen = [track for track in tracks if labels[track.label] in ANCHORS and _believed(track)]
    poses = [view.pose for track in seen for view in track.views if view.pose is not None]
    sigmas = [math.hypot(pose.sigma_m, pose.along_sigma_m) for pose in poses]
    if not sigmas or not register.parts:
        return None
    receiver_m = float(np.sqrt(np.mean(np.square(sigmas))))
    places = [place for track in seen if (place := _placed(track, labels[track.label], camera, options)) is not None]
    if not places:
        return None
    frame = LocalFrame(places[0].lat, places[0].lon)
    parts = _nearby(register, frame, places, REACH * receiver_m + 5.0)
    return _weighed(frame, places, parts, receiver_m) if len(parts) else None


def _nearby(register: Register, frame: LocalFrame, places: Sequence[Located], reach_m: float) -> Array:
    """East and north of the registered parts [P, 2] that some sighting could be."""
    spots = [frame.to_en(place.lat, place.lon) for place in places]
    parts = [frame.to_en(part.lat, part.lon) for part in register.parts if abs(part.lat - frame.lat) < 0.05]
    return np.array([part for part in parts if any(math.dist(part, spot) < reach_m for spot in spots)]).reshape(-1, 2)


def _believed(track: Track) -> bool:
    return len(track.views) >= MIN_HITS and track.score >= MIN_SCORE


def _placed(track: Track, label: str, camera: Camera, options: LocateOptions | None) -> Located | None:
    """Where a thing stands relative to the poses: their shared error is left out."""
    exact = (
        None if view.pose is None else replace(view.pose, sigma_m=EXACT_SIGMA_M, along_sigma_m=0.0)
        for view in track.views
    )
    views = tuple(replace(view, pose=pose) for view, pose in zip(track.views, exact, strict=True))
    place = locate(Track(track.key, track.label, views), label, camera, options or LocateOptions())
    return place if isinstance(place, Located) else None


def _spreads(places: Sequence[Located]) -> Array:
    own = REGISTER_SIGMA_M**2
    return np.array(
        [[[p.covariance.ee + own, p.covariance.en], [p.covariance.en, p.covariance.nn + own]] for p in places]
    )


def _weighed(frame: LocalFrame, places: Sequence[Located], parts: Array, receiver_m: float) -> Shift:
    """The posterior over shifts, on a grid; ties are counted at its mean."""
    spots, spreads = np.array([frame.to_en(place.lat, place.lon) for place in places]), _spreads(places)
    line = np.arange(-REACH, REACH + STEP_SHARE / 2, STEP_SHARE) * receiver_m
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    weight = -0.5 * (grid**2).sum(axis=1) / receiver_m**2
    for spot, spread in zip(spots, spreads, strict=True):
        weight += np.log(_likelihood(grid, spot, spread, parts, receiver_m))
    share = np.exp(weight - weight.max())
    share /= share.sum()
    mean = share @ grid
    off = grid - mean
    covariance = (off * share[:, None]).T @ off
    worst = math.sqrt(float(np.linalg.eigvalsh(covariance)[-1]) + (STEP_SHARE * receiver_m) ** 2 / 12.0)
    ties = sum(_tied(spot + mean, spread, parts) for spot, spread in zip(spots, spreads, strict=True))
    return Shift(float(mean[0]), float(mean[1]), min(worst, receiver_m), ties)


def _likelihood(grid: Array, spot: Array, spread: Array, parts: Array, receiver_m: float) -> Array:
    """How likely a sighting is under each shift: one of the registered parts, or a stranger anywhere in reach."""
    inverse = np.linalg.inv(spread)
    off = (spot + grid)[:, None, :] - parts[None, :, :]
    away = np.einsum("gpi,ij,gpj->gp", off, inverse, off)
    density = np.exp(-0.5 * away).sum(axis=1) / (2.0 * math.pi * math.sqrt(float(np.linalg.det(spread))))
    stranger = 1.0 / (math.pi * (REACH * receiver_m) ** 2)
    told: Array = STRANGER * stranger + (1.0 - STRANGER) / len(parts) * density
    return told


def _tied(spot: Array, spread: Array, parts: Array) -> bool:
    off = parts - spot
    return bool((np.einsum("pi,ij,pj->p", off, np.linalg.inv(spread), off) < 9.21).any())
