"""What docs/operations.md calls a backup is one: copied while the server works, it is whole and can be replayed."""

from __future__ import annotations

import configparser
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
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


def copy_of(town: Town, to: Path) -> Path:
    """Records as `sqlite3 FILE .backup` copies them, then pictures."""
    to.mkdir()
    with closing(sqlite3.connect(town.home / DATABASE)) as here, closing(sqlite3.connect(to / DATABASE)) as there:
        here.backup(there)
    shutil.copytree(town.home / PICTURES, to / PICTURES)
    return to


def ended(*words: str) -> int:
    return CLI.invoke(app, list(words)).exit_code


def test_a_copy_of_records_and_then_of_pictures_is_whole_and_goes_on(town: Town, tmp_path: Path) -> None:
    photo = picture(1)
    [link] = town.send(town.seen(pictures=(photo,)))["links"]
    town.upload(photo)
    copy = copy_of(town, tmp_path / "copy")
    town.send(town.seen(east_m=30.0))
    assert ended("check", "--home", str(copy), "--read") == ended("replay", "--home", str(copy)) == 0
    restored = open_town(copy, Clock())
    assert [case["id"] for case in restored.get("/api/cases")["items"]] == [link["case_id"]]
    restored.laws_hold()
    restored.context.store.close()


def test_a_copy_that_lacks_a_picture_is_found_out(town: Town, tmp_path: Path) -> None:
    photo = picture(1)
    town.send(town.seen(pictures=(photo,)))
    town.upload(photo)
    copy = copy_of(town, tmp_path / "copy")
    shutil.rmtree(copy / PICTURES)
    assert ended("check", "--home", str(copy)) == 3


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
