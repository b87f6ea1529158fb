"""How a camera itself moved between two pictures, told by the corners that were followed (pipeline/ego.py).

Where the camera travels is known from how it is mounted; how far away each corner is, is not. A corner's flow across
the line along which travel alone would move it does not depend on its distance, so those parts tell the turn (Longuet-
Higgins and Prazdny, "The interpretation of a moving retinal image", 1980, for the equations); what remains along the
lines is speed over distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.ego import Motion
from pipeline.pose import Camera, Mount
from pipeline.rays import axes_of

Array = NDArray[np.float64]
LEAST_CORNERS: Final = 10
ROUNDS: Final = 6


@dataclass(frozen=True, slots=True)
class OwnMotion:
    """turn_dps: clockwise seen from above, degrees a second. pace: speed over the distance of what is seen, 1/s: 0 at
    standstill, and as far proportional to speed as the scene keeps its depth."""

    turn_dps: float
    pace: float


def own_motion(motion: Motion, camera: Camera, mount: Mount, elapsed_s: float) -> OwnMotion | None:
    """The camera's motion over `elapsed_s` (> 0); None where too few corners agree on one."""
    focal = np.array([camera.fx_px, camera.fy_px])
    middle = np.array([camera.cx_px, camera.cy_px])
    at = (motion.before.astype(np.float64) - middle) / focal
    flow = (motion.after - motion.before).astype(np.float64) / focal
    # Half a step on, so that the small-motion equations hold to second order.
    at = at + flow / 2.0
    axes = axes_of(mount.yaw_deg, mount.pitch_deg, mount.roll_deg)
    ahead, down = np.array([0.0, 1.0, 0.0]) @ axes, np.array([0.0, 0.0, -1.0]) @ axes
    along = ahead[2] * at - ahead[:2]
    length = np.linalg.norm(along, axis=1)
    clear = length > 1e-3
    if int(clear.sum()) < LEAST_CORNERS:
        return None
    at, flow, along, length = at[clear], flow[clear], along[clear], length[clear]
    turn = _turn(at, flow, along / length[:, None])
    if turn is None:
        return None
    rest = flow - _spun(at, turn)
    closing = (rest * along).sum(axis=1) / length**2 / elapsed_s
    turned = float(turn @ down)
    return OwnMotion(math.degrees(turned) / elapsed_s, _median(closing, length))


def _spun(at: Array, turn: Array) -> Array:
    """The flow [K, 2] that a turn of the camera (rotation vector, rad) gives corners at [K, 2] (focal lengths)."""
    return np.asarray(np.einsum("kij,j->ki", _spin(at), turn))


def _spin(at: Array) -> Array:
    x, y = at[:, 0], at[:, 1]
    across = np.stack((x * y, -(1.0 + x * x), y), axis=1)
    upright = np.stack((1.0 + y * y, -x * y, -x), axis=1)
    return np.stack((across, upright), axis=1)


def _turn(at: Array, flow: Array, along: Array) -> Array | None:
    """The rotation vector that explains the flow across `along` (unit rows): least squares, outliers weighed down."""
    athwart = np.stack((-along[:, 1], along[:, 0]), axis=1)
    rows, told = np.einsum("ki,kij->kj", athwart, _spin(at)), (athwart * flow).sum(axis=1)
    weight = np.ones(len(told))
    turn = np.zeros(3)
    for _ in range(ROUNDS):
        heavy = rows * weight[:, None]
        try:
            turn = np.linalg.solve(heavy.T @ rows + 1e-9 * np.eye(3), heavy.T @ told)
        except np.linalg.LinAlgError:
            return None
        off = np.abs(told - rows @ turn)
        scale = 1.5 * float(np.median(off)) + 1e-6
        weight = 1.0 / (1.0 + (off / scale) ** 2)
    return turn if np.isfinite(turn).all() else None


def _median(values: Array, weights: Array) -> float:
    order = np.argsort(values)
    passed = np.cumsum(weights[order])
    return float(values[order][int(np.searchsorted(passed, passed[-1] / 2.0))])
