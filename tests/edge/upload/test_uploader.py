"""What the uploader does with every answer, and what the transport makes of every status."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.outbox.outbox import Outbox, Progress
from edge.outbox.parcels import Item, ItemKind, ParkReason, Rank
from edge.upload.answers import (
    Accepted,
    Answer,
    Busy,
    Faulty,
    Partly,
    Refused,
    StoreAway,
    Unauthorised,
    Unreachable,
    read_answer,
)
from edge.upload.exchange import Reply
from edge.upload.uploader import POISON_ATTEMPTS, UNAUTHORISED_PAUSE_S, Pause, Uploader
from tests.edge.outbox.filling import fill, picture, traverse

ERROR = json.dumps({"error": {"code": "said", "message": "no", "where": "observations.0"}}).encode()
PAGE = b"<html>Please sign in to the wireless network</html>"
RECORD = traverse(1, [picture(10), picture(11)])
GOOD = json.dumps({"traverse_id": RECORD.id, "received": 2, "links": [], "missing_evidence": [picture(11).id]}).encode()
OTHER = json.dumps({"traverse_id": traverse(2, []).id, "received": 0, "missing_evidence": []}).encode()
SHOWN = picture(10)
STORED = json.dumps({"sha256": SHOWN.id, "size_bytes": len(SHOWN.body)}).encode()
T, E = ItemKind.TRAVERSE, ItemKind.EVIDENCE


@pytest.mark.parametrize(
    ("kind", "status", "body", "expected"),
    [
        (T, 201, GOOD, Accepted((picture(10).id,))),
        (T, 200, GOOD, Accepted((picture(10).id,))),
        (T, 200, PAGE, Faulty),
        (T, 200, b"", Faulty),
        (T, 200, OTHER, Faulty),
        (T, 302, b"", Faulty),
        (T, 400, ERROR, ParkReason.INVALID),
        (T, 401, ERROR, Unauthorised),
        (T, 401, b"", Unauthorised),
        (T, 403, PAGE, Unauthorised),
        (T, 404, ERROR, Faulty),
        (T, 408, b"", Unreachable),
        (T, 409, ERROR, ParkReason.CONFLICT),
        (T, 409, PAGE, Faulty),
        (T, 413, ERROR, ParkReason.TOO_LARGE),
        (T, 422, ERROR, ParkReason.INVALID),
        (T, 422, PAGE, Faulty),
        (T, 429, b"", Busy),
        (T, 500, ERROR, Faulty),
        (T, 502, PAGE, Faulty),
        (T, 503, b"", Faulty),
        (E, 201, STORED, Accepted()),
        (E, 200, STORED, Accepted()),
        (E, 200, b'{"sha256": "%064x"}' % 1, Faulty),
        (E, 201, b"", Faulty),
        (E, 200, b"{}", Faulty),
        (E, 200, PAGE, Faulty),
        (E, 404, ERROR, ParkReason.UNDECLARED),
        (E, 404, PAGE, Faulty),
        (E, 413, ERROR, ParkReason.TOO_LARGE),
        (E, 422, ERROR, ParkReason.INVALID),
    ],
)
def test_an_answer_is_read_as(kind: ItemKind, status: int, body: bytes, expected: object) -> None:
    item = Item(RECORD.id if kind is T else SHOWN.id, kind, RECORD.body, "application/json", 0)
    answer = read_answer(item, Reply(status, None, body))
    match expected:
        case ParkReason():
            assert isinstance(answer, Refused)
            assert answer.reason is expected
        case type():
            assert isinstance(answer, expected)
        case _:
            assert answer == expected


@pytest.mark.parametrize(
    ("said", "wait_s"), [("7", 7.0), ("999999", 3600.0), ("soon", None), ("-1", None), (None, None)]
)
def test_retry_after_is_believed_within_bounds(said: str | None, wait_s: float | None) -> None:
    item = Item("x", T, b"", "application/json", 0)
    assert read_answer(item, Reply(429, said, b"")) == Busy(wait_s)


@dataclass
class Scripted:
    """Answers by a rule, and notes what was asked."""

    rule: Callable[[Item], Answer]
    asked: list[str] = field(default_factory=list)

    def send(self, item: Item) -> Answer:
        self.asked.append(item.id)
        return self.rule(item)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox.open(tmp_path / "outbox.sqlite3")


def uploader(outbox: Outbox, rule: Callable[[Item], Answer]) -> tuple[Uploader, Scripted]:
    script = Scripted(rule)
    return Uploader(outbox, script, random.Random(3)), script


def test_an_empty_outbox_waits_to_be_woken(outbox: Outbox) -> None:
    assert uploader(outbox, lambda _: Accepted())[0].step(0.0) == Pause.until_woken()


def test_a_401_pauses_the_outbox_and_keeps_every_item(outbox: Outbox) -> None:
    fill(outbox, 1)
    before = outbox.counts()
    one, _ = uploader(outbox, lambda _: Unauthorised("revoked"))
    pause = one.step(0.0)
    assert pause.seconds == UNAUTHORISED_PAUSE_S
    assert "revoked" in pause.why
    assert outbox.counts() == before


def test_a_pause_holds_until_its_time_also_when_woken_early(outbox: Outbox) -> None:
    fill(outbox, 1)
    one, script = uploader(outbox, lambda _: Busy(30.0))
    assert one.step(100.0).seconds == 30.0
    assert one.step(110.0).seconds == 20.0
    assert len(script.asked) == 1
    one.step(130.0)
    assert len(script.asked) == 2


def test_backoff_grows_is_jittered_and_stays_below_its_cap(outbox: Outbox) -> None:
    fill(outbox, 1)
    one, _ = uploader(outbox, lambda _: Unreachable("down"))
    now_s, waits = 0.0, []
    for _ in range(40):
        wait_s = one.step(now_s).seconds
        assert wait_s is not None
        waits.append(wait_s)
        now_s += wait_s
    assert max(waits[:2]) <= 4.0
    assert max(waits) > 100.0
    assert max(waits) <= 300.0
    assert len(set(waits)) == len(waits)
    assert outbox.counts().items_waiting == 3


def test_a_link_that_loses_two_of_three_is_not_waited_for_as_if_the_server_were_gone(outbox: Outbox) -> None:
    """300 items in at most 3 s each, where doubling after each loss would take minutes for some."""
    for number in range(1, 301):
        fill(outbox, number, pictures=0)
    rng = random.Random(4)
    one, _ = uploader(outbox, lambda _: Unreachable("lost") if rng.random() < 2 / 3 else Accepted())
    now_s = 0.0
    while outbox.holds_any():
        now_s += one.step(now_s).seconds or 0.0
        assert now_s < 900.0


def test_success_resets_the_backoff(outbox: Outbox) -> None:
    fill(outbox, 1)
    answers = iter([Unreachable("down")] * 8 + [Accepted(), Unreachable("down")])
    one, _ = uploader(outbox, lambda _: next(answers))
    now_s, pause = 0.0, Pause.none()
    for _ in range(10):
        pause = one.step(now_s)
        now_s += pause.seconds or 0.0
    assert pause.seconds is not None
    assert pause.seconds <= 2.0


def test_a_poison_item_is_parked_while_the_others_pass(outbox: Outbox) -> None:
    for number in range(1, 42):
        fill(outbox, number, pictures=0)
    bad = traverse(1, []).id
    one, script = uploader(outbox, lambda item: Faulty("status 500") if item.id == bad else Accepted())
    now_s = 0.0
    for _ in range(60):
        now_s += one.step(now_s).seconds or 0.0
    assert script.asked.count(bad) == POISON_ATTEMPTS
    assert [at for at, ident in enumerate(script.asked) if ident == bad] == [0, 2, 5, 10, 19, 36]
    assert [(ident, reason) for ident, reason, _ in outbox.parked()] == [(bad, ParkReason.SERVER_FAULT)]
    assert not outbox.holds_any()


def test_an_item_that_fails_only_while_nothing_passes_is_not_taken_for_poison(outbox: Outbox) -> None:
    """Two illnesses of the server, and one answer in between: it was never the item."""
    fill(outbox, 1, pictures=0)
    fill(outbox, 2, pictures=0)
    answers = iter([Faulty("status 500")] * 20 + [Accepted()] + [Faulty("status 500")] * 20)
    one, _ = uploader(outbox, lambda _: next(answers))
    now_s = 0.0
    for _ in range(41):
        now_s += one.step(now_s).seconds or 0.0
    assert outbox.counts().parked == 0


def test_a_server_that_fails_on_everything_parks_nothing(outbox: Outbox) -> None:
    fill(outbox, 1)
    fill(outbox, 2)
    one, _ = uploader(outbox, lambda _: Faulty("status 500"))
    now_s = 0.0
    for _ in range(60):
        now_s += one.step(now_s).seconds or 0.0
    assert outbox.counts().parked == 0
    assert outbox.counts().waiting == 4


def test_an_item_of_several_steps_goes_on_where_it_was_also_after_a_restart(outbox: Outbox, tmp_path: Path) -> None:
    fill(outbox, 1, pictures=0)
    seen: list[str] = []

    def rule(item: Item) -> Answer:
        seen.append(item.progress)
        return Accepted() if item.progress == "part 2" else Partly(f"part {len(seen)}")

    assert uploader(outbox, rule)[0].step(0.0) == Pause.none()
    again = Outbox.open(tmp_path / "outbox.sqlite3")
    one, _ = uploader(again, rule)
    for _ in range(3):
        one.step(0.0)
    assert seen == ["", "part 1", "part 2"]
    assert not again.holds_any()


def test_a_step_of_a_large_item_gives_way_to_a_more_urgent_one(outbox: Outbox) -> None:
    fill(outbox, 1, pictures=0)
    one, script = uploader(outbox, lambda item: Accepted() if item.id != traverse(1, []).id else Partly("part 1"))
    one.step(0.0)
    outbox.put(traverse(2, [], rank=Rank.URGENT_RECORD), [], 0, "drive", Progress(2, 20))
    for _ in range(2):
        one.step(0.0)
    assert script.asked == [traverse(number, []).id for number in (1, 2, 1)]


def test_one_slow_item_does_not_hold_up_the_others(outbox: Outbox) -> None:
    fill(outbox, 1, pictures=0)
    fill(outbox, 2, pictures=0)
    slow = traverse(1, []).id
    one, _ = uploader(outbox, lambda item: Unreachable("no answer in time") if item.id == slow else Accepted())
    now_s = 0.0
    for _ in range(3):
        now_s += one.step(now_s).seconds or 0.0
    assert outbox.counts().items_waiting == 1


def test_while_no_store_takes_pictures_records_go_on_and_pictures_are_tried_again_in_time(outbox: Outbox) -> None:
    fill(outbox, 1)
    fill(outbox, 2)
    healthy = False
    one, script = uploader(outbox, lambda item: Accepted() if item.kind is T or healthy else StoreAway("away", 60.0))
    for _ in range(4):
        pause = one.step(0.0)
    assert (pause.seconds, pause.why) == (60.0, "pictures wait: away")
    assert [len(ident) for ident in script.asked] == [36, 36, 64], "two records, and one picture that failed"
    fill(outbox, 3)
    assert one.step(30.0) == Pause.none()
    assert script.asked[-1] == traverse(3, []).id
    assert one.step(30.0).seconds == 30.0
    healthy = True
    for _ in range(7):
        one.step(60.0)
    assert not outbox.holds_any()
    assert outbox.counts().parked == 0


def test_a_store_that_stays_away_is_asked_less_and_less_often_whatever_records_pass(outbox: Outbox) -> None:
    fill(outbox, 1)
    one, script = uploader(outbox, lambda item: Accepted() if item.kind is T else StoreAway("away"))
    now_s, number = 0.0, 2
    while now_s < 3600.0:
        pause = one.step(now_s)
        if pause.seconds != 0.0:
            fill(outbox, number := number + 1, pictures=0)
            now_s += min(pause.seconds or 0.0, 60.0)
    assert sum(len(ident) == 64 for ident in script.asked) < 60
    assert number > 60
