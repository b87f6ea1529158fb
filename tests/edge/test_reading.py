"""The vehicle's reader, where its extra is installed: drawn numbers are read, and what cannot run says so."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.metadata import distributions
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.reading import LARGEST_SCALE, PIXELS, PaddleReader, open_reader, scale_of
from pipeline.phones import phones_in
from pipeline.reading import ReaderFailed
from pipeline.redact import Redacted, Regions, redact

NUMBER = "12034567890"


@pytest.fixture(scope="module")
def reader() -> PaddleReader:
    found = open_reader()
    if found is None:
        pytest.skip("the extra `ocr` is not installed")
    return found


def redacted(image: NDArray[np.uint8]) -> Redacted:
    return redact(image, Regions(np.empty((0, 4), np.float32), "none 1", image.shape[1], image.shape[0]))


def note(scale: float = 1.0) -> Redacted:
    """A number in black on paper; at scale 1 its digits are 22 px high."""
    image = np.full((90, 300, 3), 225, np.uint8)
    cv2.putText(image, NUMBER, (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (20, 20, 20), 2, cv2.LINE_AA)
    return redacted(np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8))


def test_a_drawn_number_is_read_with_its_box_in_the_pictures_own_pixels(reader: PaddleReader) -> None:
    lines = reader(note())
    assert not isinstance(lines, ReaderFailed)
    assert [phone.number for phone in phones_in(lines)] == [NUMBER]
    x1, y1, x2, y2 = lines[0].xyxy
    assert 0 <= x1 < 40 < 200 < x2 <= 300
    assert 10 <= y1 < 45 < y2 <= 80


def test_a_word_apart_from_the_number_is_read_only_where_all_is_asked_for(reader: PaddleReader) -> None:
    image = np.full((240, 300, 3), 225, np.uint8)
    for text, at in ((NUMBER, (20, 60)), ("8K", (120, 210))):
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 1.0, (20, 20, 20), 2, cv2.LINE_AA)
    numbers, everything = reader(redacted(image)), reader.lines(image)
    assert not isinstance(numbers, ReaderFailed)
    assert not isinstance(everything, ReaderFailed)
    assert [line.text for line in numbers] == [NUMBER]
    assert [line.text for line in everything] == [NUMBER, "8K"]


def test_a_number_that_goes_on_in_a_short_line_is_read_whole(reader: PaddleReader) -> None:
    image = np.full((130, 300, 3), 225, np.uint8)
    for text, at in ((f"+86 {NUMBER[:8]}", (20, 50)), (NUMBER[8:], (20, 95))):
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 1.0, (20, 20, 20), 2, cv2.LINE_AA)
    lines = reader(redacted(image))
    assert not isinstance(lines, ReaderFailed)
    assert NUMBER[8:] in [line.text for line in lines]


def test_a_bare_wall_and_a_speck_show_no_text(reader: PaddleReader) -> None:
    assert reader(redacted(np.full((200, 300, 3), 150, np.uint8))) == ()
    assert reader(redacted(np.zeros((3, 40, 3), np.uint8))) == ()


def test_a_reader_whose_models_are_gone_says_so(reader: PaddleReader, tmp_path: Path) -> None:
    lost = replace(reader, models={key: tmp_path / path.name for key, path in reader.models.items()}, _engine=None)
    told = lost(note())
    assert isinstance(told, ReaderFailed)
    assert reader.name in told.why


OFFLINE = """
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise SystemExit(f"{event} {arguments}")

sys.addaudithook(refuse)
from tests.edge.test_reading import note, open_reader
print(open_reader()(note())[0].text)
"""


@pytest.mark.usefixtures("reader")
def test_reading_reaches_for_no_other_host(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", OFFLINE], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, NUMBER), done.stderr


def test_the_extra_brings_no_second_opencv() -> None:
    """Two of them overwrite one another's files in silence."""
    assert [one.name for one in distributions() if (one.name or "").startswith("opencv")] == ["opencv-python-headless"]


@pytest.mark.parametrize(("size", "scale"), [((100, 60), LARGEST_SCALE), ((600, 500), 1.0), ((1600, 1200), 1.0)])
def test_small_views_are_enlarged_but_not_without_bound(size: tuple[int, int], scale: float) -> None:
    assert scale_of(*size) == scale
    assert scale_of(500, 400) == pytest.approx((PIXELS / 200_000) ** 0.5)
