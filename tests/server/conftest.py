"""A town for every test that asks; people's passwords are hashed once for all of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.town import Clock, Town, found_town, open_town
from tests.weed import Weed


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    found_town(folder).context.store.close()
    return folder / "home"


@pytest.fixture
def town(founded: Path, tmp_path: Path) -> Iterator[Town]:
    home = tmp_path / "home"
    shutil.copytree(founded, home)
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
