"""Numbers are read once a finished track, in a redacted view, and never cost an observation."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.keep import LEGIBLE_LONGEST_PX, legible_view
from pipeline.phones import TextLine
from pipeline.reading import FixedReader, NumberDesk, ReaderFailed, Reading
from pipeline.redact import Regions, redact
from tests.pipeline.test_inspect import HEAPS, LITTER, Privacy, Street, finished, told

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
