"""What the privacy step fills is gone, and nothing else can be encoded."""

from __future__ import annotations

import copy
import hashlib
import pickle
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence import close_view, context_box, encode, wide_view
from pipeline.observation import EvidenceRole
from pipeline.redact import Redacted, Regions, grow, heads, redact


def picture(seed: int = 3, width: int = 320, height: int = 200) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def regions(*boxes: tuple[float, float, float, float], width: int = 320, height: int = 200) -> Regions:
    return Regions(np.array(boxes, np.float32).reshape(-1, 4), "step 1", width, height)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[float, float, float, float]:
    x1, y1 = draw(st.floats(-50, 340, width=32)), draw(st.floats(-50, 220, width=32))
    return x1, y1, x1 + draw(st.floats(0, 200, width=32)), y1 + draw(st.floats(0, 200, width=32))


@given(st.lists(boxes(), max_size=4))
def test_inside_is_one_flat_colour_a_region_and_outside_is_untouched(
    found: list[tuple[float, float, float, float]],
) -> None:
    image = picture()
    done = redact(image, regions(*found)).image
    inside = np.zeros(image.shape[:2], np.bool_)
    for x1, y1, x2, y2 in found:
        x1, y1 = max(int(np.floor(x1)), 0), max(int(np.floor(y1)), 0)
        inside[y1 : max(int(np.ceil(y2)), 0), x1 : max(int(np.ceil(x2)), 0)] = True
    np.testing.assert_array_equal(done[~inside], image[~inside])
    assert len(np.unique(done[inside].reshape(-1, 3), axis=0)) <= len(found)


def test_pictures_that_differ_only_inside_by_order_become_the_same() -> None:
    image, other = picture(), picture()
    other[50:90, 60:120] = other[50:90, 60:120][::-1, ::-1]
    found = regions((60, 50, 120, 90))
    np.testing.assert_array_equal(redact(image, found).image, redact(other, found).image)


def test_the_source_picture_is_not_written_to() -> None:
    image = picture()
    before = image.copy()
    redact(image, regions((0, 0, 100, 100))).outline([(5, 5, 50, 50)], [(0, 0, 255)], ["x"])
    np.testing.assert_array_equal(image, before)


def test_nothing_but_redact_makes_a_redacted() -> None:
    with pytest.raises(TypeError, match="makes a Redacted"):
        Redacted()
    with pytest.raises(TypeError):
        Redacted(picture(), "step")  # type: ignore[call-arg]
    done = redact(picture(), regions())
    with pytest.raises(AttributeError):
        done.image = picture()  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        done.image[:] = 0
    with pytest.raises(TypeError):
        pickle.loads(pickle.dumps(done))  # noqa: S301
    with pytest.raises(TypeError):
        copy.deepcopy(done)


@pytest.mark.parametrize("raw", [picture(), picture().tobytes(), None])
def test_a_raw_picture_cannot_be_encoded(raw: Any) -> None:
    with pytest.raises(TypeError, match="only a Redacted"):
        encode(raw, EvidenceRole.CLOSE)


def test_regions_of_another_pictures_size_are_refused() -> None:
    with pytest.raises(ValueError, match="320x200"):
        redact(picture(width=640, height=360), regions((0, 0, 9, 9)))


@pytest.mark.parametrize("wrong", [[[np.nan, 0, 1, 1]], [[0, 0, np.inf, 1]]])
def test_regions_without_a_place_are_refused(wrong: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="finite"):
        Regions(np.array(wrong, np.float32), "step 1", 320, 200)


def test_evidence_names_its_bytes_and_its_privacy_step() -> None:
    made = close_view(redact(picture(), regions((0, 0, 40, 40))), (100, 80, 140, 120))
    assert made.evidence.sha256 == hashlib.sha256(made.content).hexdigest()
    assert made.evidence.size_bytes == len(made.content)
    assert made.evidence.redaction == "step 1"
    assert (made.evidence.role, made.evidence.media_type) == (EvidenceRole.CLOSE, "image/jpeg")
    decoded = cv2.imdecode(np.frombuffer(made.content, np.uint8), cv2.IMREAD_COLOR)
    assert decoded.shape[:2] == (160, 160)
    assert b"Exif" not in made.content


def test_the_same_pixels_give_the_same_bytes() -> None:
    done = redact(picture(), regions())
    assert wide_view(done, (10, 10, 60, 60)).content == wide_view(done, (10, 10, 60, 60)).content


def test_the_wide_view_shows_where_the_object_is() -> None:
    grey = np.full((540, 960, 3), 128, np.uint8)
    made = wide_view(redact(grey, regions(width=960, height=540)), (300, 200, 500, 400))
    decoded = cv2.imdecode(np.frombuffer(made.content, np.uint8), cv2.IMREAD_COLOR)
    marked = np.argwhere(np.abs(decoded.astype(int) - 128).max(axis=2) > 60)
    assert marked.min(axis=0) == pytest.approx([200, 300], abs=4)
    assert marked.max(axis=0) == pytest.approx([400, 500], abs=4)


def test_a_close_view_at_the_pictures_corner_stays_inside_it() -> None:
    made = close_view(redact(picture(), regions()), (300, 190, 320, 200))
    decoded = cv2.imdecode(np.frombuffer(made.content, np.uint8), cv2.IMREAD_COLOR)
    assert 0 < decoded.shape[0] <= 160
    assert 0 < decoded.shape[1] <= 160
    assert context_box((0, 0, 1000, 100)) == pytest.approx((-600, -60, 1600, 160))


@pytest.mark.parametrize(
    ("person", "head_bottom"),
    [
        ((0, 0, 60, 180), 43.2),  # standing: about a quarter
        ((0, 0, 100, 120), 55.0),  # cut off at the waist: a share of the width
        ((0, 0, 200, 100), 100.0),  # wider than tall: everything
        ((0, 0, 90, 40), 40.0),
    ],
)
def test_heads_are_covered_whatever_the_posture(person: tuple[float, ...], head_bottom: float) -> None:
    band = heads(np.array([person], np.float32))[0]
    assert band[3] == pytest.approx(head_bottom, abs=0.1)
    assert tuple(band[:3]) == person[:3]


def test_margins_grow_with_the_box_and_are_never_nothing() -> None:
    grown = grow(np.array([[10, 10, 110, 60], [5, 5, 6, 6]], np.float32), 0.1, 2.0)
    np.testing.assert_allclose(grown, [[0, 5, 120, 65], [3, 3, 8, 8]])
