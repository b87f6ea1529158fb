"""The story of a pass, told with a detector that sees red: conservation, cuts, privacy, evidence, resuming."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.shipped import read_taxonomy
from pipeline.detections import Detections
from pipeline.expect import OUTSIDE, expected_box
from pipeline.families import families
from pipeline.geo import LocalFrame, distance_m
from pipeline.ids import PassIds, named_uuid7
from pipeline.inspect import inspect
from pipeline.judge import Rules
from pipeline.keep import Shelf
from pipeline.observation import ClockQuality, SourceKind
from pipeline.plates import PlateDesk, Plating, SealedPlate
from pipeline.pose import Camera, FixQuality, Pose
from pipeline.reading import NumberDesk
from pipeline.reasons import Reason, Rejected
from pipeline.redact import DidNotRun, Redacted, Regions
from pipeline.register import Part, Register
from pipeline.sampling import Sampler, SightRules
from pipeline.shots import Lost, Shot
from pipeline.story import Finished, Looked, Resume
from pipeline.stretch import Cuts
from pipeline.tools import Plan, Tools
from pipeline.track import View
from pipeline.tracking import Tracker
from pipeline.verdict import Court

TAXONOMY = read_taxonomy()
CAMERA = Camera.from_hfov(320, 240, 70.0)
FRAME = LocalFrame(30.0, 120.0)
HIGH_M, SPEED_MPS, FPS = 1.8, 5.0, 10
FRAME_NS = 1_000_000_000 // FPS
LITTER, BIN = TAXONOMY.labels.index("litter"), TAXONOMY.labels.index("bin")
START_NS = 1_772_000_000_000_000_000


@dataclass(frozen=True)
class Street:
    """Red litter and blue bins on a street that runs north, seen from a car; (east, north) metres from the start.

    off_m: by how much the receiver is wrong, east and north.
    """

    things: tuple[tuple[float, float], ...]
    frames: int
    lost: frozenset[int] = frozenset()
    bins: tuple[tuple[float, float], ...] = ()
    off_m: tuple[float, float] = (0.0, 0.0)

    def north_m(self, index: int) -> float:
        return index * SPEED_MPS / FPS

    def picture(self, index: int) -> NDArray[np.uint8]:
        image = np.full((240, 320, 3), 128, np.uint8)
        coloured = [(*place, (0, 0, 255)) for place in self.things] + [(*place, (255, 0, 0)) for place in self.bins]
        for east, north, colour in sorted(coloured, key=lambda place: -place[1]):
            away = north - self.north_m(index)
            if 1.5 < away < 40.0:
                middle = CAMERA.cx_px + CAMERA.fx_px * east / away
                foot = CAMERA.cy_px + CAMERA.fy_px * HIGH_M / away
                half = CAMERA.fx_px * 0.35 / away
                corners = (round(middle - half), round(foot - 2 * half)), (round(middle + half), round(foot))
                cv2.rectangle(image, *corners, colour, cv2.FILLED)
        return image

    def shots(self, first: int = 0) -> Iterator[Shot | Lost]:
        for index in range(first, self.frames):
            if index in self.lost:
                yield Lost(index, index * FRAME_NS, Reason.DECODE_ERROR)
            else:
                yield Shot("street", index, index * FRAME_NS, partial(self.picture, index))

    def pose(self, index: int, media_ns: int) -> Pose | Rejected:
        lat, lon = FRAME.to_latlon(self.off_m[0], self.north_m(index) + self.off_m[1])
        return Pose(
            utc_ns=START_NS + media_ns, lat=lat, lon=lon, height_m=HIGH_M, heading_deg=0.0, pitch_deg=0.0, roll_deg=0.0,
            course_deg=0.0, speed_mps=SPEED_MPS, odometer_m=self.north_m(index), sigma_m=2.0, heading_sigma_deg=0.5,
            pitch_sigma_deg=0.5, quality=FixQuality.GNSS,
        )  # fmt: skip


def sees_colours(image: NDArray[np.uint8], score: float = 0.9) -> Detections:
    """Every red patch as litter, every blue one as a bin."""
    boxes, labels = [], []
    for channel, label in ((2, LITTER), (0, BIN)):
        patch = ((image[:, :, channel] > 200) & (image[:, :, 2 - channel] < 60)).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(patch)
        found = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= 12]
        boxes.append(np.concatenate([found[:, :2], found[:, :2] + found[:, 2:4]], axis=1))
        labels += [label] * len(found)
    xyxy = np.concatenate(boxes).astype(np.float32)
    return Detections.of(xyxy, np.full(len(xyxy), score, np.float32), np.array(labels, np.int16))


@dataclass
class Privacy:
    """Covers the upper left corner, and counts how often it was asked."""

    broken: bool = False
    asked: list[int] = field(default_factory=list)

    def __call__(self, image: NDArray[np.uint8], seen: Detections) -> Regions | DidNotRun:
        self.asked.append(len(seen))
        if self.broken:
            return DidNotRun("the model is gone")
        return Regions(np.array([[0, 0, 20, 20]], np.float32), "corner 1", image.shape[1], image.shape[0])


def tools_of(
    street: Street,
    privacy: Privacy,
    *,
    distance_m: float = 0.0,
    positions: bool = True,
    dark: float = 0.0,
    register: Register | None = None,
    numbers: NumberDesk | None = None,
    plates: PlateDesk | None = None,
    watched: Callable[[], bool] | None = None,
    digest: str = "f" * 64,
    score: float = 0.9,
) -> Tools:
    start = np.full(len(TAXONOMY.labels), 0.3, np.float32)
    ground: Callable[[View, Pose], tuple[float, float, float, float] | None] = partial(expected_box, CAMERA)
    utc_ns: Callable[[int], int] = lambda media_ns: START_NS + media_ns  # noqa: E731
    court = Court(
        Rules(taxonomy=TAXONOMY, bins=register or Register()),
        CAMERA,
        ClockQuality.GNSS,
        SourceKind.VEHICLE,
        digest,
        utc_ns,
    )
    return Tools(
        detect=lambda image: partial(sees_colours, image, score),
        privacy=privacy,
        tracker=Tracker(start, families(TAXONOMY.labels), 320, 240, ground=ground),
        sampler=Sampler(distance_m, rules=SightRules(least_bright=dark, least_textured=0.0, most_blur=1.1)),
        judge=court,
        ids=PassIds("0123"),
        utc_ns=utc_ns,
        poses=street if positions else None,
        numbers=numbers,
        plates=plates,
        watched=watched,
    )


def told(
    street: Street,
    *,
    privacy: Privacy | None = None,
    distance_m: float = 0.0,
    cuts: Cuts | None = None,
    every_picture: bool = False,
    shots: Iterable[Shot | Lost] | None = None,
    resume: Resume | None = None,
    positions: bool = True,
    dark: float = 0.0,
    register: Register | None = None,
    numbers: NumberDesk | None = None,
    plates: PlateDesk | None = None,
    watched: Callable[[], bool] | None = None,
    relay: Callable[[], Tools | None] | None = None,
    shelf: Shelf | None = None,
    ahead: int = 1,
    score: float = 0.9,
) -> list[Looked | Finished]:
    """The whole story of a street."""
    tools = tools_of(
        street, privacy or Privacy(), distance_m=distance_m, positions=positions, dark=dark, register=register,
        numbers=numbers, plates=plates, watched=watched, score=score,
    )  # fmt: skip
    plan = Plan(
        device="car", source_kind=SourceKind.VEHICLE, clock=ClockQuality.GNSS, hfov_deg=70.0, view_range_m=60.0,
        pictured=frozenset({LITTER}), every_picture=every_picture, cuts=cuts or Cuts(),
        shelf=shelf or Shelf(), ahead=ahead,
    )  # fmt: skip
    return list(inspect(street.shots() if shots is None else shots, tools, plan, resume, relay))


def finished(story: list[Looked | Finished]) -> list[Finished]:
    return [one for one in story if isinstance(one, Finished)]


HEAPS = ((2.0, 20.0), (-3.0, 35.0), (4.0, 36.0), (1.5, 60.0))


def test_each_thing_becomes_one_observation_where_it_lies() -> None:
    (one,) = finished(told(Street(HEAPS, 130)))
    found = one.traverse.observations
    assert len(found) == len(HEAPS)
    for east, north in HEAPS:
        # A heap lies a little behind the near edge that the camera sees.
        lat, lon = FRAME.to_latlon(east, north + 0.35)
        nearest = min(distance_m(lat, lon, seen.lat or 0.0, seen.lon or 0.0) for seen in found)
        assert nearest < 0.8
    assert {seen.category for seen in found} == {"litter"}


def test_every_observation_has_a_close_and_a_wide_picture_and_every_picture_has_an_observation() -> None:
    (one,) = finished(told(Street(HEAPS, 130)))
    named = [item.sha256 for seen in one.traverse.observations for item in seen.evidence]
    assert [[item.role.value for item in seen.evidence] for seen in one.traverse.observations] == [
        ["close", "wide"]
    ] * 4
    assert sorted(named) == sorted(picture.evidence.sha256 for picture in one.pictures)
    assert {picture.evidence.redaction for picture in one.pictures} == {"corner 1"}
    assert all(picture.evidence.box is not None for picture in one.pictures)


def test_the_privacy_step_runs_once_for_each_thing_that_is_told_of_at_most() -> None:
    privacy = Privacy()
    (one,) = finished(told(Street(HEAPS, 130), privacy=privacy))
    assert 1 <= len(privacy.asked) <= len(one.traverse.observations) == 4
    assert one.early == 0


def test_every_picture_is_redacted_once_when_all_are_wanted() -> None:
    privacy = Privacy()
    story = told(Street(HEAPS, 40), privacy=privacy, every_picture=True)
    looks = [one for one in story if isinstance(one, Looked)]
    assert len(privacy.asked) == len(looks) == 40
    assert all(isinstance(one.picture, Redacted) and one.picture.step == "corner 1" for one in looks)


def test_a_frame_that_somebody_watches_is_told_with_its_redacted_picture() -> None:
    asked = iter(range(40))
    story = told(Street(HEAPS, 40), watched=lambda: next(asked) % 4 == 0)
    shown = [one.index for one in story if isinstance(one, Looked) and isinstance(one.picture, Redacted)]
    assert shown == list(range(0, 40, 4))
    broken = told(Street(HEAPS, 40), privacy=Privacy(broken=True), watched=lambda: True)
    assert all(isinstance(one.picture, DidNotRun) for one in broken if isinstance(one, Looked))


@pytest.mark.parametrize("at", [0, 1, 57, 129])
def test_other_tools_take_over_at_a_frame_and_each_traverse_is_of_one_model(at: int) -> None:
    street, before = Street(HEAPS, 130), iter(range(130))
    after = tools_of(street, Privacy(), digest="a" * 64)
    story = told(street, relay=lambda: after if next(before) == at else None)
    assert [one.index for one in story if isinstance(one, Looked)] == list(range(130))
    done = finished(story)
    digests = ["f" * 64, "a" * 64][-len(done) :]
    for one, digest in zip(done, digests, strict=True):
        assert {seen.model_digest for seen in one.traverse.observations} <= {digest}
    assert sum(one.traverse.frames.seen for one in done) == sum(one.traverse.frames.analysed for one in done) == 130
    looked = [one.media_ns for one in story if isinstance(one, Looked)]
    assert at == 0 or looked[at - 1] < done[0].done_ns <= looked[at]
    assert sum(len(one.traverse.observations) for one in done) >= len(HEAPS)


def test_a_privacy_step_that_fails_keeps_every_picture_back_and_says_so() -> None:
    story = told(Street(HEAPS, 130), privacy=Privacy(broken=True), every_picture=True)
    (one,) = finished(story)
    assert one.pictures == ()
    assert one.withheld > 0
    assert all(seen.evidence == () for seen in one.traverse.observations)
    assert len(one.traverse.observations) == 4
    assert not any(isinstance(look.picture, Redacted) for look in story if isinstance(look, Looked))


@given(
    frames=st.integers(0, 60),
    lost=st.frozensets(st.integers(0, 59)),
    distance_m=st.sampled_from([0.0, 1.0, 3.0]),
    longest_s=st.sampled_from([0.5, 2.0, 60.0]),
)
@settings(max_examples=25)
def test_frames_in_are_analysed_plus_skipped_plus_quarantined(
    frames: int, lost: frozenset[int], distance_m: float, longest_s: float
) -> None:
    story = told(Street(((2.0, 10.0),), frames, lost), distance_m=distance_m, cuts=Cuts(longest_s=longest_s))
    counts = [one.traverse.frames for one in finished(story)]
    assert sum(count.seen for count in counts) == frames
    assert sum(isinstance(one, Looked) for one in story) == frames
    assert sum(n for count in counts for _, n in count.quarantined) == len([index for index in lost if index < frames])
    assert [one.number for one in finished(story)] == list(range(len(counts)))


def test_a_traverse_ends_after_its_time_or_its_distance() -> None:
    by_time = finished(told(Street((), 100), cuts=Cuts(longest_s=4.0)))
    by_way = finished(told(Street((), 100), cuts=Cuts(farthest_m=20.0)))
    assert [one.traverse.frames.seen for one in by_time] == [40, 40, 20]
    by_poses = finished(told(Street((), 100), cuts=Cuts(most_poses=40)))
    assert [one.traverse.frames.seen for one in by_way] == [40, 40, 20]
    assert [one.traverse.frames.seen for one in by_poses] == [40, 40, 20]
    assert [one.done_ns for one in by_time[:2]] == [40 * FRAME_NS, 80 * FRAME_NS]


def test_frames_in_which_nothing_was_found_are_poses_too() -> None:
    (one,) = finished(told(Street((), 50), distance_m=3.0))
    assert len(one.traverse.poses) == one.traverse.frames.analysed == 9
    assert all(pose.usable for pose in one.traverse.poses)


def looked_at(story: list[Looked | Finished]) -> list[float]:
    """Where the frames that were analysed were taken, in metres along the street."""
    return [one.index * SPEED_MPS / FPS for one in story if isinstance(one, Looked) and one.reason is None]


def test_what_was_seen_is_looked_at_closer_until_it_is_believed() -> None:
    """And what was found by the look before counts, though that is still under way when the next frame comes."""
    plain = looked_at(told(Street((), 60), distance_m=3.0))
    closer = looked_at(told(Street(((2.0, 30.0),), 60), distance_m=3.0))
    gaps = np.diff(closer)
    assert set(np.diff(plain)) == {3.0}
    assert (gaps == 1.5).sum() == 2
    assert (gaps == 3.0).sum() == len(gaps) - 2


def test_what_cannot_be_a_problem_is_not_looked_at_closer() -> None:
    """A bin in order may be in sight on every street."""
    assert set(np.diff(looked_at(told(Street((), 60, bins=((2.0, 30.0),)), distance_m=3.0)))) == {3.0}


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


def test_a_frame_that_shows_nothing_is_a_pose_that_was_no_use() -> None:
    (one,) = finished(told(Street((), 20), dark=200.0))
    assert one.traverse.frames.skipped == ((Reason.DARK, 20),)
    assert len(one.traverse.poses) == 20
    assert not any(pose.usable for pose in one.traverse.poses)


@pytest.mark.parametrize(("frames", "ahead"), [(1, 1), (2, 1), (16, 1), (2, 3)])
def test_no_more_pictures_are_held_than_the_shelf_takes_and_those_at_hand(frames: int, ahead: int) -> None:
    street, alive, most = Street(HEAPS, 130), weakref.WeakValueDictionary[int, NDArray[np.uint8]](), 0

    def read(index: int) -> NDArray[np.uint8]:
        image = street.picture(index)
        alive[index] = image
        return image

    def shots() -> Iterator[Shot]:
        nonlocal most
        for index in range(street.frames):
            yield Shot("street", index, index * FRAME_NS, partial(read, index))
            most = max(most, len(alive))

    (one,) = finished(told(street, shots=shots(), shelf=Shelf(frames), ahead=ahead))
    assert 1 <= most <= frames + ahead + 1
    assert len(one.pictures) == 2 * len(HEAPS)


def test_a_thing_at_the_cut_is_told_once() -> None:
    for longest_s in (1.0, 2.0, 3.3):
        story = finished(told(Street(HEAPS, 130), cuts=Cuts(longest_s=longest_s)))
        assert sum(len(one.traverse.observations) for one in story) == len(HEAPS)


def test_the_same_footage_gives_the_same_ids() -> None:
    one, two = (finished(told(Street(HEAPS, 130), cuts=Cuts(longest_s=3.0))) for _ in range(2))
    assert [a.traverse for a in one] == [b.traverse for b in two]


@pytest.mark.parametrize("ahead", [2, 5, 500])
def test_the_same_is_told_however_many_frames_are_looked_into_at_a_time(ahead: int) -> None:
    street, cuts = Street(HEAPS, 130, lost=frozenset({0, 17, 18, 129})), Cuts(longest_s=3.0)
    one, two = (told(street, cuts=cuts, distance_m=1.0, ahead=frames) for frames in (1, ahead))
    assert [finish.traverse for finish in finished(one)] == [finish.traverse for finish in finished(two)]
    looks = [[(look.index, look.reason) for look in story if isinstance(look, Looked)] for story in (one, two)]
    assert looks[0] == looks[1] == sorted(looks[0])


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_pass_taken_up_again_tells_the_rest_once(after: int) -> None:
    """Warming up from an earlier frame, it neither repeats what was told nor loses what was in sight."""
    street, cuts = Street(HEAPS, 130), Cuts(longest_s=3.0)
    whole = finished(told(street, cuts=cuts))
    done = whole[after - 1]
    first = max(0, round(done.done_ns / FRAME_NS) - 25)
    rest = finished(told(street, cuts=cuts, shots=street.shots(first), resume=Resume(after, done.done_ns)))
    told_before = [seen.id for one in whole[:after] for seen in one.traverse.observations]
    told_after = [seen.id for one in rest for seen in one.traverse.observations]
    assert [one.number for one in rest] == [one.number for one in whole[after:]]
    assert [one.traverse.frames.seen for one in rest] == [one.traverse.frames.seen for one in whole[after:]]
    assert len(told_before) + len(told_after) == len(HEAPS)
    assert not set(told_before) & set(told_after)


def test_a_pass_whose_last_traverse_was_told_has_nothing_more_to_tell() -> None:
    street = Street(HEAPS, 60)
    (one,) = finished(told(street))
    assert finished(told(street, resume=Resume(1, one.done_ns))) == []


def test_without_positions_observations_have_no_place_but_are_told() -> None:
    (one,) = finished(told(Street(((2.0, 12.0),), 40), positions=False))
    assert [seen.lat for seen in one.traverse.observations] == [None]
    assert dict(one.traverse.observations[0].attributes)["unlocated"] == "unlocated"
    assert one.traverse.poses == ()


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


def test_what_is_expected_of_a_thing_on_the_ground_is_where_it_is_seen_next() -> None:
    street = Street(((1.0, 14.0),), 30)
    first, second = sees_colours(street.picture(0)), sees_colours(street.picture(8))
    pose = street.pose(0, 0)
    assert isinstance(pose, Pose)
    x1, y1, x2, y2 = (float(side) for side in first.xyxy[0])
    later = street.pose(8, 0)
    assert isinstance(later, Pose)
    box = expected_box(CAMERA, View(0, 0, (x1, y1, x2, y2), 0.9, pose), later)
    assert box == pytest.approx(tuple(second.xyxy[0]), abs=3.0)
    behind = replace(later, lat=FRAME.to_latlon(0.0, 20.0)[0])
    assert expected_box(CAMERA, View(0, 0, (x1, y1, x2, y2), 0.9, pose), behind) == OUTSIDE


def test_nothing_is_expected_of_what_stands_against_the_horizon() -> None:
    pose = Street((), 1).pose(0, 0)
    assert isinstance(pose, Pose)
    assert expected_box(CAMERA, View(0, 0, (100.0, 80.0, 120.0, 121.0), 0.9, pose), pose) is None


def test_ids_are_version_7_in_order_of_time_and_differ_by_name() -> None:
    one, two, later = named_uuid7(5_000_000, "a", 1), named_uuid7(5_000_000, "a", 2), named_uuid7(7_000_000, "a", 1)
    assert {one.version, two.version, later.version} == {7}
    assert one != two
    assert max(one, two) < later
    assert one.int >> 80 == 5
    assert math.isclose(named_uuid7(START_NS).int >> 80, START_NS // 1_000_000)


class PlatedPrivacy(Privacy):
    """Finds a plate in the middle of everything that is seen."""

    def __call__(self, image: NDArray[np.uint8], seen: Detections) -> Regions | DidNotRun:
        found = super().__call__(image, seen)
        if isinstance(found, DidNotRun):
            return found
        x1, y1, x2, y2 = seen.xyxy.T
        plates = np.stack([x1 + (x2 - x1) / 4, y1 + (y2 - y1) / 4, x2 - (x2 - x1) / 4, y2 - (y2 - y1) / 4], axis=1)
        return replace(found, xyxy=np.concatenate([found.xyxy, plates]), plates=plates)


def test_a_plate_leaves_only_as_a_seal_beside_the_redacted_views() -> None:
    seals: list[tuple[int, ...]] = []

    def seal(plate: NDArray[np.uint8]) -> SealedPlate:
        seals.append(plate.shape)
        return SealedPlate(f"seal {len(seals)}".encode(), "key", "hash")

    desk = PlateDesk(seal, frozenset({LITTER}))
    (one,) = finished(told(Street(((2.0, 20.0),), 60), privacy=PlatedPrivacy(), plates=desk))
    (seen,) = one.traverse.observations
    assert [item.role.value for item in seen.evidence] == ["close", "wide", "sealed"]
    assert dict(seen.attributes)["plate_hash"] == "hash"
    assert one.platings == ((Plating.SEALED, 1),)
    assert [picture.content for picture in one.pictures if picture.evidence.role.value == "sealed"] == [
        f"seal {len(seals)}".encode()
    ]


def test_where_the_privacy_step_did_not_run_nothing_is_sealed_either() -> None:
    desk = PlateDesk(lambda _: SealedPlate(b"seal", "key"), frozenset({LITTER}))
    (one,) = finished(told(Street(((2.0, 20.0),), 60), privacy=PlatedPrivacy(broken=True), plates=desk))
    assert one.pictures == ()
    assert one.platings == ((Plating.NO_PLATE, 1),)
