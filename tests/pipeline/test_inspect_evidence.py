"""What is kept of a pass in pictures: redacted each, once, and no more of them at a time than the shelf takes."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.album import Shelf
from pipeline.detections import Detections
from pipeline.events import Looked
from pipeline.plates import PlateDesk, Plating, SealedPlate
from pipeline.redact import DidNotRun, Redacted, Regions
from pipeline.shots import Shot
from tests.pipeline.coloured import FRAME_NS, HEAPS, LITTER, Privacy, Street, finished, told


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


def test_a_privacy_step_that_fails_keeps_every_picture_back_and_says_so() -> None:
    story = told(Street(HEAPS, 130), privacy=Privacy(broken=True), every_picture=True)
    (one,) = finished(story)
    assert one.pictures == ()
    assert one.withheld > 0
    assert all(seen.evidence == () for seen in one.traverse.observations)
    assert len(one.traverse.observations) == 4
    assert not any(isinstance(look.picture, Redacted) for look in story if isinstance(look, Looked))


@pytest.mark.parametrize(("frames", "ahead"), [(1, 1), (2, 1), (16, 1), (2, 3)])
def test_no_more_frames_are_held_than_the_shelf_takes_and_no_pictures_but_those_at_hand(
    frames: int, ahead: int
) -> None:
    street, most, most_pictures = Street(HEAPS, 130), 0, 0
    held = weakref.WeakValueDictionary[int, "partial[NDArray[np.uint8]]"]()
    pictures = weakref.WeakValueDictionary[int, NDArray[np.uint8]]()

    def read(index: int) -> NDArray[np.uint8]:
        image = street.picture(index)
        pictures[index] = image
        return image

    def shots() -> Iterator[Shot]:
        nonlocal most, most_pictures
        for index in range(street.frames):
            held[index] = one = partial(read, index)
            yield Shot("street", index, index * FRAME_NS, one)
            del one
            most, most_pictures = max(most, len(held)), max(most_pictures, len(pictures))

    (one,) = finished(told(street, shots=shots(), shelf=Shelf(frames), ahead=ahead))
    assert 1 <= most <= frames + ahead + 1
    assert 1 <= most_pictures <= ahead + 1
    assert len(one.pictures) == 2 * len(HEAPS)


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
