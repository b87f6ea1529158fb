"""A pass that is interrupted, told again, told by other tools, or looked into several frames at a time."""

from __future__ import annotations

import pytest

from pipeline.events import Looked, Resume
from pipeline.stretch import Cuts
from tests.pipeline.coloured import FRAME_NS, HEAPS, Privacy, Street, finished, told, tools_of


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
