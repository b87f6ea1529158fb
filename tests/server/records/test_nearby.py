"""What lies in a box is the same on both databases, to the last digit."""

from __future__ import annotations

import math

import pytest
from sqlalchemy import select

from server.records.nearby import Box, inside
from server.records.tables import CaseRow
from tests.server.town import Town

pytestmark = pytest.mark.both_databases


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
