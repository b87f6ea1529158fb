"""A pass where positions are lost, jump, or are put right by what the city knows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from pipeline.geo import distance_m
from pipeline.pose import Pose
from pipeline.reasons import Reason, Rejected
from pipeline.register import Part, Register
from tests.pipeline.coloured import FRAME, Street, finished, told


@dataclass(frozen=True)
class Tunnel(Street):
    """A street on which the receiver is lost in some frames."""

    dark: tuple[int, int] = (10, 20)

    def pose(self, index: int, media_ns: int) -> Pose | Rejected:
        return Rejected(Reason.NO_FIX) if self.dark[0] <= index < self.dark[1] else super().pose(index, media_ns)


def test_frames_without_a_position_are_analysed_all_the_same() -> None:
    (one,) = finished(told(Tunnel((), 30)))
    assert one.traverse.frames.analysed == 30
    assert len(one.traverse.poses) == 20


def test_what_was_seen_only_without_a_position_is_told_of_as_unlocated() -> None:
    (one,) = finished(told(Tunnel(((2.0, 46.0),), 110, dark=(8, 120))))
    (seen,) = one.traverse.observations
    assert (seen.lat, seen.covariance, seen.camera_lat) == (None, None, None)
    assert dict(seen.attributes)["unlocated"] == Reason.UNLOCATED


def test_what_was_seen_with_and_without_a_position_is_placed_by_the_frames_that_have_one() -> None:
    (one,) = finished(told(Tunnel(((2.0, 30.0),), 70, dark=(45, 70))))
    (seen,) = one.traverse.observations
    assert seen.lat is not None
    assert seen.camera_lat is not None
    assert distance_m(*FRAME.to_latlon(2.0, 30.0), seen.lat, seen.lon or 0.0) < 3.0


def test_without_positions_observations_have_no_place_but_are_told() -> None:
    (one,) = finished(told(Street(((2.0, 12.0),), 40), positions=False))
    assert [seen.lat for seen in one.traverse.observations] == [None]
    assert dict(one.traverse.observations[0].attributes)["unlocated"] == "unlocated"
    assert one.traverse.poses == ()


@dataclass(frozen=True)
class TwoPlaces(Street):
    """The same view at two places 40 m apart, each for 5 frames at walking pace."""

    def north_m(self, index: int) -> float:
        return (index % 5) * 0.3

    def pose(self, index: int, media_ns: int) -> Pose | Rejected:
        pose = super().pose(index, media_ns)
        assert isinstance(pose, Pose)
        far_m = self.north_m(index) + 40.0 * (index // 5)
        return replace(pose, lat=FRAME.to_latlon(0.0, far_m)[0], odometer_m=far_m)


def test_nothing_is_followed_across_a_jump() -> None:
    (one,) = finished(told(TwoPlaces(((1.0, 8.0),), 10)))
    assert len(one.traverse.observations) == 2
    north = sorted(FRAME.to_en(seen.lat or 0.0, seen.lon or 0.0)[1] for seen in one.traverse.observations)
    assert north == pytest.approx([8.35, 48.35], abs=1.0)


def test_registered_bins_put_right_what_the_receiver_has_wrong() -> None:
    """Observations and poses alike move to where they are; a bin in order is no observation itself."""
    bins = ((3.0, 15.0), (-3.5, 27.0), (3.0, 44.0))
    street = Street(((2.0, 22.0), (-2.0, 38.0)), 100, bins=bins, off_m=(2.0, -1.5))
    parts = tuple(Part(f"bin-{i}", *FRAME.to_latlon(east, north + 0.3)) for i, (east, north) in enumerate(bins))
    (told_so,) = finished(told(street, register=Register(parts)))
    (untold,) = finished(told(street))
    shift = told_so.shift
    assert shift is not None
    assert (shift.ties, shift.east_m, shift.north_m) == (3, pytest.approx(-2.0, abs=0.5), pytest.approx(1.5, abs=0.5))
    assert untold.shift is None
    errors = [[_error_m(street, seen.lat, seen.lon) for seen in one.traverse.observations] for one in (told_so, untold)]
    assert max(errors[0]) < 0.8 < 2.0 < min(errors[1])
    true_lat, true_lon = FRAME.to_latlon(0.0, 0.0)
    first = told_so.traverse.poses[0]
    assert distance_m(first.lat, first.lon, true_lat, true_lon) < 0.6
    assert first.sigma_m < untold.traverse.poses[0].sigma_m


def _error_m(street: Street, lat: float | None, lon: float | None) -> float:
    places = [FRAME.to_latlon(east, north + 0.35) for east, north in street.things]
    return min(distance_m(*place, lat or 0.0, lon or 0.0) for place in places)
