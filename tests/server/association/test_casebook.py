"""A book of cases: what has gone is not looked for for ever, but a pass from before still finds it."""

from __future__ import annotations

from uuid import uuid5

from server.association.casebook import CaseBook
from server.association.priors import default_priors
from tests.server.association_scene import SPACE, Pass, Thing, drive

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
