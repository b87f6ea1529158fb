"""How far a camera looks aside of where its poses say, and stands too high or too low, told by everything that was
followed in a stretch of a pass.

What heading, pitch and height are wrong by has three parts: how the camera was mounted (one turn, one tilt and one
height for the whole pass; of a drone what its compass, level and barometer are wrong by), what changes so slowly that
all views of one track share it, and what is new in each view. One track alone can hardly tell the first two from where
its thing stands; all of them together can, for the mount is the same for all. It is their mean, and the second part is
by how much they differ beyond their own errors: a mean with random effects (DerSimonian & Laird, "Meta-analysis in
clinical trials", 1986), solved by expectation maximisation. A track is then placed with what the *others* say, so that
nothing is counted twice. Words of things that the same pictures show err together, by how those pictures lie aside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import wrap_360
from pipeline.locate import LEAST_SPREAD, LocateOptions, Told, told_of
from pipeline.pose import Camera, Pose
from pipeline.shapes import WALKERS
from pipeline.sight import Noise
from pipeline.track import Track, View

Array = NDArray[np.float64]
PARTS: Final = 3
MIN_VIEWS: Final = 3
MOST_TRACKS: Final = 40
"""Those with the most views are asked; more hardly make it surer, and each costs as much as placing it."""
FORETOLD: Final = 2.0
"""As how many tracks counts what is assumed of by how much they differ."""
OUTLIER: Final = 2.5
"""In sigmas: what is farther from all others moves, or is two things, and counts less."""
ROUNDS: Final = 10
MOST_ALIKE: Final = 0.95
"""The share of its sigma that a word errs by through its pictures, at most: no box is without an error of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Lean:
    """mean [3]: turn and tilt (rad) of the camera against its poses, and by how much the ground is nearer than they say
    (m), as `Told` has them. precision [3, 3]: of the mean. parts: what each track, by its key, contributed to it:
    precision [3, 3], and that times its word [3]. slow: variance [3] by which tracks differ. told: variance [3] that
    typical poses say all views of a track share."""

    mean: Array
    precision: Array
    parts: Mapping[int, tuple[Array, Array]]
    slow: Array
    told: Array
    noise: Noise

    @classmethod
    def of(cls, told: Mapping[int, Told], poses: Sequence[Pose], noise: Noise) -> Self:
        """From the words of tracks, one at least, by their keys."""
        words = np.array([one.word for one in told.values()])
        knows = np.array([one.information for one in told.values()])
        typical = np.median([_variances(pose, noise) for pose in poses], axis=0)
        mount, foretold = typical
        # Every word in its own sigmas, so that one that knows nothing of a direction is no trouble.
        in_sigmas = _roots(knows)
        whitened = np.einsum("kij,kj->ki", in_sigmas, words)
        together = _together(list(told.values()), in_sigmas)
        mean: Array = np.zeros(PARTS)
        slow = foretold
        for _ in range(ROUNDS):
            alone = np.eye(PARTS) + np.einsum("kij,j,klj->kil", in_sigmas, slow, in_sigmas)
            off = whitened - in_sigmas @ mean
            far = np.sqrt(np.einsum("ki,ki->k", off, np.linalg.solve(alone, off[..., None])[..., 0]))
            weight = np.minimum(1.0, OUTLIER / np.maximum(far, 1e-9))
            seen = _Seen.of(in_sigmas, whitened, alone, together, weight)
            precision = np.diag(1.0 / mount) + seen.precision
            mean = np.asarray(np.linalg.solve(precision, seen.share), np.float64)
            own = np.linalg.inv(knows + np.diag(1.0 / slow))
            differs = np.einsum("kij,kjl,kl->ki", own, knows, words - mean)
            squares = weight[:, None] * differs**2 + np.diagonal(own, axis1=1, axis2=2)
            slow = (FORETOLD * foretold + squares.sum(axis=0)) / (FORETOLD + len(words))
        parts = dict(zip(told, seen.parts(), strict=True))
        return cls(mean, precision, parts, slow, typical.sum(axis=0), noise)

    def beside(self, key: int) -> tuple[Array, Array]:
        """The mean [3] as a track's views share it, told by all the others, and its covariance [3, 3]."""
        part, share = self.parts.get(key, (np.zeros((PARTS, PARTS)), np.zeros(PARTS)))
        covariance: Array = np.asarray(np.linalg.inv(self.precision - part), np.float64)
        mean: Array = covariance @ (self.precision @ self.mean - share)
        return mean, covariance + np.diag(self.slow)

    def put_right(self, track: Track) -> Track:
        """The track as seen from poses that stand and look as the camera is now believed to have, and as surely."""
        mean, covariance = self.beside(track.key)
        return replace(track, views=tuple(self._view(view, mean, covariance) for view in track.views))

    def _view(self, view: View, mean: Array, covariance: Array) -> View:
        pose = view.pose
        if pose is None:
            return view
        more = np.maximum(0.0, _variances(pose, self.noise).sum(axis=0) - self.told)
        new_deg = self.noise.angles_deg(pose)[1]
        shared = np.sqrt(np.diag(covariance) + more)
        turn_deg, tilt_deg = np.degrees(mean[:2])
        heading_sigma, pitch_sigma = np.hypot(np.degrees(shared[:2]), new_deg)
        right = replace(
            pose,
            heading_deg=wrap_360(pose.heading_deg + float(turn_deg)),
            pitch_deg=pose.pitch_deg + float(tilt_deg),
            heading_sigma_deg=min(180.0, float(heading_sigma)),
            pitch_sigma_deg=float(pitch_sigma),
            sway_deg=(float(new_deg[0]), float(new_deg[1])),
            height_m=pose.height_m - float(mean[2]),
            height_sigma_m=float(shared[2]),
            pitch_height=-float(covariance[1, 2] / (shared[1] * shared[2])),
        )
        return replace(view, pose=right)


def lean_of(
    tracks: Sequence[Track], labels: Sequence[str], camera: Camera, options: LocateOptions | None = None
) -> Lean | None:
    """The lean of a stretch from its finished tracks; None where none of them can tell.

    labels: of the detector, by a track's label index. What mostly moves says nothing of the camera.
    """
    options = options or LocateOptions()
    seen = [track for track in tracks if len(track.views) >= MIN_VIEWS and labels[track.label] not in WALKERS]
    asked = sorted(seen, key=lambda track: (-len(track.views), track.key))[:MOST_TRACKS]
    words = {track.key: told_of(track, labels[track.label], camera, options) for track in asked}
    told = {key: word for key, word in words.items() if isinstance(word, Told)}
    if not told:
        return None
    poses = [view.pose for track in asked if track.key in told for view in track.views if view.pose is not None]
    return Lean.of(told, poses, options.noise)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What K words say of the mean, their errors correlated (generalised least squares; Aitken 1936): inverse [K, 3,
    K, 3] of their covariance in sigmas; rows [K, 3, 3] that turn the mean into each, whitened [K, 3] as they are."""

    inverse: Array
    rows: Array
    whitened: Array

    @classmethod
    def of(cls, rows: Array, whitened: Array, alone: Array, together: Array, weight: Array) -> Self:
        """alone [K, 3, 3]: each word's own covariance. together [K, 3, K, 3]: what two words share. A word of less
        weight is one that errs by more."""
        count = len(rows)
        covariance = together.copy()
        covariance[np.arange(count), :, np.arange(count)] = alone
        less = np.sqrt(weight)
        inverse: Array = np.asarray(np.linalg.inv(covariance.reshape(count * PARTS, -1)), np.float64)
        weighed = inverse.reshape(covariance.shape) * less[:, None, None, None] * less[None, None, :, None]
        return cls(weighed, rows, whitened)

    @property
    def precision(self) -> Array:
        return np.asarray(np.einsum("kia,kilj,ljb->ab", self.rows, self.inverse, self.rows), np.float64)

    @property
    def share(self) -> Array:
        return np.asarray(np.einsum("kia,kilj,lj->a", self.rows, self.inverse, self.whitened), np.float64)

    def parts(self) -> list[tuple[Array, Array]]:
        """By how much precision and share are less without each word (the inverse of a matrix without a block)."""
        gains = np.einsum("kia,kilj->lja", self.rows, self.inverse)
        says = np.einsum("kilj,lj->ki", self.inverse, self.whitened)
        own = np.linalg.inv(np.einsum("kikj->kij", self.inverse))
        return [(gain.T @ one @ gain, gain.T @ one @ say) for gain, one, say in zip(gains, own, says, strict=True)]


def _roots(matrices: Array) -> Array:
    """Of symmetric matrices [K, 3, 3] without negative sizes: R [K, 3, 3] with RᵀR the matrix."""
    sizes, axes = np.linalg.eigh((matrices + matrices.transpose(0, 2, 1)) / 2.0)
    root: Array = np.sqrt(np.maximum(sizes, 0.0))[..., None] * axes.transpose(0, 2, 1)
    return root


def _together(told: Sequence[Told], in_sigmas: Array) -> Array:
    """[K, 3, K, 3]: what the words' errors, in sigmas, have in common."""
    column = {frame: at for at, frame in enumerate(sorted({frame for one in told for frame in one.aside}))}
    moved = np.zeros((len(told), PARTS, len(column), 4))
    for row, (one, root) in enumerate(zip(told, in_sigmas, strict=True)):
        for frame, by in one.aside.items():
            moved[row, :, column[frame]] = root @ by
    flat = moved.reshape(len(told), PARTS, -1)
    most = np.linalg.norm(flat, 2, axis=(1, 2)) / MOST_ALIKE
    flat = (flat / np.maximum(1.0, most)[:, None, None]).reshape(len(told) * PARTS, -1)
    return np.asarray((flat @ flat.T).reshape(len(told), PARTS, len(told), PARTS), np.float64)


def _variances(pose: Pose, noise: Noise) -> Array:
    """[2, 3] of heading, pitch (rad²) and height (m²): of how the camera is mounted, and of what changes slowly."""
    turn, tilt = np.radians([pose.heading_sigma_deg, pose.pitch_sigma_deg])
    told = np.maximum([turn, tilt, pose.height_sigma_m], LEAST_SPREAD) ** 2
    changing = noise.changing(pose)
    return np.stack(((1.0 - changing) * told, changing * noise.slow_share * told))
