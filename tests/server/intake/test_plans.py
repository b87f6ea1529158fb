"""What a traverse asks of SQLite does not grow with the town: no table of people, cases or sightings is read whole."""

from __future__ import annotations

import sqlite3

from sqlalchemy import Connection, event

from tests.server.town import MIN_NS, Town

SMALL = ("edition", "anon_")
"""What is read whole: the few editions of a city, and lists that were asked with."""


def test_a_traverse_reads_no_table_whole(town: Town) -> None:
    asked: set[str] = set()
    town.send(town.seen("litter"))
    engine = town.context.store.engine

    def listen(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_trace_callback(asked.add)

    event.listen(engine, "begin", listen)
    town.clock.ns += 10 * MIN_NS
    town.send(town.seen("litter"), town.seen("bin_overflow", east_m=30.0))
    reads = sorted(statement for statement in asked if statement.startswith(("SELECT", "UPDATE")))
    assert len(reads) >= 5
    with engine.connect() as connection:
        for statement in reads:
            steps = [step for *_, step in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement)]
            whole = [step for step in steps if step.startswith("SCAN") and "INDEX" not in step]
            assert not [step for step in whole if not step.startswith(tuple(f"SCAN {name}" for name in SMALL))], (
                statement
            )
