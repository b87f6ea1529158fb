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
from pipeline.traverse import Traverse, TraversePose
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


POSE = TraversePose(1, 31.2, 121.4, 90.0, 5.0, 3.0, True)
poses = st.builds(
    TraversePose,
    utc_ns=st.integers(0, 2**62),
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    heading_deg=st.floats(0, 360, exclude_max=True),
    odometer_m=st.floats(0, 1e9),
    sigma_m=st.floats(0, 1e6, exclude_min=True),
    usable=st.booleans(),
)
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


@given(st.lists(poses, max_size=4))
def test_poses_arrive_as_they_were_sent(some: list[TraversePose]) -> None:
    sent = replace(traverse(()), poses=tuple(some))
    assert from_wire(TraverseWire.model_validate_json(to_wire(sent).model_dump_json())) == sent


@pytest.mark.parametrize(
    "wrong",
    [
        {"utc_ns": -1},
        {"utc_ns": 1.5},
        {"lat": 90.1},
        {"lon": -180.1},
        {"heading_deg": 361.0},
        {"odometer_m": float("nan")},
        {"odometer_m": float("inf")},
        {"sigma_m": 0.0},
        {"usable": 2},
        {"speed": 1.0},
    ],
)
def test_a_pose_that_is_none_is_refused_and_never_sent(wrong: dict[str, Any]) -> None:
    sent = replace(traverse(()), poses=(POSE,))
    body = to_wire(sent).model_dump(mode="json")
    body["poses"][0] |= wrong
    with pytest.raises(ValidationError):
        TraverseWire.model_validate(body)
    if "speed" not in wrong and "heading_deg" not in wrong:
        with pytest.raises(ValidationError):
            to_wire(replace(sent, poses=(replace(POSE, **wrong),)))


@pytest.mark.parametrize("range_m", [0.0, 5e-324, 1000.1])
def test_a_view_that_reaches_nowhere_is_refused(range_m: float) -> None:
    """What lies beyond it is weighed by how many of its lengths away that is."""
    with pytest.raises(ValidationError):
        to_wire(replace(traverse(()), view_range_m=range_m))


def test_a_heading_past_a_full_turn_is_sent_within_it() -> None:
    sent = replace(traverse(()), poses=(replace(POSE, heading_deg=450.0),))
    assert to_wire(sent).poses[0].heading_deg == 90.0


def test_an_unknown_field_of_a_pose_is_refused_by_the_description_too() -> None:
    assert TraverseWire.model_json_schema()["properties"]["poses"]["items"]["additionalProperties"] is False


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
