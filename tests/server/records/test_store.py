"""The database keeps its promises: durable, one writer, one open order a case, history that only grows."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from server.errors import SetupError
from server.records.adding import inserting
from server.records.address import Address
from server.records.ahead import ahead
from server.records.outbox import Outbox
from server.records.store import Store, migrate, require_current
from server.records.tables import Advertiser, Base, CaseEvent, Device, Setting, WorkOrder
from tests.server.cluster import Cluster
from tests.server.conftest import SQLITE
from tests.server.town import Town

NUMBER = "13800138000"


@pytest.fixture
def store(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store on empty tables."""
    if database == SQLITE:
        address: Address = tmp_path / "steward.db"
        migrate(address)
    else:
        running: Cluster = request.getfixturevalue("postgres")
        address = running.address(running.create(request.getfixturevalue("bare")))
    made = Store(address)
    yield made
    made.close()


@pytest.mark.both_databases
def test_the_migrations_make_the_tables_that_the_code_describes(store: Store) -> None:
    def ours(item: object, name: str | None, _kind: str, _reflected: bool, _other: object) -> bool:
        # Of PostGIS, on its functions; in a falling order or of a function, of which SQLite tells nothing; and what
        # PostgreSQL alone has.
        return name not in (
            *(("ix_case_closed",) if store.one_writer else ()),
            "spatial_ref_sys",
            "ix_case_spot",
            "ix_case_open",
            "ix_case_queue",
            "ix_case_category",
            "ix_case_grid",
            "ix_case_row",
        )

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize("name", ["ix_case_open", "ix_case_queue", "ix_case_category", "ix_case_grid", "ix_case_row"])
def test_an_index_that_sqlite_does_not_report_is_the_one_that_the_tables_describe(store: Store, name: str) -> None:
    described = create_engine("sqlite://")
    Base.metadata.create_all(described)
    asked = text("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = :name")
    with store.engine.connect() as migrated, described.connect() as made:
        found = " ".join(migrated.execute(asked, {"name": name}).scalar_one().split())
        assert found == " ".join(made.execute(asked, {"name": name}).scalar_one().split())


@pytest.mark.both_databases
def test_migrating_twice_changes_nothing(store: Store) -> None:
    with store.write() as session:
        session.add(Setting(key="city", value={"kept": True}))
    migrate(store.address)
    with store.read() as session:
        assert session.get_one(Setting, "city").value == {"kept": True}


@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)])
def test_every_connection_is_durable_and_checks_foreign_keys(store: Store, pragma: str, value: object) -> None:
    with store.read() as session:
        assert session.scalar(text(f"PRAGMA {pragma}")) == value


@pytest.mark.both_databases
def test_a_failed_block_leaves_nothing_behind(store: Store) -> None:
    def half_way() -> None:
        with store.write() as session:
            session.add(Setting(key="half", value={}))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_way()
    with store.read() as session:
        assert session.get(Setting, "half") is None


@pytest.mark.both_databases
def test_a_reader_sees_one_snapshot_while_a_writer_commits(store: Store) -> None:
    with store.read() as reader:
        assert reader.scalar(select(func.count()).select_from(Setting)) == 0
        with store.write() as writer:
            writer.add(Setting(key="new", value={}))
        assert reader.scalar(select(func.count()).select_from(Setting)) == 0
    with store.read() as reader:
        assert reader.scalar(select(func.count()).select_from(Setting)) == 1


@pytest.mark.both_databases
def test_two_programs_write_the_same_database_one_after_the_other(store: Store) -> None:
    other = Store(store.address)

    def add(to: Store, name: str) -> None:
        for index in range(20):
            with to.write() as session:
                session.add(Setting(key=f"{name}-{index}", value={}))

    threads = [threading.Thread(target=add, args=(one, name)) for one, name in ((store, "a"), (other, "b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Setting)) == 40
    other.close()


def test_after_every_commit_and_only_then_the_bell_is_rung(tmp_path: Path) -> None:
    migrate(tmp_path / "steward.db")
    rings: list[int] = []
    store = Store(tmp_path / "steward.db", lambda: rings.append(1))
    with pytest.raises(RuntimeError), store.write():
        raise RuntimeError
    assert rings == []
    with store.write() as session:
        session.add(Setting(key="k", value={}))
    assert rings == [1]


@pytest.mark.both_databases
@pytest.mark.parametrize("table", ["case_event", "audit_row", "outbox", "frame_tally"])
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_what_only_grows_cannot_be_rewritten(town: Town, table: str, verb: str) -> None:
    link = town.send(town.seen("litter"))["links"][0]
    town.post(f"/api/cases/{link['case_id']}/dismiss", "operator", reason="a shop's own display")
    with town.context.store.write() as session:
        session.execute(
            text("INSERT INTO audit_row (at_ns, person_id, action, subject_id) SELECT 1, id, 'x', '' FROM person")
        )
    column = {"case_event": "reason", "audit_row": "action", "outbox": "kind", "frame_tally": "stage"}[table]
    commands = {"UPDATE": f"UPDATE {table} SET {column} = 'other'", "DELETE": f"DELETE FROM {table}"}  # noqa: S608
    with pytest.raises(IntegrityError, match="only grows"), town.context.store.write() as session:
        session.execute(text(commands[verb]))


@pytest.mark.both_databases
def test_the_tables_allow_one_open_order_a_case(town: Town) -> None:
    link = town.send(town.seen("litter"))["links"][0]
    with town.context.store.read() as session:
        first = session.scalars(select(WorkOrder).where(WorkOrder.case_id == link["case_id"])).one()
    columns = {column.key: getattr(first, column.key) for column in WorkOrder.__table__.columns}
    with pytest.raises(IntegrityError, match=r"(?i)unique"), town.context.store.write() as session:
        session.execute(insert(WorkOrder).values(**columns | {"id": "another", "number": 999}))


@pytest.mark.both_databases
def test_what_a_database_says_of_a_refused_row_tells_no_value_of_it(store: Store) -> None:
    def number(ident: str) -> Advertiser:
        return Advertiser(id=ident, number=NUMBER, noted_ns=1)

    with store.write() as session:
        session.add(number("a"))
    with pytest.raises(IntegrityError, match=r"(?i)unique") as told, store.write() as session:
        session.add(number("b"))
    with pytest.raises(IntegrityError, match=r"(?i)unique") as late, store.write() as session, ahead(session):
        inserting(Advertiser).write(session, [{"id": "c", "number": NUMBER, "noted_ns": 1}])
    for error in (told.value, late.value):
        assert NUMBER not in "".join(traceback.format_exception(error))


@pytest.mark.both_databases
def test_a_row_that_points_nowhere_is_refused(store: Store) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), store.write() as session:
        session.add(CaseEvent(case_id="nowhere", at_ns=1, event="open", to_state="filed", role="system"))


@pytest.mark.both_databases
def test_numbers_of_growing_tables_are_given_in_order(store: Store) -> None:
    with store.write() as session:
        session.add_all(Outbox(at_ns=1, kind="case", subject_id=str(index)) for index in range(5))
    with store.read() as session:
        assert list(session.scalars(select(Outbox.id).order_by(Outbox.id))) == [1, 2, 3, 4, 5]


def test_a_missing_or_foreign_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="steward server init --home"):
        require_current(tmp_path / "steward.db")
    old = tmp_path / "old.db"
    Store(old).engine.connect().close()
    with pytest.raises(SetupError, match="holds no city; put its newest backup in its place"):
        require_current(old)


@pytest.mark.both_databases
def test_a_device_token_is_unique(store: Store) -> None:
    twins = [Device(id=str(i), name="car", kind="vehicle", token_sha256="same", enrolled_ns=1) for i in range(2)]
    with pytest.raises(IntegrityError), store.write() as session:
        session.add_all(twins)


@pytest.mark.both_databases
def test_a_statement_that_fails_does_not_say_what_it_was_to_write(store: Store) -> None:
    kept = {"key": "x", "value": {"phone": "13800138000"}}
    with pytest.raises(IntegrityError) as refused, store.write() as session:
        session.execute(insert(Setting), [kept, kept])
    assert NUMBER not in str(refused.value)
