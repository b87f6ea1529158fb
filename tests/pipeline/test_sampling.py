"""Which frames are analysed, and why the others are not."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ego import small_grey
from pipeline.pose import FixQuality, Pose
from pipeline.reasons import Reason
from pipeline.sampling import ClarityRules, Sampler, closer_of, measure

HERE = Pose(0, 55.7, 13.2, 1.6, 0, 0, 0, 0, 5.0, 0.0, 2.0, 1.0, 1.0, FixQuality.GNSS)


def at(odometer_m: float, seconds: float, speed_mps: float = 5.0) -> Pose:
    return replace(HERE, odometer_m=odometer_m, utc_ns=round(seconds * 1e9), speed_mps=speed_mps)


def test_one_frame_every_three_metres_is_analysed() -> None:
    sampler = Sampler()
    passed = [metre for metre in range(13) if sampler.place(at(float(metre), metre / 5)) is None]
    assert passed == [0, 3, 6, 9, 12]


@pytest.mark.parametrize(("speed", "reason"), [(5.0, Reason.TOO_CLOSE), (0.1, Reason.STANDSTILL)])
def test_a_frame_too_near_the_last_says_why(speed: float, reason: Reason) -> None:
    sampler = Sampler()
    assert sampler.place(at(0, 0)) is None
    assert sampler.place(at(1, 1, speed)) is reason


def test_a_standing_vehicle_looks_again_every_half_minute() -> None:
    sampler = Sampler()
    passed = [second for second in range(91) if sampler.place(at(0, second, 0.0)) is None]
    assert passed == [0, 30, 60, 90]


def test_a_vehicle_that_comes_back_along_its_odometer_or_has_no_pose_is_let_through() -> None:
    sampler = Sampler()
    assert sampler.place(at(100, 0)) is None
    assert sampler.place(None) is None
    assert Sampler(distance_m=0).place(at(0, 0)) is None


@pytest.mark.parametrize(("closer_m", "passed"), [(None, [0, 2, 4, 6, 9, 12]), (1.0, [0, 1, 2, 3, 4, 5, 6, 9, 12])])
def test_while_something_young_is_in_sight_looks_are_closer(closer_m: float | None, passed: list[int]) -> None:
    """Half as far apart where it is not said."""
    sampler = Sampler(3.0, closer_m=closer_m)
    told = [sampler.place(at(float(metre), metre / 5), young=metre <= 6) for metre in range(13)]
    assert [metre for metre, reason in enumerate(told) if reason is None] == passed
    assert set(told) == {None, Reason.TOO_CLOSE}


def test_closer_looks_are_shed_like_others() -> None:
    sampler = Sampler(3.0)
    sampler.pace = 2.0
    told = [sampler.place(at(metre / 2, metre / 10), young=True) for metre in range(7)]
    assert [metre for metre, reason in enumerate(told) if reason is None] == [0, 6]
    assert told[3] is Reason.TOO_WARM


@given(
    st.lists(st.tuples(st.floats(0.0, 2.0), st.booleans()), min_size=1, max_size=60),
    st.floats(0.0, 5.0),
    st.none() | st.floats(0.0, 5.0),
    st.sampled_from([1.0, 2.0, 4.0]),
)
def test_what_is_young_is_asked_for_exactly_where_it_decides(
    steps: list[tuple[float, bool]], distance_m: float, closer_m: float | None, pace: float
) -> None:
    sampler, metre, last = Sampler(distance_m, closer_m=closer_m), 0.0, None
    sampler.pace = pace
    for step, young in steps:
        metre += step
        pose = at(metre, metre / 5)
        others = [copy(sampler).place(pose, young=way) for way in (False, True)]
        depends = sampler.depends(pose)
        assert depends or others[0] is others[1]
        assert not depends or others[0] is not others[1] or others[0] is Reason.TOO_WARM
        if sampler.place(pose, young=young) is None and distance_m > 0.0:
            assert last is None or metre - last >= closer_of(distance_m, closer_m) * pace
            last = metre


def test_without_a_position_a_frame_is_analysed_every_so_often() -> None:
    sampler = Sampler(blind_s=0.4)
    assert sampler.place(at(0, 0), 0) is None
    told = [sampler.place(None, tenth * 10**8) for tenth in range(1, 13)]
    assert [tenth for tenth, reason in enumerate(told, 1) if reason is None] == [4, 8, 12]
    assert told[0] is Reason.TOO_CLOSE
    assert sampler.place(at(9.0, 1.3), 13 * 10**8) is None


def street() -> np.ndarray:
    """Lines, edges and patches at all sizes, as a street has."""
    rng = np.random.default_rng(4)
    image = np.full((540, 960, 3), 150, np.uint8)
    for _ in range(400):
        x, y = (int(v) for v in rng.integers(0, [960, 540]))
        w, h = (int(v) for v in rng.integers(4, 90, 2))
        cv2.rectangle(image, (x, y), (x + w, y + h), rng.integers(0, 256, 3).tolist(), -1)
    return image


def covered(image: np.ndarray) -> np.ndarray:
    """A sheet over the lens: nothing is left but how light it is."""
    light = cv2.resize(image, (1, 1), interpolation=cv2.INTER_AREA)
    return cv2.resize(light, image.shape[1::-1]) // 2 + 60


SPOILT = {
    "night without lamps": (lambda image: (image * 0.08).astype(np.uint8), Reason.DARK),
    "a lens cap": (lambda image: np.zeros_like(image), Reason.DARK),
    "a sheet of paper": (covered, Reason.COVERED),
    "sideways shake": (lambda image: cv2.blur(image, (45, 1)), Reason.BLURRED),
    "up and down shake": (lambda image: cv2.blur(image, (1, 45)), Reason.BLURRED),
    "out of focus": (lambda image: cv2.GaussianBlur(image, (0, 0), 9), Reason.BLURRED),
    "nothing wrong": (lambda image: image, None),
    "dusk": (lambda image: (image * 0.3).astype(np.uint8), None),
    "a little shake": (lambda image: cv2.blur(image, (7, 1)), None),
}


@pytest.mark.parametrize("case", SPOILT)
def test_pictures_in_which_nothing_can_be_seen_are_skipped_with_their_reason(case: str) -> None:
    spoil, reason = SPOILT[case]
    assert Sampler().sight(small_grey(spoil(street()))) is reason


def test_a_tiny_picture_counts_as_covered_not_as_an_error() -> None:
    assert (
        Sampler(rules=ClarityRules(least_bright=0)).sight(small_grey(np.zeros((5, 5, 3), np.uint8))) is Reason.COVERED
    )


@pytest.mark.shared
def test_real_street_photos_pass_and_their_dark_covered_and_shaken_copies_do_not(shared_data: Path) -> None:
    photos = sorted((shared_data / "footage/lund_street").glob("*.jp*g"))[:6]
    photos += sorted((shared_data / "detection/street_waste_val/images").iterdir())[:20]
    sampler, shaken = Sampler(), 0
    spoilt = (("night without lamps", Reason.DARK), ("a lens cap", Reason.DARK), ("a sheet of paper", Reason.COVERED))
    for path in photos:
        image = cv2.imread(str(path))
        image = cv2.resize(image, (640, round(640 * image.shape[0] / image.shape[1])), interpolation=cv2.INTER_AREA)
        assert sampler.sight(small_grey(image)) is None, (path.name, measure(small_grey(image)))
        for what, reason in spoilt:
            assert sampler.sight(small_grey(SPOILT[what][0](image))) is reason, (path.name, what)
        shaken += sampler.sight(small_grey(cv2.blur(image, (41, 1)))) is Reason.BLURRED
    assert shaken == len(photos)
