"""Rows written by one statement are on either database exactly what was given, however many they are."""

from __future__ import annotations

from dataclasses import astuple, replace

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from server.cases.lines import CaseLine, add_lines, keep_lines, keep_steps, lines_of
from server.records.ahead import ahead
from tests.server.town import Town

pytestmark = pytest.mark.both_databases

LINE = CaseLine(
    id="case-1",
    number=1,
    category='a "quoted" \\ 垃圾 🗑 \t',
    state="filed",
    lat=0.1 + 0.2,
    lon=-1e-300,
    ee=1.7976931348623157e308,
    en=-0.0,
    nn=5e-324,
    grid_id=None,
    worth=1 / 3,
    score=1.0,
    sightings=0,
    passes=2**31,
    opened_ns=2**63 - 1,
    first_seen_ns=-(2**63),
    last_seen_ns=2**53 + 1,
    closed_ns=None,
    close_reason=None,
    recurs_of=None,
    merged_into=None,
    gone=0.0,
    memory='{"a": [1e-7, "\\\\u0041 \\n"], "b": null}',
)


def lines(count: int) -> list[CaseLine]:
    return [replace(LINE, id=f"case-{number}", number=number) for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 150])
def test_what_was_added_or_changed_is_read_as_it_was_given(town: Town, count: int) -> None:
    given = lines(count)
    with town.context.store.write() as session:
        add_lines(session, given)
    for line in given:
        line.state, line.lat, line.closed_ns, line.memory = "watching", line.number / 7, None, f'{{"n": {line.number}}}'
    with town.context.store.write() as session:
        keep_lines(session, given[1:], given[:1])
        keep_steps(session, given[:-1])
    for line in given[:1]:
        line.lat = LINE.lat  # what the engine believes of it was written, and no more
    for line in given[-1:]:
        line.state = LINE.state  # it was seen, and took no step
    with town.context.store.read() as session:
        found = sorted(lines_of(session.connection(), [line.id for line in given]), key=lambda line: line.number)
    assert [astuple(line) for line in found] == [astuple(line) for line in given]


def test_one_row_that_is_refused_undoes_all_of_them(town: Town) -> None:
    [one, two, three] = lines(3)
    with pytest.raises(DBAPIError), town.context.store.write() as session:
        add_lines(session, [one, two, replace(three, number=1)])
    with town.context.store.read() as session:
        assert not list(lines_of(session.connection(), ["case-0", "case-1", "case-2"]))


def test_what_goes_ahead_is_refused_by_the_end_of_its_block_and_undoes_all_of_it(town: Town) -> None:
    [one, two, three] = lines(3)
    went_on = False

    def write() -> None:
        nonlocal went_on
        with town.context.store.write() as session:
            with ahead(session):
                for line in (one, replace(two, number=0), three):
                    add_lines(session, [line])
            went_on = True

    with pytest.raises(IntegrityError):
        write()
    assert not went_on
    with town.context.store.write() as session, ahead(session):
        add_lines(session, [two])
    with town.context.store.read() as session:
        assert [line.id for line in lines_of(session.connection(), ["case-0", "case-1", "case-2"])] == ["case-1"]


def test_what_goes_ahead_is_there_for_the_next_question(town: Town) -> None:
    given = lines(2)
    with town.context.store.write() as session:
        with ahead(session):
            add_lines(session, given)
            keep_lines(session, [replace(given[0], score=0.25)], [])
        assert {line.score for line in lines_of(session.connection(), ["case-0", "case-1"])} == {0.25, 1.0}
