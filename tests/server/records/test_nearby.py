"""What lies in a box is the same on both databases, to the last digit."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from server.cases.candidates import fitting
from server.records.locks import many_writers
from server.records.nearby import ROWS_A_DEGREE, Box, inside, inside_any
from server.records.tables import CaseRow
from tests.server.town import Town

LATITUDES = st.floats(-90.0, 90.0)


@given(st.tuples(LATITUDES, LATITUDES, LATITUDES).map(sorted))
def test_what_lies_in_a_box_lies_in_one_of_its_rows(lats: list[float]) -> None:
    south, lat, north = lats
    assert int(lat * ROWS_A_DEGREE) in Box(south, north, 0.0, 0.0).rows


def test_sqlite_looks_into_the_rows_of_a_box_and_nowhere_else(town: Town) -> None:
    box = Box(31.23, 31.234, 121.47, 121.474)
    with town.context.store.read() as session:
        for near, asked in (
            (inside(session, box, CaseRow.lat, CaseRow.lon), {}),
            (inside_any(False, CaseRow.lat, CaseRow.lon), box.asked()),
        ):
            words = select(CaseRow.id).where(near).params(asked)
            told = words.compile(session.connection(), compile_kwargs={"literal_binds": True})
            plan = [row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {told}"))]
            assert plan[0] == "SEARCH case USING INDEX ix_case_row (<expr>=? AND lon>? AND lon<?)"
            assert not any("case" in further for further in plan[1:])


def test_sqlite_passes_over_what_was_closed_long_ago_without_reading_it(town: Town) -> None:
    asked = {**Box(31.23, 31.234, 121.47, 121.474).asked(), "first_ns": 3, "handed_ns": 2, "fixed_ns": 1}
    words = select(CaseRow.lon).where(inside_any(False, CaseRow.lat, CaseRow.lon), fitting()).params(asked)
    with town.context.store.read() as session:
        told = words.compile(session.connection(), compile_kwargs={"literal_binds": True})
        plan = session.execute(text(f"EXPLAIN QUERY PLAN {told}")).all()
    assert plan[0][3].startswith("SEARCH case USING COVERING INDEX ix_case_row")


@pytest.mark.both_databases
def test_a_statement_that_is_made_once_finds_what_lies_in_each_box(town: Town) -> None:
    [link] = town.send(town.seen("litter"))["links"]
    with town.context.store.read() as session:
        case = session.get_one(CaseRow, link["case_id"])
        near = select(CaseRow.id).where(inside_any(many_writers(session), CaseRow.lat, CaseRow.lon))
        around = Box(case.lat - 0.002, case.lat, case.lon, case.lon)
        assert session.scalars(near, around.asked()).all() == [case.id]
        assert session.scalars(near, Box(0.0, 1.0, case.lon, case.lon).asked()).all() == []


@pytest.mark.both_databases
def test_a_place_on_the_border_is_inside_and_the_next_number_is_not(town: Town) -> None:
    [link] = town.send(town.seen("litter"))["links"]
    with town.context.store.read() as session:
        case = session.get_one(CaseRow, link["case_id"])
        south, west = case.lat, case.lon

        def found(box: Box) -> bool:
            return session.scalar(select(CaseRow.id).where(inside(session, box, CaseRow.lat, CaseRow.lon))) is not None

        above, right = math.nextafter(south, 90.0), math.nextafter(west, 180.0)
        assert found(Box(south, south + 0.001, west, west + 0.001))
        assert not found(Box(above, south + 0.001, west, west + 0.001))
        assert not found(Box(south, south + 0.001, right, west + 0.001))
        assert found(Box(south - 0.001, south, west - 0.001, west))
