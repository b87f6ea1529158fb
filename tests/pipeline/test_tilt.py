"""A camera that looks lower or higher than its mount was told, learned from what stands still."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.families import families
from pipeline.pose import Camera, FixQuality, Pose
from pipeline.rays import axes_of, pixel_of
from pipeline.tilt import FLOOR_DEG, MOST_SIGMAS, Tilt
from pipeline.tracking import Tracker
from tests.pipeline.street import LABELS
from tests.pipeline.test_tracking import found

CAMERA = Camera.from_hfov(960, 540, 80.0)
LOOK_M = 3.0
METRE_LAT = 1.0 / 110_574.0


def pose(look: int, pitch_deg: float) -> Pose:
    """Of a car that drives north, every LOOK_M."""
    along = look * LOOK_M
    return Pose(
        look * 500_000_000, along * METRE_LAT, 0.0, 1.9, 0.0, pitch_deg, 0.0, 0.0, 6.0, along, 1.0, 1.0, 1.0,
        FixQuality.GNSS,
    )  # fmt: skip


def box(look: int, pitch_deg: float, east: float, north: float) -> tuple[float, float, float, float] | None:
    """Of a bin 0.6 m wide and 1 m high that stands there; None outside the picture."""
    axes, away = axes_of(0.0, pitch_deg), np.array([east, north - look * LOOK_M, -1.9])
    foot, top = (pixel_of(CAMERA, axes, away + np.array([0, 0, up])) for up in (0.0, 1.0))
    half = 0.3 * CAMERA.fx_px / max(1.0, away[1])
    if foot is None or top is None or foot[0] + half > 955 or foot[1] > 535 or away[1] < 1.0:
        return None
    return foot[0] - half, top[1], foot[0] + half, foot[1]


def keys(pitch_deg: float, things: Sequence[tuple[float, float]], lost: Mapping[int, range]) -> list[dict[int, int]]:
    """Which key each thing has in each look, where the camera looks 4° down and pitch_deg is told; no picture moves by
    itself. lost: the looks in which a thing is not found."""
    start = np.full(len(LABELS), 0.25, np.float32)
    one = Tracker(start, families(LABELS), 960, 540, camera=CAMERA)
    told = []
    for look in range(10):
        seen = {n: shown for n, at in enumerate(things) if (shown := box(look, -4.0, *at)) is not None}
        seen = {n: shown for n, shown in seen.items() if look not in lost.get(n, ())}
        rows = found(*(("bin", 0.9 - n / 100, *shown) for n, shown in seen.items()))
        given_keys = one.step(look, look * 500_000_000, rows, None, pose(look, pitch_deg)).track
        told.append(dict(zip(seen, given_keys.tolist(), strict=True)))
    return told


@pytest.mark.parametrize("pitch_deg", [-5.2, -4.0, -2.8])
def test_a_bin_that_was_hidden_for_a_while_is_itself_afterwards_whatever_the_mount_was_told_to_be(
    pitch_deg: float,
) -> None:
    """Four bins 2.4 m apart, and the second is not found for three looks."""
    row = [(4.0, 26.0), (4.0, 28.4), (4.0, 30.8), (4.0, 33.2)]
    told = keys(pitch_deg, row, {1: range(4, 7)})
    own = [{look[n] for look in told if n in look} for n in range(4)]
    assert [len(one) for one in own] == [1, 1, 1, 1]
    assert len(set.union(*own)) == 4


def learned(tilt: Tilt, true_deg: float, sway: tuple[float, float], seed: int, stray: int = 0) -> Tilt:
    """After one picture of eight things, so many of which went elsewhere."""
    rng = np.random.default_rng(seed)
    slopes = np.column_stack((rng.uniform(-30, 30, 8), rng.uniform(-4, 4, 8)))
    off = slopes * (true_deg - tilt.deg) + np.array(sway) + rng.normal(0, 2, (8, 2))
    off[:stray] += 60
    return tilt.learned(off, slopes, np.full(8, 6.0), 14.0)


@settings(max_examples=30)
@given(st.floats(-1.5, 1.5), st.integers(0, 10_000), st.integers(0, 2))
def test_the_tilt_is_found_under_any_sway_and_whatever_goes_elsewhere(deg: float, seed: int, stray: int) -> None:
    rng, tilt = np.random.default_rng(seed), Tilt.unknown(pose(0, -4.0))
    for picture in range(6):
        right, down = rng.normal(0, 8, 2)
        tilt = learned(tilt, deg, (right, down), seed + picture, stray)
    assert abs(tilt.deg - deg) < 0.3
    assert FLOOR_DEG <= tilt.sigma_deg < 0.3


def test_what_seems_to_stand_very_far_away_does_not_lift_the_camera_beyond_what_an_installer_errs_by() -> None:
    tilt = Tilt.unknown(pose(0, -4.0))
    for picture in range(50):
        tilt = learned(tilt, 9.0, (0.0, 0.0), picture)
    assert tilt.deg <= MOST_SIGMAS * 1.0


def test_a_picture_taken_from_where_the_last_was_teaches_nothing() -> None:
    tilt = Tilt.unknown(pose(0, -4.0))
    still = tilt.learned(np.full((5, 2), 3.0), np.zeros((5, 2)), np.full(5, 6.0), 14.0)
    assert still == replace(tilt, deg=pytest.approx(0.0))
