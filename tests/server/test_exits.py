"""A command that is told to end leaves nothing half-written behind, and says by its code what ended it."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import pytest
from typer.testing import CliRunner

from server import cli
from server.exits import ENDING, or_exit
from server.upkeep import cli as upkeep
from tests.server.judgement import fix, report
from tests.server.town import Town, picture

T = TypeVar("T")


def ended(*words: str | Path) -> int:
    return CliRunner().invoke(cli.app, [str(word) for word in words]).exit_code


@pytest.fixture(params=ENDING)
def told_to_end(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The signal that comes when a command has begun to copy pictures, and again while it puts away what it wrote."""
    number: signal.Signals = request.param

    def watched(things: Iterable[T], _: int, doing: str) -> Iterable[T]:
        if "pictures" in doing:
            try:
                signal.raise_signal(number)
            finally:
                signal.raise_signal(number)
        return things

    monkeypatch.setattr(cli, "watched", watched)
    monkeypatch.setattr(upkeep, "watched", watched)
    return number


def test_verdicts_leave_no_folder(town: Town, tmp_path: Path, told_to_end: int) -> None:
    fix(town, report(town, 1), 9)
    assert ended("verdicts", "--home", town.home, "--out", tmp_path / "out" / "verdicts") == 128 + told_to_end
    assert list((tmp_path / "out").iterdir()) == []


def test_a_backup_leaves_no_copy_of_the_records(town: Town, tmp_path: Path, told_to_end: int) -> None:
    photo = picture(1)
    town.send(town.seen(pictures=(photo,)))
    town.upload(photo)
    assert ended("backup", "--home", town.home, "--to", tmp_path / "copy") == 128 + told_to_end
    assert [one for one in (tmp_path / "copy").rglob("*") if one.is_file()] == []


def test_signals_are_heard_by_nobody_else_afterwards_and_one_that_is_not_heard_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert or_exit(lambda: signal.getsignal(signal.SIGHUP)) is signal.SIG_IGN
        assert callable(or_exit(lambda: signal.getsignal(signal.SIGTERM)))
    finally:
        signal.signal(signal.SIGHUP, before)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
