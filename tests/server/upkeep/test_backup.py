"""What `steward server backup` copies while the server works is whole, can be replayed, and is private."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from server.cli import app
from server.pictures.keeper import PICTURES, SETTING
from server.records.address import ADDRESS, DATABASE, keep_address
from server.records.tables import Setting
from server.upkeep.backup import _alone
from tests.server.cluster import Cluster
from tests.server.conftest import POSTGRESQL
from tests.server.town import Clock, Town, open_town, picture

CLI = CliRunner()


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs/operations.md").read_text("utf-8")


def ended(*words: str | Path) -> int:
    return CLI.invoke(app, [str(word) for word in words]).exit_code


def backed_up(town: Town, to: Path, *more: str) -> dict[str, Any]:
    done = CLI.invoke(app, ["backup", "--home", str(town.home), "--to", str(to), "--json", *more])
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def records_in(to: Path) -> list[Path]:
    return sorted(to.glob("steward-*"))


@pytest.fixture
def restored(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A home without records and pictures, for a copy to be put into."""
    home = tmp_path / "restored"
    home.mkdir()
    if database == POSTGRESQL:
        running: Cluster = request.getfixturevalue("postgres")
        keep_address(home, running.address(running.create()))
    return home


def restore(copy: Path, records: Path, home: Path) -> None:
    """As the page says."""
    shutil.copytree(copy / PICTURES, home / PICTURES)
    if records.suffix == ".db":
        shutil.copy(records, home / DATABASE)
        return
    where = (home / ADDRESS).read_text().strip()
    words = ["pg_restore", "--exit-on-error", "--single-transaction", "--dbname", where, str(records)]
    subprocess.run(words, check=True, capture_output=True)


@pytest.mark.both_databases
def test_a_copy_is_whole_and_goes_on_from_there(town: Town, tmp_path: Path, restored: Path) -> None:
    photo = picture(1)
    [link] = town.send(town.seen(pictures=(photo,)))["links"]
    town.upload(photo)
    records = Path(backed_up(town, tmp_path / "copy")["records"])
    town.send(town.seen(east_m=30.0))
    restore(tmp_path / "copy", records, restored)
    assert ended("check", "--home", restored, "--read") == ended("replay", "--home", restored) == 0
    there = open_town(restored, Clock())
    assert [case["id"] for case in there.get("/api/cases")["items"]] == [link["case_id"]]
    there.send(there.seen(east_m=60.0))
    there.laws_hold()
    there.context.store.close()


@pytest.mark.both_databases
def test_what_nobody_has_committed_is_in_no_copy_and_holds_none_up(town: Town, tmp_path: Path, restored: Path) -> None:
    with town.context.store.write() as session:
        session.add(Setting(key="not yet", value={}))
        session.flush()
        copied = backed_up(town, tmp_path / "copy")
    restore(tmp_path / "copy", Path(copied["records"]), restored)
    there = open_town(restored, Clock())
    with there.context.store.read() as session:
        assert session.get(Setting, "not yet") is None
    there.context.store.close()


def test_a_copy_that_lacks_a_picture_is_found_out(town: Town, tmp_path: Path, restored: Path) -> None:
    photo = picture(1)
    town.send(town.seen(pictures=(photo,)))
    town.upload(photo)
    records = Path(backed_up(town, tmp_path / "copy")["records"])
    restore(tmp_path / "copy", records, restored)
    shutil.rmtree(restored / PICTURES)
    assert ended("check", "--home", restored) == 3


@pytest.mark.both_databases
def test_the_next_copy_takes_what_is_new_and_the_oldest_go(town: Town, tmp_path: Path) -> None:
    copies = []
    for seed in range(3):
        photo = picture(seed)
        town.send(town.seen(east_m=20.0 * seed, pictures=(photo,)))
        town.upload(photo)
        clock = f"2020112{seed}T000000Z"
        done = backed_up(town, tmp_path / "copy", "--keep", "2")
        copies.append(
            Path(done["records"]).rename(tmp_path / "copy" / f"steward-{clock}{Path(done['records']).suffix}")
        )
        assert done["pictures"] == {"copied": 1, "already_there": seed, "lost": []}
    assert done["dropped"] == 1
    assert records_in(tmp_path / "copy") == copies[1:]
    for one in (tmp_path / "copy", *copies[1:]):
        assert one.stat().st_mode & 0o077 == 0


def test_a_clock_that_was_ahead_costs_no_new_copy(town: Town, tmp_path: Path) -> None:
    to = tmp_path / "copy"
    ahead = Path(backed_up(town, to)["records"]).rename(to / "steward-29991231T000000Z.db")
    for keep, left in (("2", 2), ("1", 1)):
        done = backed_up(town, to, "--keep", keep)
        assert Path(done["records"]) in records_in(to)
        assert len(records_in(to)) == left
    assert not ahead.exists()


def test_a_copy_that_cannot_be_made_whole_takes_no_name_and_leaves_the_earlier_one(town: Town, tmp_path: Path) -> None:
    to = tmp_path / "copy"
    backed_up(town, to)
    earlier = records_in(to)
    photo = picture(1)
    town.send(town.seen(pictures=(photo,)))
    town.upload(photo)
    (to / PICTURES).rmdir()
    (to / PICTURES).write_text("in the way")
    assert ended("backup", "--home", town.home, "--to", to, "--keep", "1") == 2
    assert records_in(to) == earlier
    (to / PICTURES).unlink()
    assert backed_up(town, to)["pictures"]["copied"] == 1


def test_a_picture_that_was_lost_before_is_told_and_the_rest_is_copied(town: Town, tmp_path: Path) -> None:
    for photo in (picture(1), picture(2)):
        town.send(town.seen(pictures=(photo,)))
        town.upload(photo)
    next(one for one in (town.home / PICTURES).rglob("*") if one.is_file()).unlink()
    done = CLI.invoke(app, ["backup", "--home", str(town.home), "--to", str(tmp_path / "copy")])
    assert (done.exit_code, "1 copied" in done.output, "lost before: 1" in done.output) == (3, True, True)
    assert len(records_in(tmp_path / "copy")) == 1


def test_two_backups_into_one_folder_do_not_meet(town: Town, tmp_path: Path) -> None:
    to = tmp_path / "copy"
    to.mkdir()
    with _alone(to):
        done = CLI.invoke(app, ["backup", "--home", str(town.home), "--to", str(to)])
    assert (done.exit_code, "another backup" in done.output) == (2, True)


def test_pictures_in_a_store_are_left_to_it(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    with town.context.store.write() as session:
        session.add(Setting(key=SETTING, value={"address": "s3+http://127.0.0.1:1/evidence"}))
    assert backed_up(town, tmp_path / "copy")["pictures"] is None


def test_of_damaged_records_no_copy_is_made(town: Town, tmp_path: Path) -> None:
    town.context.store.close()
    with closing(sqlite3.connect(town.home / DATABASE)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (town.home / DATABASE).open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 200_000)
    done = CLI.invoke(app, ["backup", "--home", str(town.home), "--to", str(tmp_path / "copy")])
    assert (done.exit_code, "damaged" in done.output) == (2, True)
    assert records_in(tmp_path / "copy") == []


def test_the_services_on_the_page_are_ones_that_systemd_takes(page: str, tmp_path: Path) -> None:
    found = re.findall(r"^# /etc/systemd/system/(\S+)\n(.*?)(?=^# /etc/systemd|^```)", page, re.M | re.S)
    assert [name for name, _ in found] == ["steward-server.service", "steward-backup.service", "steward-backup.timer"]
    for name, told in found:
        (tmp_path / name).write_text(told.replace("/opt/steward/.venv/bin/steward", sys.executable), "utf-8")
    settings = configparser.ConfigParser(strict=False)
    settings.read(tmp_path / "steward-server.service")
    assert settings["Service"]["RestartPreventExitStatus"] == "2"
    units = [tmp_path / name for name, _ in found]
    try:
        done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("systemd-analyze is not installed")
    assert [line for line in done.stderr.splitlines() if "steward-" in line] == []
