"""A town for every test that asks; people's passwords are hashed once for all of them.

The tests of a module marked `both_databases` run on SQLite and again on PostgreSQL.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.records.address import keep_address
from server.records.store import migrate
from tests.server.cluster import Cluster, cluster, tools
from tests.server.town import Clock, Town, found_town, open_town
from tests.weed import Weed

SQLITE, POSTGRESQL = "sqlite", "postgresql"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_databases"):
        metafunc.parametrize("database", [SQLITE, POSTGRESQL], indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on."""
    return getattr(request, "param", SQLITE)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A running PostgreSQL with PostGIS; the test is skipped where none is installed."""
    found = tools()
    if isinstance(found, str):
        pytest.skip(found)
    with cluster(found) as running:
        yield running


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    found_town(folder).context.store.close()
    return folder / "home"


@pytest.fixture(scope="session")
def template(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PostgreSQL database in which the town is founded."""
    name = postgres.create()
    found_town(tmp_path_factory.mktemp("town"), address=postgres.address(name)).context.store.close()
    return name


@pytest.fixture(scope="session")
def bare(postgres: Cluster) -> str:
    """A PostgreSQL database with empty tables."""
    name = postgres.create()
    migrate(postgres.address(name))
    return name


@pytest.fixture
def home(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A home of a test's own in which the town is founded."""
    home = tmp_path / "home"
    if database == SQLITE:
        shutil.copytree(request.getfixturevalue("founded"), home)
        yield home
        return
    running: Cluster = request.getfixturevalue("postgres")
    name = running.create(request.getfixturevalue("template"))
    home.mkdir()
    keep_address(home, running.address(name))
    yield home
    running.drop(name)


@pytest.fixture
def town(home: Path) -> Iterator[Town]:
    here = open_town(home, Clock())
    yield here
    here.context.store.close()


@pytest.fixture(params=["folder", "s3"])
def either_town(request: pytest.FixtureRequest, founded: Path, tmp_path: Path) -> Iterator[Town]:
    """A town whose pictures lie in a folder, and one whose pictures lie in a real S3 server."""
    home = tmp_path / "home"
    shutil.copytree(founded, home)
    objects = None
    if request.param == "s3":
        weed: Weed = request.getfixturevalue("weed")
        objects = weed.objects()
    here = open_town(home, Clock(), objects=objects)
    yield here
    here.context.store.close()
