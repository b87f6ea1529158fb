"""Synthetic ads: the same seed gives the same pixels; they stay off what is labelled."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.ads.kinds import AdKind, draw_ad
from training.ads.legal import LegalKind, draw_legal
from training.ads.words import phone
from training.sources import Box
from training.synthesis.boxes import together_as_one
from training.synthesis.layouts import Layout
from training.synthesis.picture import paste_ads
from training.synthesis.planes import wrapped
from training.synthesis.walls import Band

ANYWHERE = Band(0.0, 1.0, False)


def _wall(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(130, 4, (400, 600, 3))
    return np.clip(noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", list(AdKind))
def test_an_ad_is_drawn_the_same_from_the_same_seed(kind: AdKind) -> None:
    one, other = (draw_ad(np.random.default_rng(5), (), kind) for _ in range(2))
    assert np.array_equal(one.rgba, other.rgba)
    assert one.rgba.shape[2] == 4
    assert one.rgba[..., 3].max() > 100
    assert not np.array_equal(one.rgba, draw_ad(np.random.default_rng(6), (), kind).rgba)


@pytest.mark.parametrize("kind", list(LegalKind))
def test_a_legal_sign_is_drawn_the_same_from_the_same_seed(kind: LegalKind) -> None:
    one, other = (draw_legal(np.random.default_rng(5), (), kind) for _ in range(2))
    assert np.array_equal(one.rgba, other.rgba)
    assert not one.painted


@given(st.integers(0, 10_000))
def test_no_telephone_number_can_be_anyones(seed: int) -> None:
    number = phone(np.random.default_rng(seed))
    assert len(number) == 11
    assert number[:2] in {"10", "11", "12"}


def test_the_same_photo_and_seed_give_the_same_picture_and_boxes() -> None:
    one, other = (paste_ads(_wall(), (), ANYWHERE, (), 7, "wall") for _ in range(2))
    assert one is not None
    assert other is not None
    assert np.array_equal(one.picture, other.picture)
    assert one.ads == other.ads
    another = paste_ads(_wall(), (), ANYWHERE, (), 8, "wall")
    assert another is not None
    assert another.ads != one.ads


@pytest.mark.parametrize("seed", range(6))
def test_boxes_lie_in_the_picture_and_cover_what_changed(seed: int) -> None:
    wall = _wall()
    pasted = paste_ads(wall, (), ANYWHERE, (), seed, "wall")
    assert pasted is not None
    height, width = wall.shape[:2]
    outside = np.abs(pasted.picture.astype(int) - wall).max(2)
    for box in (*pasted.ads, *pasted.unlabelled):
        assert 0 <= box.x1 < box.x2 <= 1
        assert 0 <= box.y1 < box.y2 <= 1
        rows = slice(max(0, int(box.y1 * height) - 6), int(box.y2 * height) + 6)
        outside[rows, max(0, int(box.x1 * width) - 6) : int(box.x2 * width) + 6] = 0
    assert outside.max() <= 60


@pytest.mark.parametrize("layout", [layout for layout in Layout if layout is not Layout.POST])
def test_every_layout_finds_a_place_on_a_bare_wall(layout: Layout) -> None:
    drawn = (paste_ads(_wall(), (), ANYWHERE, (), seed, "wall", {layout: 1.0}) for seed in range(5))
    assert any(pasted is not None and pasted.ads for pasted in drawn)


def test_ads_on_a_post_stay_on_the_post() -> None:
    street = _wall()
    street[:, 280:330] = np.clip(street[:, 280:330].astype(int) - 80, 0, 255).astype(np.uint8)
    pasted = paste_ads(street, (), ANYWHERE, (), 3, "post", {Layout.POST: 1.0})
    assert pasted is not None
    assert all(box.x1 > 270 / 600 and box.x2 < 340 / 600 for box in pasted.ads)


def test_a_sheet_around_a_post_is_narrower_towards_the_silhouette() -> None:
    page = np.full((20, 20, 4), 255, np.uint8)
    widths = []
    for left, right in ((-0.2, 0.2), (0.5, 0.9)):
        _, seen_left, seen_right = wrapped(page, left, right, 0.0, 0.3)
        widths.append(seen_right - seen_left)
    assert widths[0] > 1.5 * widths[1]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_taken_keeps_its_pixels_but_for_a_rim(seed: int) -> None:
    wall, car = _wall(), Box("car", 0.3, 0.3, 0.7, 0.7)
    pasted = paste_ads(wall, [car], ANYWHERE, (), seed, "wall", {Layout.SCATTERED: 1.0})
    assert pasted is not None
    assert (np.abs(pasted.picture[160:240, 240:360].astype(int) - wall[160:240, 240:360]).max(2) < 70).mean() > 0.9


def test_the_photo_itself_is_not_written_to() -> None:
    wall = _wall()
    before = wall.copy()
    paste_ads(wall, (), ANYWHERE, (), 7, "wall")
    assert np.array_equal(wall, before)


def test_a_wall_that_is_all_taken_gets_no_ads() -> None:
    assert paste_ads(_wall(), [Box("car", 0.0, 0.0, 1.0, 1.0)], ANYWHERE, (), 7, "wall") is None


def _ad(x1: float, y1: float, x2: float, y2: float) -> Box:
    return Box("illegal_ad", x1, y1, x2, y2)


def test_ads_that_hang_together_are_one_box_and_ads_apart_are_two() -> None:
    near = together_as_one([_ad(0.1, 0.1, 0.2, 0.2), _ad(0.22, 0.1, 0.3, 0.2)], 100, 100)
    assert [(b.x1, b.y1, b.x2, b.y2) for b in near] == [(0.1, 0.1, 0.3, 0.2)]
    assert len(together_as_one([_ad(0.1, 0.1, 0.2, 0.2), _ad(0.6, 0.1, 0.7, 0.2)], 100, 100)) == 2


def test_two_banners_one_above_the_other_with_a_storey_between_are_two() -> None:
    assert len(together_as_one([_ad(0.1, 0.1, 0.6, 0.15), _ad(0.1, 0.45, 0.6, 0.5)], 800, 600)) == 2


@given(
    st.lists(st.tuples(st.floats(0, 0.8), st.floats(0, 0.8), st.floats(0.02, 0.2), st.floats(0.02, 0.2)), max_size=7),
    st.randoms(),
)
def test_which_ads_are_one_does_not_depend_on_their_order(corners: list[tuple[float, ...]], rng: random.Random) -> None:
    boxes = [_ad(x, y, x + w, y + h) for x, y, w, h in corners]
    shuffled = boxes[:]
    rng.shuffle(shuffled)
    one = together_as_one(boxes, 640, 480)
    assert one == together_as_one(shuffled, 640, 480)
    for box in boxes:
        assert any(b.x1 <= box.x1 and b.y1 <= box.y1 and b.x2 >= box.x2 and b.y2 >= box.y2 for b in one)
