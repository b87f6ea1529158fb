"""A belief and its text say the same, whether the text is remembered or taken apart."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.observation import Covariance
from server.association.state import Glance, Look, OpenCase, Standing, from_state, to_state
from server.cases.beliefs import belief_of, forget, rounded, text_of

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.integers(0, 2**62)
METRES = st.floats(1e-3, 1e6)
SPREADS = st.builds(lambda ee, nn: Covariance(ee, 0.3 * min(ee, nn), nn), METRES, METRES)


@st.composite
def beliefs(draw: st.DrawFn) -> OpenCase:
    look = st.builds(
        Look, NUMBERS, st.integers(1, 9), st.lists(st.floats(-1, 1), max_size=4).map(lambda row: np.array(row, float))
    )
    texts = st.lists(st.text(max_size=5), max_size=3).map(tuple)
    return OpenCase(
        case_id=draw(st.text(max_size=36)),
        category="litter",
        standing=draw(st.sampled_from(Standing)),
        lat=draw(NUMBERS),
        lon=draw(NUMBERS),
        own=draw(SPREADS),
        shared=draw(SPREADS),
        looks=draw(st.lists(look, max_size=2).map(tuple)),
        solid=draw(NUMBERS),
        faint=draw(NUMBERS),
        worth=draw(NUMBERS),
        first_seen_ns=draw(TIMES),
        last_seen_ns=draw(TIMES),
        as_of_ns=draw(TIMES),
        traverses=draw(st.integers(0, 9)),
        observations=draw(st.integers(0, 9)),
        waiting=draw(NUMBERS),
        missed_ns=draw(TIMES),
        gaps=draw(NUMBERS),
        apart=draw(texts),
        names=draw(texts),
        glances=draw(st.lists(st.builds(Glance, st.text(max_size=3), TIMES, TIMES), max_size=2).map(tuple)),
        plates=draw(st.lists(st.tuples(st.text(max_size=3), st.integers(1, 9)), max_size=2).map(tuple)),
        part=draw(st.text(max_size=3)),
    )


@given(beliefs())
def test_what_is_remembered_under_a_text_is_what_the_text_says(belief: OpenCase) -> None:
    text = text_of(rounded(belief))
    remembered = belief_of(text)
    forget()
    assert remembered is not belief_of(text)
    assert to_state(remembered) == to_state(belief_of(text)) == to_state(from_state(json.loads(text)))


@given(beliefs())
def test_a_text_keeps_every_number_to_the_last_bit_but_those_of_appearance(belief: OpenCase) -> None:
    assert json.loads(text_of(rounded(belief))) == json.loads(json.dumps(to_state(belief)))
