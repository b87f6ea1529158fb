"""What a box measures of a thing, by its shape: the forward models of `locate`.

The state is east, north, foot height (metres), turn, tilt and roll (radians, what all headings, pitches and rolls are
wrong by), zoom (the logarithm of how many times as long as told the lens is), the body's own sizes, and for moving
things their speed east and north.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.pose import Camera
from pipeline.rays import ray_of
from pipeline.shapes import Hull, Lump, Shape, Sheet
from pipeline.sight import EDGE_PX, Sight
from pipeline.track import View

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
EAST, NORTH, FOOT, TURN, TILT, ROLL, ZOOM, OWN = range(8)
SHEET_STARTS_M: Final = (3.0, 7.0, 15.0)


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Mean and sigma of a body's own unknowns."""

    mean: Array
    sigma: Array


class Body(Protocol):
    """A forward model."""

    @property
    def shape(self) -> Shape: ...

    def tells(self, view: View, camera: Camera) -> bool:
        """Whether a view's box measures anything useful."""
        ...

    def priors(self, sight: Sight) -> Sequence[Prior]:
        """The own unknowns' priors, one for each way in which the thing may stand."""
        ...

    def starts(self, sight: Sight) -> Sequence[Array]:
        """Places (east, north) to begin at."""
        ...

    def measured(self, sight: Sight) -> tuple[Array, Array, Flags]:
        """What the views measure and with what sigma, both [N, K] px, across and down by turns; infinite sigma where
        they do not. Third, [N, K], whether it moves with a view that lies aside as a whole."""
        ...

    def predicted(self, sight: Sight, states: Array, moving: bool) -> Array:
        """What the views would measure of things of these states [S, D]: px [S, N, K]."""
        ...


def body_of(shape: Shape) -> Body:
    """The forward model of a shape."""
    match shape:
        case Lump():
            return LumpBody(shape)
        case Sheet():
            return SheetBody(shape)
        case Hull():
            return HullBody(shape)


def _centres(sight: Sight, states: Array, moving: bool) -> Array:
    """The foot's centre of each state relative to each camera, [S, N, 3]."""
    centres = np.empty((len(states), len(sight.views), 3))
    moved = sight.after_s[None, :, None] * states[:, None, -2:] if moving else 0.0
    centres[..., :2] = states[:, None, :2] + moved - sight.at_m[:, :2]
    centres[..., 2] = states[:, None, FOOT] - sight.at_m[:, 2]
    return centres


def _whole(view: View, camera: Camera) -> tuple[bool, bool, bool]:
    """Whether the box's left and right, its top, and its bottom are the object's own and not the picture's."""
    x1, y1, x2, y2 = view.xyxy
    sides = x1 > EDGE_PX and x2 < camera.width_px - EDGE_PX
    return sides, y1 > EDGE_PX, y2 < camera.height_px - EDGE_PX


def _middles(sight: Sight) -> tuple[Array, Array]:
    """Of the boxes, px [N, 2], with their sigma: the sides of a box err apart, so its middle errs less."""
    sigma = np.hypot(sight.sigma_px[:, :2], sight.sigma_px[:, 2:]) / 2.0
    return (sight.sides[:, :2] + sight.sides[:, 2:]) / 2.0, sigma


def _along(sight: Sight, row: int, y_px: float) -> tuple[Array, float]:
    """The direction on the ground in which a view's box middle is seen at a height in the picture, and its slope."""
    x_px = float(sight.sides[row, [0, 2]].mean())
    ray = ray_of(sight.camera, sight.poses[row], x_px, y_px)
    level = math.hypot(float(ray[0]), float(ray[1]))
    return (ray[:2] / level if level > 1e-9 else sight.ahead[row]), math.atan2(float(ray[2]), level)


@dataclass(frozen=True, slots=True)
class LumpBody:
    """A heap or bin. Own unknown: half its depth. Measures the box's middle across and its bottom.

    Points on the ground are lower in the picture the nearer they are along the camera's own direction, whatever its
    pitch; so the box's bottom is the edge that lies half a depth from the centre against that direction. Seen from
    above and behind, the top of that edge may hang lower than its foot.
    """

    shape: Lump

    def tells(self, view: View, camera: Camera) -> bool:
        sides, _, bottom = _whole(view, camera)
        return sides and bottom

    def priors(self, sight: Sight) -> Sequence[Prior]:  # noqa: ARG002  (the port's signature)
        depth = self.shape.half_depth
        return (Prior(np.array([depth.m]), np.array([depth.sigma_m])),)

    def starts(self, sight: Sight) -> Sequence[Array]:
        row = sight.tallest
        towards, slope = _along(sight, row, float(sight.sides[row, 3]))
        above = max(0.5, float(sight.at_m[row, 2]) - self.shape.base.m)
        far = above / math.tan(max(math.radians(1.0), -slope)) + self.shape.half_depth.m
        return (sight.at_m[row, :2] + far * towards,)

    def measured(self, sight: Sight) -> tuple[Array, Array, Flags]:
        middle, across = _middles(sight)
        told = np.column_stack((middle[:, 0], sight.sides[:, 3])), np.column_stack((across[:, 0], sight.sigma_px[:, 3]))
        return *told, np.ones(told[0].shape, np.bool_)

    def predicted(self, sight: Sight, states: Array, moving: bool) -> Array:
        points = np.repeat(_centres(sight, states, moving)[..., None], 3, axis=3)
        points[:, :, 2, 0] += self.shape.tall_m / 2.0
        points[:, :, :2, 1:] -= states[:, None, OWN, None, None] * sight.ahead[..., None]
        points[:, :, 2, 2] += self.shape.tall_m
        across, down = sight.pixels(points, states[:, TURN:OWN]).transpose(2, 0, 1, 3)
        return np.stack((across[..., 0], np.fmax(down[..., 1], down[..., 2])), axis=-1)


@dataclass(frozen=True, slots=True)
class SheetBody:
    """An ad on a wall. No own unknowns: the foot height is its middle's. Measures the box's middle."""

    shape: Sheet

    def tells(self, view: View, camera: Camera) -> bool:
        return all(_whole(view, camera))

    def priors(self, sight: Sight) -> Sequence[Prior]:  # noqa: ARG002  (the port's signature)
        return (Prior(np.empty(0), np.empty(0)),)

    def starts(self, sight: Sight) -> Sequence[Array]:
        row = sight.tallest
        towards, _ = _along(sight, row, float(sight.sides[row, [1, 3]].mean()))
        return [sight.at_m[row, :2] + far * towards for far in SHEET_STARTS_M]

    def measured(self, sight: Sight) -> tuple[Array, Array, Flags]:
        middle, sigma = _middles(sight)
        return middle, sigma, np.ones(middle.shape, np.bool_)

    def predicted(self, sight: Sight, states: Array, moving: bool) -> Array:
        centres = _centres(sight, states, moving)[..., None]
        return np.asarray(sight.pixels(centres, states[:, TURN:OWN])[..., 0], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class HullBody:
    """A vehicle. Own unknowns: which way it points (radians from north), length, width, height. Measures all sides: of
    two that face each other their middle and how far they are apart, which a view that lies aside leaves as it is."""

    shape: Hull

    def tells(self, view: View, camera: Camera) -> bool:
        return sum(_whole(view, camera)) > 1

    def priors(self, sight: Sight) -> Sequence[Prior]:
        street = sight.poses[sight.tallest].course_deg
        sizes = (self.shape.long, self.shape.wide, self.shape.tall)
        sigma = np.array([math.radians(self.shape.turn_sigma_deg), *(size.sigma_m for size in sizes)])
        return [
            Prior(np.array([math.radians(street + turn), *(size.m for size in sizes)]), sigma)
            for turn in self.shape.turns_deg
        ]

    def starts(self, sight: Sight) -> Sequence[Array]:
        row = sight.tallest
        tall_px = max(1.0, float(sight.sides[row, 3] - sight.sides[row, 1]))
        towards, slope = _along(sight, row, float(sight.sides[row, 3]))
        above = max(0.5, float(sight.at_m[row, 2]) - self.shape.base.m)
        if slope < math.radians(-1.0):
            far = above / math.tan(-slope)
        else:
            far = sight.camera.fy_px * self.shape.tall.m / tall_px
        return (sight.at_m[row, :2] + (far + self.shape.wide.m / 2.0) * towards,)

    def measured(self, sight: Sight) -> tuple[Array, Array, Flags]:
        both = sight.paired
        middle, sigma = _middles(sight)
        apart = np.concatenate((middle, sight.sides[:, 2:] - sight.sides[:, :2]), axis=1)
        sigmas = np.concatenate((sigma, 2.0 * sigma), axis=1)
        moves = np.concatenate((np.ones_like(both[:, :2]), ~both[:, 2:]), axis=1)
        return np.where(both, apart, sight.sides), np.where(both, sigmas, sight.sigma_px), moves

    def predicted(self, sight: Sight, states: Array, moving: bool) -> Array:
        yaw, long, wide, tall = states[:, OWN : OWN + 4, None].transpose(1, 0, 2)
        along, across, up = np.array(self.shape.points).T[:, None, :] * np.stack((long, wide, tall))
        east = along * np.sin(yaw) + across * np.cos(yaw)
        north = along * np.cos(yaw) - across * np.sin(yaw)
        points = _centres(sight, states, moving)[..., None] + np.stack((east, north, up), axis=1)[:, None]
        pixels = sight.pixels(points, states[:, TURN:OWN])
        low, high = np.fmin.reduce(pixels, axis=3), np.fmax.reduce(pixels, axis=3)
        sides, apart = (np.concatenate(pair, axis=2) for pair in ((low, high), ((low + high) / 2.0, high - low)))
        return np.where(sight.paired, apart, sides)
