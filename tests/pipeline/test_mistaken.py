"""A person whom the detector begins to call litter stays a person; a heap beside which somebody stood stays a heap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detections import Detections
from pipeline.families import families
from pipeline.mistaken import mistaken
from pipeline.track import Track
from pipeline.tracking import Tracker
from tests.pipeline.street import HEIGHT, LABELS, WIDTH
from tests.pipeline.test_tracking import START, found

PERSON, LITTER = LABELS.index("person"), LABELS.index("litter")
Row = tuple[str, float, float, float, float, float]
STEP_NS = 250_000_000


def followed(frames: Sequence[Sequence[Row]]) -> list[Track]:
    """The tracks of litter among frames of found boxes."""
    tracker = Tracker(START, families(LABELS), WIDTH, HEIGHT, mistaken=mistaken(LABELS))
    for number, rows in enumerate(frames):
        best_first = sorted(rows, key=lambda row: -row[1])
        tracker.step(number, number * STEP_NS, found(*best_first) if rows else Detections.none())
    return [track for track in tracker.finish() if track.label == LITTER]


def standing(label: str, score: float, x: float = 300.0, y: float = 200.0) -> Row:
    return (label, score, x, y, x + 40, y + 60)


@given(
    across_px=st.floats(-12, 12),
    down_px=st.floats(0, 20),
    seen=st.integers(3, 8),
    called=st.integers(3, 8),
    lost=st.integers(0, 1),
)
def test_what_was_followed_as_a_person_stays_one_under_any_name(
    across_px: float, down_px: float, seen: int, called: int, lost: int
) -> None:
    names = ["person"] * seen + [""] * lost + ["litter"] * called
    frames = [
        [standing(name, 0.6, 300 + across_px * at, 100 + down_px * at)] if name else [] for at, name in enumerate(names)
    ]
    (track,) = followed(frames)
    assert track.was == PERSON


@given(away_px=st.floats(60, 400), seen=st.integers(3, 8))
def test_a_heap_that_is_found_when_a_person_elsewhere_is_lost_is_a_heap(away_px: float, seen: int) -> None:
    frames = [[standing("person", 0.6)]] * seen + [[standing("litter", 0.6, 300 + away_px)]] * 4
    (track,) = followed(frames)
    assert track.was is None


@pytest.mark.parametrize("steps", [1, 3])
def test_a_heap_is_one_as_soon_as_the_person_who_hid_it_is_seen_apart_from_it(steps: int) -> None:
    hidden = [[standing("person", 0.7)]] * 4
    uncovered = [[standing("litter", 0.6)]] * steps
    apart = [[standing("litter", 0.6), standing("person", 0.7, 330 + 15 * at)] for at in range(4)]
    (track,) = followed(hidden + uncovered + apart)
    assert track.was is None


@pytest.mark.parametrize(("person", "tracks"), [(0.7, 0), (0.5, 1)])
def test_of_two_names_in_one_place_the_surer_is_followed(person: float, tracks: int) -> None:
    frame = [standing("person", person), standing("litter", 0.6, 301.0)]
    assert len(followed([frame] * 5)) == tracks


def test_nothing_is_mistaken_for_what_the_detector_does_not_know() -> None:
    assert mistaken(["litter", "bin"]) == {}
    assert mistaken(LABELS) == {LITTER: PERSON}


def test_a_person_beside_or_before_a_heap_is_no_reason_to_doubt_it() -> None:
    heap = ("litter", 0.6, 280.0, 250.0, 360.0, 290.0)
    walker = [("person", 0.7, 200.0 + 20 * at, 160.0, 245.0 + 20 * at, 285.0) for at in range(9)]
    (track,) = followed([[heap, one] for one in walker])
    assert track.was is None
    assert np.isclose([view.score for view in track.views], 0.6).all()
