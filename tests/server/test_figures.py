"""How cases were closed is counted from an index alone, which is a hundredth of the table."""

from __future__ import annotations

import pytest

from server.figures import count
from tests.server.api.test_order_lists import asked_of
from tests.server.judgement import dismiss, report
from tests.server.town import Town


@pytest.mark.both_databases
def test_no_closed_case_is_read_to_count_them(town: Town) -> None:
    dismiss(town, report(town, 1))
    with asked_of(town) as asked, town.context.store.read() as session:
        assert count(session, town.clock.ns).cases_closed == {"dismissed": 1}
    [(statement, values)] = [one for one in asked if 'GROUP BY "case".close_reason' in one[0]]
    lite = town.context.store.one_writer
    with town.context.store.engine.connect() as connection:
        if not lite:
            # A table of one row would be read whole.
            connection.exec_driver_sql("SET enable_seqscan = off; SET enable_bitmapscan = off")
        words = "EXPLAIN QUERY PLAN " if lite else "EXPLAIN "
        plan = " ".join(str(row[-1]) for row in connection.exec_driver_sql(words + statement, values))
    assert ("COVERING INDEX ix_case_row" if lite else "Index Only Scan using ix_case_closed") in plan
