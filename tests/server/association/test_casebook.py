"""A book of cases: what is near is found wherever on earth; what has gone is not looked for for ever."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid5

import pytest

from server.association.casebook import CaseBook
from server.association.plane import Plane
from server.association.priors import default_priors
from tests.server.association_scene import SPACE, Pass, Thing, drive, observation

HEAP = Thing("heap", "litter", 40.0, 6.0)
TWENTY_HOURS = range(2, 42)


def case_of(book: CaseBook, number: int) -> str | None:
    return book.case_of(str(uuid5(SPACE, f"{number}-heap")))


def gone_for_twenty_hours() -> CaseBook:
    """A heap that one pass saw and the many that followed did not; pass 1 is still under way to the server."""
    book = CaseBook(default_priors())
    book.take(drive(Pass(0, (1.0, 0.0)), [HEAP]))
    for number in TWENTY_HOURS:
        book.take(drive(Pass(number, (0.0, 1.0)), []))
    return book


def test_a_pass_that_is_told_twenty_hours_late_finds_the_case_that_has_gone_since() -> None:
    book = gone_for_twenty_hours()
    book.take(drive(Pass(1, (-1.0, 0.0)), [HEAP]))
    assert case_of(book, 1) == case_of(book, 0)


def test_what_appears_there_twenty_hours_later_is_a_new_case() -> None:
    book = gone_for_twenty_hours()
    book.take(drive(Pass(TWENTY_HOURS.stop, (-1.0, 0.0)), [HEAP]))
    assert case_of(book, TWENTY_HOURS.stop) != case_of(book, 0)
    assert len(book.filed) == 2


@pytest.mark.parametrize("lat", [39.95, 39.9505, 0.0, -34.05, 70.0, -89.99])
@pytest.mark.parametrize("lon", [116.4, 0.0, 180.0])
@pytest.mark.parametrize("way", [(3.0, 0.0), (0.0, 3.0)])
def test_two_reports_beside_each_other_find_one_case_wherever_they_lie(
    lat: float, lon: float, way: tuple[float, float]
) -> None:
    book, plane = CaseBook(default_priors()), Plane.at(lat, lon)
    for number, sign in enumerate((-1.0, 1.0)):
        place = plane.to_latlon(sign * way[0], sign * way[1])
        seen = observation(f"{number}-heap", "litter", *place, 1_790_000_000_000_000_000)
        book.take(replace(drive(Pass(number, (0.0, 0.0)), []), poses=(), observations=(seen,)))
    assert case_of(book, 1) == case_of(book, 0)
