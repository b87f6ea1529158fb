"""A prepared statement finds, writes and fails as the same statement does in SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from server.records.adding import inserting, table_of
from server.records.engines import written
from server.records.prepared import Prepared
from server.records.tables import Setting
from tests.server.town import Town

pytestmark = pytest.mark.both_databases

SETTING = table_of(Setting)
FOUND = Prepared(select(SETTING.c.key).where(SETTING.c.key > bindparam("after"), SETTING.c.key.like("x%")))
ADD = inserting(Setting)


def rows(*keys: str) -> list[dict[str, object]]:
    return [{"key": key, "value": written({"is": key})} for key in keys]


def test_what_was_written_is_found_and_read_as_what_it_was(town: Town) -> None:
    with town.context.store.write() as session:
        ADD.write(session, rows("x1", "x2", "x3"))
        ADD.write(session, [])
    with town.context.store.read() as session:
        assert sorted(row[0] for row in FOUND.rows(session, {"after": "x1"})) == ["x2", "x3"]
        assert FOUND.one(session, {"after": "x3"}) is None
        assert session.get_one(Setting, "x2").value == {"is": "x2"}


def test_what_the_database_refuses_is_an_error_of_sqlalchemy_and_undoes_the_block(town: Town) -> None:
    with pytest.raises(IntegrityError) as refused, town.context.store.write() as session:
        ADD.write(session, rows("x1", "x1"))
    assert refused.value.orig is not None
    with town.context.store.read() as session:
        assert FOUND.one(session, {"after": ""}) is None
