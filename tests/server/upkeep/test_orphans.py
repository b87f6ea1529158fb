"""Bytes that nobody will ask for are deleted and counted; records without their bytes are reported."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from server.cli import app
from server.pictures.objects import digest_of
from server.upkeep.check import check
from server.upkeep.orphans import PICTURE_NS, PIECE_NS, Orphan, SweptObjects, sweep_pictures, sweep_pieces
from server.upkeep.sweeps import rarely
from tests.server.intake.test_uploads import declare, wait
from tests.server.town import HOUR_NS, Clock, Town, open_town, picture


@pytest.fixture
def town(either_town: Town) -> Town:
    """A town on a folder and one on a real S3 server; both tell by the real clock when they were written to."""
    either_town.clock.ns = time.time_ns()
    return either_town


def swept(town: Town) -> dict[str, tuple[int, int]]:
    with town.context.store.read() as session:
        return {row.reason: (row.objects, row.size_bytes) for row in session.scalars(select(SweptObjects))}


def test_pieces_that_waited_too_long_are_deleted_and_counted(town: Town) -> None:
    wait(town, b"never completed")
    town.clock.ns += PIECE_NS - HOUR_NS
    assert sweep_pieces(town.context) == 0
    town.clock.ns += 2 * HOUR_NS
    assert sweep_pieces(town.context) == 1
    assert list(town.context.objects.waiting()) == []
    assert swept(town) == {Orphan.NEVER_COMPLETED: (1, 15)}
    wait(town, b"another")
    town.clock.ns += 2 * PIECE_NS
    assert sweep_pieces(town.context) == 1
    assert swept(town) == {Orphan.NEVER_COMPLETED: (2, 22)}


def test_pictures_that_nobody_declared_are_deleted_and_all_others_stay(town: Town) -> None:
    recorded, declared, stranger = picture(1), picture(2), picture(3)
    declare(town, recorded, declared)
    town.upload(recorded)
    for content in (declared, stranger):
        town.context.objects.put(digest_of(content), content)
    assert sweep_pictures(town.context) == 0, "it may be the one whose record is being written"
    town.clock.ns += PICTURE_NS + HOUR_NS
    assert sweep_pictures(town.context) == 1
    assert {one.name for one in town.context.objects.kept()} == {digest_of(recorded), digest_of(declared)}
    assert swept(town) == {Orphan.NO_RECORD: (1, len(stranger))}


def test_a_picture_that_was_put_again_since_the_listing_stays(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    content = picture(1)
    objects = town.context.objects
    objects.put(digest_of(content), content)
    old = list(objects.kept())
    monkeypatch.setattr(type(objects), "kept", lambda _: iter([replaced(one) for one in old]))
    assert sweep_pictures(town.context) == 0
    assert objects.get(digest_of(content)) == content


def replaced(one: Any) -> Any:
    return type(one)(one.name, one.size_bytes, one.modified_ns - 2 * PICTURE_NS)


def test_a_store_that_goes_away_in_the_middle_leaves_the_count_right(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in (b"one", b"two"):
        wait(town, content)
    town.clock.ns += 2 * PIECE_NS
    objects, drop, calls = town.context.objects, type(town.context.objects).drop, []

    def once(_: object, name: str) -> None:
        calls.append(name)
        if len(calls) == 2:
            raise OSError("the store went away")
        drop(objects, name)

    monkeypatch.setattr(type(objects), "drop", once)
    with pytest.raises(OSError, match="went away"):
        sweep_pieces(town.context)
    assert swept(town) == {Orphan.NEVER_COMPLETED: (1, 3)}


def test_a_sweep_of_the_whole_store_is_rare(town: Town) -> None:
    calls: list[int] = []

    def sweep(_: object) -> int:
        calls.append(1)
        return 0

    seldom = rarely(sweep, HOUR_NS)
    for _ in range(3):
        seldom(town.context)
    town.clock.ns += HOUR_NS
    seldom(town.context)
    assert len(calls) == 2


def test_a_sweep_that_failed_is_tried_again_at_the_next_turn(town: Town) -> None:
    calls: list[int] = []

    def sweep(_: object) -> int:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("the store is away")
        return 7

    seldom = rarely(sweep, HOUR_NS)
    with pytest.raises(OSError, match="away"):
        seldom(town.context)
    assert [seldom(town.context), seldom(town.context)] == [7, 0]


def test_a_check_looks_at_a_part_of_the_store_at_a_time_and_misses_nothing_that_came_since(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = [picture(seed) for seed in range(4)]
    declare(town, *contents)
    town.upload(contents[0])
    objects, kept, parts = town.context.objects, type(town.context.objects).kept, list[str]()

    def listed(_: object, part: str = "") -> Iterator[Any]:
        found = list(kept(objects, part))
        if not parts:
            for content in contents[1:]:
                town.upload(content)
        parts.append(part)
        return iter(found)

    monkeypatch.setattr(type(objects), "kept", listed)
    with town.context.store.read() as session:
        found = check(session, objects)
    assert (found.recorded, found.missing) == (1, ())
    assert parts == [bytes([number]).hex() for number in range(256)]


def test_a_check_tells_what_is_missing_damaged_without_a_record_and_on_its_way(town: Town) -> None:
    kept, lost, changed, declared, stranger = (picture(seed) for seed in range(5))
    declare(town, kept, lost, changed, declared)
    for content in (kept, lost, changed):
        town.upload(content)
    objects = town.context.objects
    objects.remove(digest_of(lost))
    damage(town, digest_of(changed), bytes(len(changed)))
    for content in (declared, stranger):
        objects.put(digest_of(content), content)
    wait(town, b"on its way")
    with town.context.store.read() as session:
        quick, thorough = check(session, objects), check(session, objects, read=True)
    assert (quick.recorded, quick.missing, quick.damaged) == (3, (digest_of(lost),), ())
    assert thorough.damaged == (digest_of(changed),)
    assert (thorough.no_record, thorough.declared) == (2, 1)
    assert (thorough.waiting, thorough.waiting_bytes) == (1, 10)
    assert not thorough.is_whole
    path = f"/api/evidence/{digest_of(lost)}"
    assert town.client.get(path, headers=town.as_("operator")).status_code == 404


def damage(town: Town, key: str, content: bytes) -> None:
    """Write other bytes under a key, as a failing disk would."""
    objects: Any = town.context.objects
    if hasattr(objects, "_folder"):
        objects._path(key).write_bytes(content)
    else:
        objects._put(f"pictures/{key[:2]}/{key}", content)


def test_the_check_command_ends_with_3_where_a_picture_is_lost(founded: Path, tmp_path: Path) -> None:
    shutil.copytree(founded, tmp_path / "home")
    town = open_town(tmp_path / "home", Clock())
    content = picture(1)
    declare(town, content)
    town.upload(content)
    words = ["check", "--home", str(town.home)]
    done = CliRunner().invoke(app, [*words, "--read", "--json"])
    assert (done.exit_code, json.loads(done.stdout)["recorded"], json.loads(done.stdout)["missing"]) == (0, 1, [])
    town.context.objects.remove(digest_of(content))
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 3
    assert digest_of(content) in done.stdout
    town.context.store.close()
