"""A picture's entry says where in it the thing lies, wherever the crop was cut and however far it was shrunk."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.boxes import Box
from pipeline.evidence import Picture, close_view, shares, wide_view
from pipeline.observation import EvidenceRole
from pipeline.redact import Redacted, Regions, redact

WIDTH, HEIGHT = 1400, 900
GREY, WHITE = 60, 250


def painted(box: Box) -> Redacted:
    """A grey picture in which one box is white."""
    image = np.full((HEIGHT, WIDTH, 3), GREY, np.uint8)
    x1, y1, x2, y2 = (int(side) for side in box)
    image[y1:y2, x1:x2] = WHITE
    return redact(image, Regions(np.zeros((0, 4), np.float32), "step 1", WIDTH, HEIGHT))


def decoded(picture: Picture) -> NDArray[np.uint8]:
    read = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(read, np.uint8)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Whole-pixel boxes inside the picture, often at its edges, so that half of the crops are cut and many shrunk."""
    wide, tall = draw(st.integers(40, 1300)), draw(st.integers(40, 850))
    x = draw(st.one_of(st.just(0), st.just(WIDTH - wide), st.integers(0, WIDTH - wide)))
    y = draw(st.one_of(st.just(0), st.just(HEIGHT - tall), st.integers(0, HEIGHT - tall)))
    return x, y, x + wide, y + tall


@settings(max_examples=40)
@given(boxes())
def test_the_box_of_a_close_view_is_where_the_white_thing_is_in_its_pixels(box: Box) -> None:
    made = close_view(painted(box), box)
    said = made.evidence.box
    assert said is not None
    pixels = decoded(made)
    tall, wide = pixels.shape[:2]
    white = np.argwhere(pixels.min(axis=2) > (GREY + WHITE) / 2)
    (top, left), (bottom, right) = white.min(axis=0), white.max(axis=0) + 1
    told = np.array([said[0] * wide, said[1] * tall, said[2] * wide, said[3] * tall])
    np.testing.assert_allclose(told, [left, top, right, bottom], atol=1.01)


@settings(max_examples=20)
@given(boxes())
def test_nothing_is_drawn_on_a_close_view(box: Box) -> None:
    pixels = decoded(close_view(painted(box), box)).astype(int)
    assert (pixels.max(axis=2) - pixels.min(axis=2)).max() <= 2
    assert pixels.max() <= WHITE + 6
    assert pixels.min() >= GREY - 40  # a JPEG rings beside a sharp edge


def test_the_box_of_a_wide_view_is_told_in_shares_of_the_whole_picture() -> None:
    made = wide_view(painted((350, 225, 700, 675)), (350, 225, 700, 675))
    assert made.evidence.role is EvidenceRole.WIDE
    assert made.evidence.box == (0.25, 0.25, 0.5, 0.75)


def test_a_box_that_reaches_over_the_pictures_edge_is_cut_to_it() -> None:
    assert shares((-50, 20, 50, 400), (0, 0, 200, 200)) == (0.0, 0.1, 0.25, 1.0)


@pytest.mark.parametrize("outside", [(300, 10, 400, 50), (-90, 10, 0, 50), (10, 200, 20, 300), (10, 10, 10, 50)])
def test_a_box_with_nothing_in_the_picture_is_not_told(outside: Box) -> None:
    assert shares(outside, (0, 0, 200, 200)) is None
