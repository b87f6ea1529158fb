"""Numbers are read once a finished track, in a redacted view, and never cost an observation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from functools import partial

import numpy as np
import pytest

from pipeline.album import LEGIBLE_LONGEST_PX, legible_view
from pipeline.phones import TextLine
from pipeline.reading import FixedReader, Lines, NumberDesk, ReaderFailed, Reading
from pipeline.reasons import Reason
from pipeline.redact import Redacted, Regions, redact
from pipeline.shots import Lost, Shot
from pipeline.track import Track
from pipeline.verdict import Court
from tests.pipeline.coloured import HEAPS, LITTER, Privacy, Street, finished, told, tools_of

LINE = TextLine("电话 12034567890", 1.0, (0.0, 0.0, 200.0, 20.0))


def desk(lines: tuple[TextLine, ...] | ReaderFailed, labels: frozenset[int] = frozenset({LITTER})) -> NumberDesk:
    return NumberDesk(FixedReader(lines), labels)


def test_a_number_becomes_an_attribute_of_each_thing_that_is_read_once() -> None:
    reading = desk((LINE,))
    (one,) = finished(told(Street(HEAPS, 130), numbers=reading))
    assert [dict(seen.attributes)["phones"] for seen in one.traverse.observations] == ["12034567890=0.50"] * 4
    assert one.readings == ((Reading.READ, 4),)
    assert isinstance(reading.reader, FixedReader)
    assert len(reading.reader.sizes) == 4


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ((), Reading.NO_TEXT),
        ((TextLine("开锁 24小时", 1.0, LINE.xyxy),), Reading.NO_NUMBER),
        (ReaderFailed("no model"), Reading.READER_FAILED),
    ],
)
def test_what_cannot_be_read_is_counted_and_stays_an_observation(
    lines: tuple[TextLine, ...] | ReaderFailed, outcome: Reading
) -> None:
    reading = desk(lines)
    (one,) = finished(told(Street(HEAPS, 130), numbers=reading))
    (untold,) = finished(told(Street(HEAPS, 130)))
    assert one.traverse == untold.traverse
    assert one.readings == ((outcome, 4),)
    assert reading.failure == (lines.why if isinstance(lines, ReaderFailed) else None)
    assert untold.readings == ()


def test_nothing_is_read_where_the_privacy_step_did_not_run() -> None:
    reading = desk((LINE,))
    (one,) = finished(told(Street(HEAPS, 130), privacy=Privacy(broken=True), numbers=reading))
    assert one.readings == ((Reading.NO_PICTURE, 4),)
    assert isinstance(reading.reader, FixedReader)
    assert reading.reader.sizes == []


def test_things_of_other_labels_are_not_read() -> None:
    (one,) = finished(told(Street(HEAPS, 130), numbers=desk((LINE,), frozenset({LITTER + 1}))))
    assert one.readings == ()
    assert all("phones" not in dict(seen.attributes) for seen in one.traverse.observations)


def test_a_view_to_be_read_has_the_frames_own_resolution_and_is_bounded() -> None:
    image = np.zeros((3000, 4000, 3), np.uint8)
    picture = redact(image, Regions(np.empty((0, 4), np.float32), "none 1", 4000, 3000))
    near = legible_view(picture, (1000.0, 1000.0, 2000.0, 1400.0))
    assert (near.width_px, near.height_px) == (1200, 480)
    whole = legible_view(picture, (0.0, 0.0, 4000.0, 3000.0))
    assert max(whole.width_px, whole.height_px) == LEGIBLE_LONGEST_PX


def test_what_is_read_while_the_pass_goes_on_comes_out_the_same() -> None:
    (one,) = finished(told(Street(HEAPS, 130), numbers=desk((LINE,))))
    with ThreadPoolExecutor(1) as pool:
        beside = desk((LINE,))
        beside.ahead = lambda view: pool.submit(beside.reader, view).result
        (other,) = finished(told(Street(HEAPS, 130), numbers=beside))
    assert other.traverse == one.traverse
    assert other.readings == one.readings == ((Reading.READ, len(HEAPS)),)


def test_reading_begins_when_a_thing_is_out_of_sight_and_not_when_the_pass_is_judged() -> None:
    begun: list[int] = []
    frames = 0
    reading = desk((LINE,))

    def ahead(view: Redacted) -> Callable[[], Lines]:
        begun.append(frames)
        return partial(reading.reader, view)

    reading.ahead = ahead
    street = Street(HEAPS, 130)

    def counted() -> Iterator[Shot | Lost]:
        nonlocal frames
        for shot in street.shots():
            frames += 1
            yield shot

    finished(told(street, numbers=reading, shots=counted()))
    assert len(begun) == len(HEAPS)
    assert begun[0] < frames - 30


class ReadsTheFirst(Court):
    """Of what can be told of, only what was seen first is worth reading ahead."""

    def worth_reading(self, track: Track) -> bool:
        return track.key == 1


def test_everything_is_redacted_before_a_number_is_waited_for() -> None:
    street, reading, privacy, waited = Street(HEAPS, 130), desk((LINE,)), Privacy(), list[int]()

    def wait() -> Lines:
        waited.append(len(privacy.asked))
        return (LINE,)

    reading.ahead = lambda _: wait
    tools = tools_of(street, privacy, numbers=reading)
    court = tools.judge
    assert isinstance(court, Court)
    judge = ReadsTheFirst(*(getattr(court, one.name) for one in fields(court)))
    given = iter([replace(tools, judge=judge)])
    finished(told(street, relay=lambda: next(given, None)))
    assert waited == [len(privacy.asked)]
    assert len(privacy.asked) > 1


def test_what_was_not_seen_surely_enough_to_be_told_of_is_neither_redacted_nor_read() -> None:
    reading, privacy = desk((LINE,)), Privacy()
    reading.ahead = lambda view: partial(reading.reader, view)
    (one,) = finished(told(Street(HEAPS, 130), numbers=reading, privacy=privacy, score=0.4))
    assert dict(one.rejected)[Reason.LOW_SCORE] == len(HEAPS)
    assert privacy.asked == []
    assert isinstance(reading.reader, FixedReader)
    assert reading.reader.sizes == []


def test_of_a_thing_that_becomes_no_observation_nothing_is_counted() -> None:
    reading = desk((LINE,))
    reading.ahead = lambda view: partial(reading.reader, view)
    reading.begin(7, LITTER, None)
    reading.forget(7)
    assert reading.attributes(7, LITTER, None) == ()
    assert reading.drain() == ((Reading.NO_PICTURE, 1),)
