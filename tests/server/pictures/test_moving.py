"""Pictures move from a folder to a store and back, whole, and the home says where they are."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from typer.testing import CliRunner, Result

from server.cli import app
from server.pictures.keeper import open_objects
from server.pictures.moving import Moved, move
from server.pictures.objects import PARTS, FolderObjects, Kept, digest_of
from server.pictures.s3 import S3Objects
from tests.server.intake.test_uploads import declare
from tests.server.town import Clock, Town, open_town, picture
from tests.weed import STEWARD_KEYS, Weed

PICTURES = [picture(seed) for seed in range(4)]


@pytest.fixture
def town(founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    """A town with pictures in its home, closed."""
    shutil.copytree(founded, tmp_path / "home")
    here = open_town(tmp_path / "home", Clock())
    declare(here, *PICTURES)
    for content in PICTURES:
        here.upload(content)
    here.context.store.close()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", STEWARD_KEYS.access)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", STEWARD_KEYS.secret)
    return here


def moved(town: Town, to: str) -> Result:
    return CliRunner().invoke(app, ["move-pictures", "--home", str(town.home), "--to", to])


def keeper(town: Town) -> object:
    with town.context.store.read() as session:
        return open_objects(town.home, session)


def test_pictures_move_to_a_store_and_back(town: Town, weed: Weed) -> None:
    bucket = weed.new_bucket()
    done = moved(town, f"s3+http://{bucket.endpoint}/{bucket.bucket}")
    assert done.exit_code == 0, done.output
    assert "4 pictures copied" in done.stdout
    store = keeper(town)
    assert isinstance(store, S3Objects)
    assert {one.name for one in store.kept()} == {digest_of(content) for content in PICTURES}
    assert CliRunner().invoke(app, ["check", "--home", str(town.home), "--read"]).exit_code == 0
    assert "0 pictures copied, 4 were there" in moved(town, "home").stdout
    assert isinstance(keeper(town), FolderObjects)


def test_one_that_was_lost_before_is_said_and_the_others_move(town: Town, weed: Weed) -> None:
    bucket = weed.new_bucket()
    lost = digest_of(PICTURES[0])
    FolderObjects(town.home / "pictures").remove(lost)
    done = moved(town, f"s3+http://{bucket.endpoint}/{bucket.bucket}")
    assert done.exit_code == 3
    assert "3 pictures copied" in done.stdout
    assert lost in CliRunner().invoke(app, ["check", "--home", str(town.home)]).stdout


def test_a_store_that_is_away_changes_nothing(town: Town) -> None:
    done = moved(town, "s3+http://127.0.0.1:9/evidence")
    assert done.exit_code == 2
    assert "127.0.0.1:9/evidence" in done.stderr
    assert isinstance(keeper(town), FolderObjects)


def test_names_are_asked_for_a_part_at_a_time(town: Town, tmp_path: Path) -> None:
    """Ten million names take more memory than a server has to spare."""

    class Asked(FolderObjects):
        parts: ClassVar[list[str]] = []

        def kept(self, part: str = "") -> Iterator[Kept]:
            self.parts.append(part)
            return super().kept(part)

    target = Asked(tmp_path / "target")
    target.put(digest_of(PICTURES[2]), PICTURES[2])
    source = FolderObjects(town.home / "pictures")
    assert move(town.context.store, source, target, None) == Moved(3, 1, ())
    assert Asked.parts == list(PARTS)
