"""Plates: whose they are, what they spell, and that nothing but a seal outlives the frame."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.boxes import Box
from pipeline.detections import Detections
from pipeline.observation import EvidenceRole
from pipeline.phones import TextLine
from pipeline.plates import PlateDesk, Plating, SealedPlate, SealFailed, plate_in, plate_of
from pipeline.redact import Regions

CAR, PERSON = 4, 9
VEHICLE: Box = (100.0, 100.0, 300.0, 220.0)
PLATE = (180.0, 190.0, 220.0, 206.0)


@dataclass
class Recorder:
    """Seals to nobody; remembers the sizes it was given."""

    failing: bool = False
    sizes: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self, plate: NDArray[np.uint8]) -> SealedPlate | SealFailed:
        self.sizes.append((plate.shape[1], plate.shape[0]))
        return SealFailed("no") if self.failing else SealedPlate(bytes([len(self.sizes)]), "key", f"h{len(self.sizes)}")


def _plates(*boxes: Box) -> NDArray[np.float32]:
    return np.array(boxes, np.float32).reshape(-1, 4)


def _line(text: str, y: float = 0.0, confidence: float = 0.99) -> TextLine:
    return TextLine(text, confidence, (0.0, y, 10.0, y + 5.0))


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([_line("津B·6H920")], "津B6H920"),
        ([_line("皖K·D01833")], "皖KD01833"),
        ([_line("6H920", y=20.0), _line("津B", y=2.0)], "津B6H920"),
        ([_line("津b 6h92O")], "津B6H920"),
        ([_line("粤Z·1234港")], "粤Z1234港"),
        ([_line("京A·1234学")], "京A1234学"),
        ([_line("B·023H6")], None),
        ([_line("停车场入口")], None),
        ([], None),
    ],
)
def test_a_plate_is_what_the_grammar_allows(lines: list[TextLine], text: str | None) -> None:
    read = plate_in(lines)
    assert (None if read is None else read.text) == text


def test_trust_falls_with_every_doubtful_character() -> None:
    read = plate_in([_line("津B·6H920", confidence=0.9)])
    assert read is not None
    assert read.trust == pytest.approx(0.9**7)


@pytest.mark.parametrize(
    ("vehicle", "others", "plates", "told"),
    [
        (VEHICLE, [], _plates(PLATE), PLATE),
        (VEHICLE, [], _plates(), Plating.NO_PLATE),
        (VEHICLE, [], _plates((400, 190, 440, 206)), Plating.NO_PLATE),
        (VEHICLE, [], _plates((290, 190, 330, 206)), Plating.NO_PLATE),
        (VEHICLE, [(150.0, 150.0, 400.0, 300.0)], _plates(PLATE), Plating.AMBIGUOUS),
        (VEHICLE, [(250.0, 150.0, 400.0, 300.0)], _plates(PLATE), PLATE),
        (VEHICLE, [], _plates((180, 190, 200, 198)), Plating.TOO_SMALL),
        (VEHICLE, [], _plates((110, 110, 140, 122), PLATE), PLATE),
    ],
)
def test_whose_a_plate_is(vehicle: Box, others: list[Box], plates: NDArray[np.float32], told: Box | Plating) -> None:
    assert plate_of(vehicle, others, plates) == told


@given(st.permutations([PLATE, (110.0, 110.0, 140.0, 122.0), (400.0, 10.0, 420.0, 20.0)]))
def test_the_order_in_which_plates_were_found_does_not_count(boxes: list[Box]) -> None:
    assert plate_of(VEHICLE, [], _plates(*boxes)) == PLATE


def _seen(label: int = CAR, key: int = 7) -> Detections:
    found = Detections.of(_plates(VEHICLE), np.array([0.9], np.float32), np.array([label], np.int16))
    return replace(found, track=np.array([key], np.int32))


def _look(
    desk: PlateDesk, plate: Box | None, seen: Detections | None = None, keys: frozenset[int] = frozenset({7})
) -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    plates = _plates() if plate is None else _plates(plate)
    desk.look(image, Regions(plates, "step 1", 640, 480, plates.copy()), seen or _seen(), keys)


def test_a_reported_vehicle_brings_its_sealed_plate_and_the_hash() -> None:
    desk = PlateDesk(Recorder(), frozenset({CAR}))
    _look(desk, PLATE)
    (picture,), attributes = desk.take(7)
    assert (picture.evidence.role, picture.evidence.redaction) == (EvidenceRole.SEALED, "sealed to key")
    assert attributes == (("plate_hash", "h1"),)
    assert desk.drain() == ((Plating.SEALED, 1),)
    assert desk.drain() == ()


def test_only_a_clearly_larger_view_is_sealed_again() -> None:
    recorder = Recorder()
    desk = PlateDesk(recorder, frozenset({CAR}))
    for height in (16.0, 17.0, 30.0, 12.0):
        _look(desk, (180.0, 170.0, 240.0, 170.0 + height))
    assert len(recorder.sizes) == 2
    (picture,), _ = desk.take(7)
    assert picture.content == b"\x02"


def test_a_plate_that_was_seen_once_is_kept_when_later_views_show_none() -> None:
    desk = PlateDesk(Recorder(), frozenset({CAR}))
    _look(desk, PLATE)
    _look(desk, None)
    assert len(desk.take(7)[0]) == 1


@pytest.mark.parametrize(
    ("plate", "failing", "why"),
    [
        (None, False, Plating.NO_PLATE),
        ((180.0, 190.0, 200.0, 197.0), False, Plating.TOO_SMALL),
        (PLATE, True, Plating.SEAL_FAILED),
    ],
)
def test_a_reported_vehicle_without_a_sealed_plate_says_why(plate: Box | None, failing: bool, why: Plating) -> None:
    desk = PlateDesk(Recorder(failing), frozenset({CAR}))
    _look(desk, plate)
    assert desk.take(7) == ((), ())
    assert desk.drain() == ((why, 1),)


def test_what_is_no_vehicle_or_not_wanted_has_no_plate_sealed() -> None:
    recorder = Recorder()
    desk = PlateDesk(recorder, frozenset({CAR}))
    _look(desk, PLATE, _seen(PERSON))
    _look(desk, PLATE, _seen(key=8))
    assert recorder.sizes == []


def test_plates_of_vehicles_that_nobody_asks_for_are_let_go() -> None:
    desk = PlateDesk(Recorder(), frozenset({CAR}))
    _look(desk, PLATE)
    desk.forget_all_but(frozenset())
    assert desk.take(7) == ((), ())
