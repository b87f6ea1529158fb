"""The wire's round trip of evidence, its bounds, and bodies of vehicles from before boxes were sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.observation import ClockQuality, Evidence, EvidenceRole, Observation, Shares, SourceKind
from pipeline.traverse import Traverse
from pipeline.wire import EvidenceWire, TraverseWire, from_wire, to_wire

ENTRY: dict[str, Any] = {
    "sha256": "a" * 64,
    "role": "close",
    "media_type": "image/jpeg",
    "size_bytes": 4821,
    "redaction": "fill-1",
}
SEEN = Observation(
    id=UUID(int=7),
    category="litter",
    utc_ns=1,
    clock=ClockQuality.GNSS,
    lat=None,
    lon=None,
    covariance=None,
    camera_lat=None,
    camera_lon=None,
    camera_heading_deg=None,
    range_m=None,
    bearing_deg=None,
    score=0.5,
    source_kind=SourceKind.VEHICLE,
    model_digest="m",
)


@st.composite
def spans(draw: st.DrawFn) -> tuple[float, float]:
    low, high = sorted((draw(st.floats(0, 1)), draw(st.floats(0, 1))))
    return (low, high) if low < high else (0.0, 1.0)


@st.composite
def boxes(draw: st.DrawFn) -> Shares:
    (x1, x2), (y1, y2) = draw(spans()), draw(spans())
    return x1, y1, x2, y2


entries = st.builds(
    Evidence,
    sha256=st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}"),
    role=st.sampled_from(EvidenceRole),
    media_type=st.sampled_from(["image/jpeg", "image/png", "video/mp4"]),
    size_bytes=st.integers(1, 20_000_000),
    redaction=st.text(min_size=1, max_size=120),
    box=st.none() | boxes(),
)


def traverse(evidence: tuple[Evidence, ...]) -> Traverse:
    seen = replace(SEEN, evidence=evidence)
    return Traverse(UUID(int=1), "car", SourceKind.VEHICLE, ClockQuality.GNSS, (), (seen,), 78.0, 40.0)


@given(st.lists(entries, max_size=4))
def test_what_was_sent_of_pictures_is_what_arrives(evidence: list[Evidence]) -> None:
    sent = traverse(tuple(evidence))
    assert from_wire(TraverseWire.model_validate_json(to_wire(sent).model_dump_json())) == sent


def test_an_older_vehicles_entry_is_read_and_its_json_stays_as_it_was() -> None:
    assert EvidenceWire.model_validate(ENTRY).box is None
    assert EvidenceWire.model_validate(ENTRY).model_dump(mode="json") == ENTRY


@pytest.mark.parametrize(
    "box",
    [
        [0.1, 0.1, 0.1, 0.9],
        [0.9, 0.1, 0.1, 0.9],
        [0.1, 0.9, 0.9, 0.9],
        [-0.01, 0.1, 0.5, 0.9],
        [0.1, 0.1, 1.01, 0.9],
        [0.1, 0.1, 0.9],
        [0.1, 0.1, 0.9, 0.9, 1.0],
        [0.1, 0.1, float("nan"), 0.9],
        [1, 2, 300, 400],
    ],
)
def test_a_box_that_is_none_is_refused(box: list[float]) -> None:
    with pytest.raises(ValidationError):
        EvidenceWire.model_validate({**ENTRY, "box": box})
