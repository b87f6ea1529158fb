"""How a finished traverse is packed: whose clock is short goes first, and its close views with it."""

from __future__ import annotations

from uuid import UUID

import pytest

from edge.outbox.parcels import URGENT_WORKING_H, Rank, pack
from models.shipped import read_taxonomy
from pipeline.events import Finished
from pipeline.evidence import Picture
from pipeline.observation import ClockQuality, Evidence, EvidenceRole, Observation, SourceKind
from pipeline.traverse import Traverse
from pipeline.wire import TraverseWire

TAXONOMY = read_taxonomy()


def picture(name: str, role: EvidenceRole) -> Picture:
    media_type = "video/mp4" if role is EvidenceRole.CLIP else "image/jpeg"
    return Picture(Evidence(name * 64, role, media_type, 1, "r"), b"x")


def observation(number: int, category: str, *pictures: Picture) -> Observation:
    nowhere = dict.fromkeys(
        ("lat", "lon", "covariance", "camera_lat", "camera_lon", "camera_heading_deg", "range_m", "bearing_deg")
    )
    return Observation(
        id=UUID(int=number), category=category, utc_ns=1, clock=ClockQuality.GNSS, score=0.9,
        source_kind=SourceKind.VEHICLE, model_digest="d", evidence=tuple(one.evidence for one in pictures), **nowhere,
    )  # fmt: skip


def finished(observations: tuple[Observation, ...], pictures: tuple[Picture, ...]) -> Finished:
    traverse = Traverse(UUID(int=9), "car", SourceKind.VEHICLE, ClockQuality.GNSS, (), observations, 70.0, 30.0)
    return Finished(0, traverse, pictures, (), 0, 1)


@pytest.mark.parametrize("category", TAXONOMY.categories)
def test_a_category_is_urgent_when_its_clock_is_short(category: str) -> None:
    close, wide = picture("a", EvidenceRole.CLOSE), picture("b", EvidenceRole.WIDE)
    record, taken = pack(finished((observation(1, category, close, wide),), (close, wide)), TAXONOMY)
    urgent = TAXONOMY.categories[category].clock_working_h <= URGENT_WORKING_H
    assert record.rank is (Rank.URGENT_RECORD if urgent else Rank.RECORD)
    assert [one.rank for one in taken] == [Rank.URGENT_CLOSE if urgent else Rank.CLOSE, Rank.WIDE]


def test_in_an_urgent_traverse_only_the_close_views_of_what_is_urgent_are() -> None:
    one, other = picture("a", EvidenceRole.CLOSE), picture("b", EvidenceRole.CLOSE)
    seen = (observation(1, "overflowing_bin", one), observation(2, "litter", other))
    record, taken = pack(finished(seen, (one, other)), TAXONOMY)
    assert record.rank is Rank.URGENT_RECORD
    assert [parcel.rank for parcel in taken] == [Rank.URGENT_CLOSE, Rank.CLOSE]
    assert TraverseWire.model_validate_json(record.body).id == UUID(record.id)


def test_a_traverse_that_saw_nothing_is_a_record_like_others_and_clips_come_last() -> None:
    clip = picture("c", EvidenceRole.CLIP)
    record, taken = pack(finished((), (clip,)), TAXONOMY)
    assert (record.rank, taken[0].rank) == (Rank.RECORD, Rank.CLIP)
