"""What the networks give becomes lines and words: marks in a map of text, and columns of characters."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.ppocr import SPREAD, marks, spelt

pytest.importorskip("pyclipper", reason="the extra `ocr` is not installed")
KNOWN = ("", "1", "2", "a")


@given(wide=st.integers(40, 120), tall=st.integers(12, 24), turn_deg=st.integers(-40, 40), ink=st.floats(0.4, 1.0))
def test_a_mark_is_told_where_it_lies_however_it_is_turned(wide: int, tall: int, turn_deg: int, ink: float) -> None:
    inked = np.zeros((200, 240), np.float32)
    drawn = cv2.boxPoints(((120.0, 100.0), (wide, tall), turn_deg))
    cv2.fillPoly(inked, [np.round(drawn).astype(np.int32)], ink)
    (found,) = marks(inked)
    corners, share = found
    spread = SPREAD * wide * tall / (wide + tall)
    along, across = (float(np.linalg.norm(corners[0] - corners[n])) for n in (1, 3))
    assert corners.mean(axis=0) == pytest.approx((120.0, 100.0), abs=2.5)
    assert (along, across) == pytest.approx((wide + spread, tall + spread), abs=8.0)
    slope = math.degrees(math.atan2(*(corners[1] - corners[0])[::-1]))
    assert slope == pytest.approx(turn_deg, abs=10.0)
    assert 0.6 * ink < share <= ink + 1e-6


def test_specks_and_what_is_hardly_inked_are_no_marks() -> None:
    inked = np.full((60, 80), 0.2, np.float32)
    inked[5, 5] = 1.0
    assert list(marks(inked)) == []


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ("", ""),
        ("___", ""),
        ("1", "1"),
        ("11_1", "11"),
        ("_1122a_", "12a"),
        ("2_2_2", "222"),
    ],
)
def test_a_character_that_goes_on_counts_once_unless_a_gap_is_between(columns: str, text: str) -> None:
    sure = np.full((len(columns), len(KNOWN)), 0.05, np.float32)
    for at, one in enumerate(columns.replace("_", " ")):
        sure[at, KNOWN.index(one.strip())] = 0.85
    said, trust = spelt(sure, KNOWN)
    assert said == text
    assert trust == pytest.approx(0.85 if text else 0.0)
