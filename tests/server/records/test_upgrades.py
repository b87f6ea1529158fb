"""A database of each earlier version, filled with what that version kept, is brought up to date: its rows stay, its
pictures are whole, today's program works on it, and a replay of its journal makes the same cases.

The rows are those of a town of today, told in the tables of the version: so many days of it as there were tables for.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, func, insert, select, text
from typer.testing import CliRunner

from server.cli import app
from server.intake.seals import SealRow
from server.pictures.keeper import PICTURES
from server.records.address import DATABASE, Address, keep_address
from server.records.engines import engine_at
from server.records.locks import many_writers
from server.records.store import alembic_config, migrate
from server.records.tables import Setting
from server.upkeep.orphans import Orphan, SweptObjects
from tests.server.cases.test_mends import merge, undo
from tests.server.citizens.test_reports import report
from tests.server.cluster import Cluster
from tests.server.conftest import POSTGRESQL
from tests.server.intake.test_sensors import Bins
from tests.server.replay.test_replay import busy_day, replayed
from tests.server.setup.test_revising import BOTH_IN_A, revised
from tests.server.town import Clock, Town, found_town, open_town

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection"),  # of indexes, which nobody asks for here
]

VERSIONS: Final = sorted(one.revision for one in ScriptDirectory.from_config(alembic_config()).walk_revisions())
JOURNAL, MENDS, SEALS, SWEPT, SENSORS, REPORTS, EDITIONS = "0004", "0005", "0006", "0007", "0010", "0012", "0018"
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Told:
    """All rows of a town, and what its clock shows."""

    rows: Rows
    now_ns: int


@dataclass(frozen=True, slots=True)
class Days:
    """A town after each of its days, and the pictures that it had in the end."""

    told: dict[str, Told]
    pictures: Path


def mended(town: Town) -> None:
    seen = town.send(town.seen("illegal_ad", east_m=60.0), town.seen("illegal_ad", east_m=80.0))
    kept, gone = (link["case_id"] for link in seen["links"])
    undo(town, merge(town, kept, gone))
    merge(town, kept, gone)


def sealed(town: Town) -> None:
    traverse = town.send(town.seen("litter", east_m=45.0))["traverse_id"]
    with town.context.store.write() as session:
        session.add(
            SealRow(digest="0" * 64, traverse_id=traverse, number=1, sealed="a seal", received_ns=town.clock.ns)
        )


def swept(town: Town) -> None:
    with town.context.store.write() as session:
        session.add(SweptObjects(reason=Orphan.NO_RECORD, objects=2, size_bytes=3, last_ns=town.clock.ns))


def heard(town: Town) -> None:
    bins = Bins(town)
    bins.read("B1", 40.0, 100.0)
    bins.read("B2", 100.0)


def reported(town: Town) -> None:
    report(town, east_m=-60.0, phone="13800138000")
    report(town, east_m=90.0, inspector="inspector", category="illegal_ad")


DAYS: Final[dict[str, Callable[[Town, Path], object]]] = {
    VERSIONS[0]: lambda town, _: busy_day(town),
    MENDS: lambda town, _: mended(town),
    SEALS: lambda town, _: sealed(town),
    SWEPT: lambda town, _: swept(town),
    SENSORS: lambda town, _: heard(town),
    REPORTS: lambda town, _: reported(town),
    EDITIONS: lambda town, folder: revised(town, folder, **BOTH_IN_A),
}
"""What a town does, by the version that first had tables for it."""


@pytest.fixture(scope="session")
def days(tmp_path_factory: pytest.TempPathFactory) -> Days:
    folder = tmp_path_factory.mktemp("days")
    town = found_town(folder)
    told = {}
    with town.context.store.write() as session:
        session.add(Setting(key="kept", value={"of": "the first day"}))
    for version, day in DAYS.items():
        day(town, folder / "revised")
        with town.context.store.engine.connect() as connection:
            rows = {table.name: rows_of(connection, table) for table in tables(connection)}
        told[version] = Told(rows, town.clock.ns)
    town.context.store.close()
    assert [name for name, found in rows.items() if not found] == [], "no day fills these tables"
    return Days(told, town.home / PICTURES)


@pytest.fixture
def place(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Address]]:
    """A home whose database is empty yet."""
    home = tmp_path / "home"
    home.mkdir()
    if database != POSTGRESQL:
        yield home, home / DATABASE
        return
    running: Cluster = request.getfixturevalue("postgres")
    name = running.create()
    keep_address(home, running.address(name))
    yield home, running.address(name)
    running.drop(name)


@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_a_database_of_an_earlier_version_keeps_its_rows_and_goes_on(
    days: Days, place: tuple[Path, Address], version: str
) -> None:
    home, address = place
    told = days.told[max(day for day in days.told if day <= version)]
    shutil.copytree(days.pictures, home / PICTURES)
    rows = as_of(version, told.rows)
    before = filled(address, version, rows)

    migrate(address)
    after = read(address)
    for name in before.keys() & after.keys() - {"setting", "alembic_version"}:
        columns = (after[name] or [{}])[0].keys()
        assert after[name] == [
            {key: row.get(key, new[key]) for key in columns} for row, new in zip(before[name], after[name], strict=True)
        ], name
    assert after["edition"] == told.rows["edition"]
    assert after["setting"] == told.rows["setting"]
    assert [row["model_digest"] for row in after["observation"]] == [
        row["model_digest"] for row in told.rows["observation"]
    ]

    town = open_town(home, Clock(told.now_ns))
    town.send(town.seen("litter", east_m=-40.0))
    town.laws_hold()
    town.context.store.close()
    checked = CliRunner().invoke(app, ["check", "--home", str(home), "--read"])
    assert checked.exit_code == 0, checked.output
    if version < JOURNAL:  # what came in was not written down then, nor in which order
        done = CliRunner().invoke(app, ["replay", "--home", str(home)])
        assert (done.exit_code, "before this server kept a journal" in done.output) == (2, True)
    else:
        assert replayed(town)["identical"]


def tables(connection: Connection) -> list[Table]:
    """Those that a database has, each after those that it refers to."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: not name.startswith("spatial_ref"))
    return found.sorted_tables


def rows_of(connection: Connection, table: Table) -> list[dict[str, Any]]:
    by = [
        column.collate("C") if many_writers(connection) and column.type.python_type is str else column
        for column in table.primary_key
    ]
    return [dict(row) for row in connection.execute(select(table).order_by(*by)).mappings()]


def read(address: Address) -> Rows:
    engine = engine_at(address)
    with engine.connect() as connection:
        rows = {table.name: rows_of(connection, table) for table in tables(connection)}
    engine.dispose()
    return rows


def as_of(version: str, rows: Rows) -> Rows:
    """Rows of today as an earlier version has them: what an edition tells stood in tables and settings of its own."""
    if version >= EDITIONS:
        return rows
    [edition] = rows["edition"]
    content = dict(edition["content"])
    lists = {name: content.pop(part) for part, name in (("grids", "grid"), ("zones", "zone"), ("rota", "duty"))}
    settings = [{"key": key, "value": value} for key, value in content.items()]
    return rows | lists | {"setting": [*rows["setting"], *settings]}


def filled(address: Address, version: str, rows: Rows) -> Rows:
    """Make the tables of a version and put these rows into them, as far as it has tables and columns for them; what
    stands there then."""
    engine = engine_at(address)
    with engine.execution_options(writes=True).connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        if many_writers(connection):
            connection.execute(text("SET session_replication_role = replica"))  # cases refer to one another
        else:
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        for table in tables(connection):
            if table.name == "alembic_version":
                continue
            for row in rows.get(table.name, ()):
                connection.execute(insert(table), {key: value for key, value in row.items() if key in table.c})
            counted = table.autoincrement_column
            if many_writers(connection) and counted is not None and rows.get(table.name):
                sequence = func.pg_get_serial_sequence(table.name, counted.name)
                connection.execute(select(func.setval(sequence, select(func.max(counted)).scalar_subquery())))
        if many_writers(connection):
            connection.execute(text("SET session_replication_role = origin"))
        before = {table.name: rows_of(connection, table) for table in tables(connection)}
        connection.commit()
    engine.dispose()
    return before
