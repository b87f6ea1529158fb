"""What docs/operations.md calls a backup is one: copied while the server works, it is whole and can be replayed."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli import app
from server.pictures.keeper import PICTURES
from server.records.address import DATABASE
from tests.server.town import Clock, Town, open_town, picture

CLI = CliRunner()


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs/operations.md").read_text("utf-8")


def backup_of(page: str) -> list[str]:
    """What the page has the shell of SQLite do, one after the other."""
    [line] = [line for line in page.splitlines() if "-- sqlite3 " in line]
    _, *told = shlex.split(line.partition("-- sqlite3 ")[2])
    return told


def copy_records(records: Path, to: Path, page: str, meanwhile: Callable[[], object] = lambda: None) -> int:
    """Copy them as the page says, a page of the file at a time; how often it was begun."""
    *first, last = backup_of(page)
    assert last.startswith(".backup ")
    left: list[int] = []

    def copied(_: int, remaining: int, __: int) -> None:
        left.append(remaining)
        assert len(left) < 5_000
        meanwhile()

    with closing(sqlite3.connect(records)) as here, closing(sqlite3.connect(to)) as there:
        for statement in first:
            here.executescript(statement)
        here.backup(there, pages=1, progress=copied)
    return 1 + sum(later >= earlier for earlier, later in pairwise(left))


def copy_of(town: Town, to: Path, page: str) -> Path:
    """Records as the page says, then pictures."""
    to.mkdir()
    copy_records(town.home / DATABASE, to / DATABASE, page)
    shutil.copytree(town.home / PICTURES, to / PICTURES)
    return to


def ended(*words: str) -> int:
    return CLI.invoke(app, list(words)).exit_code


def test_a_copy_of_records_and_then_of_pictures_is_whole_and_goes_on(town: Town, tmp_path: Path, page: str) -> None:
    photo = picture(1)
    [link] = town.send(town.seen(pictures=(photo,)))["links"]
    town.upload(photo)
    copy = copy_of(town, tmp_path / "copy", page)
    town.send(town.seen(east_m=30.0))
    assert ended("check", "--home", str(copy), "--read") == ended("replay", "--home", str(copy)) == 0
    restored = open_town(copy, Clock())
    assert [case["id"] for case in restored.get("/api/cases")["items"]] == [link["case_id"]]
    restored.laws_hold()
    restored.context.store.close()


def test_a_copy_that_lacks_a_picture_is_found_out(town: Town, tmp_path: Path, page: str) -> None:
    photo = picture(1)
    town.send(town.seen(pictures=(photo,)))
    town.upload(photo)
    copy = copy_of(town, tmp_path / "copy", page)
    shutil.rmtree(copy / PICTURES)
    assert ended("check", "--home", str(copy)) == 3


def test_a_copy_is_made_in_one_go_however_much_is_written_meanwhile(town: Town, tmp_path: Path, page: str) -> None:
    records = town.home / DATABASE
    with closing(sqlite3.connect(records, isolation_level=None)) as writer:
        add = "INSERT INTO setting SELECT 'more-' || count(*), '{}' FROM setting"
        assert copy_records(records, tmp_path / "copy.db", page, lambda: writer.execute(add)) == 1
        [[written]] = writer.execute("SELECT count(*) FROM setting")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        [[copied]] = copy.execute("SELECT count(*) FROM setting")
    assert copied < 10 < written


def test_the_service_on_the_page_is_one_that_systemd_takes(page: str, tmp_path: Path) -> None:
    found = re.search(r"^```ini\n(.*?)^```", page, re.M | re.S)
    assert found is not None
    unit = tmp_path / "steward-server.service"
    unit.write_text(found[1].replace("/opt/steward/.venv/bin/steward", sys.executable), "utf-8")
    settings = configparser.ConfigParser(strict=False)
    settings.read(unit)
    assert settings["Service"]["RestartPreventExitStatus"] == "2"
    try:
        done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("systemd-analyze is not installed")
    assert [line for line in done.stderr.splitlines() if "steward-server" in line] == []
