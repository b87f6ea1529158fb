"""One message when it is really fixed, to who asked for it; then the number is forgotten."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from server.citizens.notices import KEPT_NS, MOST_WAITING, ContactRow, tell_reporters
from server.notifier import FileNotifier, KeptNotices, Notice
from tests.server.api.test_order_lists import asked_of
from tests.server.cases.test_mends import merge
from tests.server.citizens.test_reports import case_of, cleared, report
from tests.server.town import HOUR_NS, MIN_NS, Town

PHONE, OTHER = "13800000000", "13900000000"


def sent(town: Town) -> list[Notice]:
    assert isinstance(town.context.notifier, KeptNotices)
    return town.context.notifier.sent


def numbers(town: Town) -> list[str]:
    with town.context.store.read() as session:
        return list(session.scalars(select(ContactRow.phone)))


def waiting_case(town: Town, **form: str) -> str:
    [seen] = town.send(town.seen("litter"))["links"]
    town.clock.ns += 10 * MIN_NS
    report(town, phone=PHONE, **form)
    case_id: str = seen["case_id"]
    return case_id


def test_a_reporter_is_told_once_when_the_fix_is_approved_and_then_forgotten(town: Town) -> None:
    case_id = waiting_case(town)
    cleared(town, case_id, 21, approve=False)
    assert tell_reporters(town.context) == 0
    order = town.order_of(case_id)["id"]
    town.post(f"/api/work-orders/{order}/approve", "reviewer")
    assert tell_reporters(town.context) == 1
    assert [(one.phone, "已解决" in one.words) for one in sent(town)] == [(PHONE, True)]
    assert numbers(town) == []
    assert tell_reporters(town.context) == 0


def test_a_number_is_told_once_of_a_case_however_many_reports_named_it(town: Town) -> None:
    case_id = waiting_case(town)
    for phone in (PHONE, PHONE, OTHER):
        report(town, phone=phone)
    far = report(town, east_m=40.0, phone=PHONE)
    assert isinstance(town.context.notifier, KeptNotices)
    cleared(town, case_id, 25)
    town.context.notifier.away.append(None)
    assert tell_reporters(town.context) == 0
    town.context.notifier.away.clear()
    assert tell_reporters(town.context) == 2
    assert sorted(one.phone for one in sent(town)) == [PHONE, OTHER]
    assert tell_reporters(town.context) == 0
    assert numbers(town) == [PHONE]
    other_case = case_of(town, far["case_number"])["id"]
    town.post(f"/api/cases/{other_case}/dispatch", "operator")
    cleared(town, other_case, 26)
    assert tell_reporters(town.context) == 1
    assert numbers(town) == []


def test_only_a_few_reports_wait_for_one_number_and_the_others_are_taken_all_the_same(town: Town) -> None:
    spelt = (PHONE, f"+86{PHONE}", f"86{PHONE}", f"0086{PHONE}", f"0{PHONE}", f"+86{PHONE}")
    assert len(spelt) == MOST_WAITING + 1
    told = [report(town, east_m=30.0 * number - 90.0, phone=phone) for number, phone in enumerate(spelt)]
    assert [one["becoming"] for one in told] == ["received"] * len(told)
    assert numbers(town) == [PHONE] * MOST_WAITING
    town.clock.ns += HOUR_NS
    report(town, phone=OTHER)
    assert numbers(town).count(OTHER) == 1


def test_who_waits_for_a_case_that_goes_on_costs_no_question(town: Town) -> None:
    with asked_of(town) as nobody:
        tell_reporters(town.context)
    for number in range(3):
        report(town, east_m=30.0 * number, phone=PHONE)
    with asked_of(town) as three:
        tell_reporters(town.context)
    assert len(three) == len(nobody)


def test_a_reporter_whose_case_was_merged_is_told_when_the_other_is_fixed(town: Town) -> None:
    case_id = waiting_case(town)
    [kept] = town.send(town.seen("litter", east_m=40.0))["links"]
    merge(town, kept["case_id"], case_id)
    assert tell_reporters(town.context) == 0
    cleared(town, kept["case_id"], 23)
    assert tell_reporters(town.context) == 1


@pytest.mark.parametrize("step", ["dismiss", "cancel"])
def test_closed_otherwise_sends_nothing(town: Town, step: str) -> None:
    case_id = waiting_case(town)
    town.post(f"/api/cases/{case_id}/{step}", "supervisor", reason="a mistake")
    assert tell_reporters(town.context) == 0
    assert sent(town) == []


def test_a_message_that_could_not_be_handed_over_is_tried_again(town: Town) -> None:
    cleared(town, waiting_case(town, language="en"), 22)
    assert isinstance(town.context.notifier, KeptNotices)
    town.context.notifier.away.append(None)
    assert tell_reporters(town.context) == 0
    town.context.notifier.away.clear()
    assert tell_reporters(town.context) == 1
    assert "is fixed and checked" in sent(town)[0].words


def test_a_number_is_forgotten_after_ninety_days(town: Town) -> None:
    waiting_case(town)
    assert numbers(town) == [PHONE]
    town.clock.ns += KEPT_NS
    tell_reporters(town.context)
    assert numbers(town) == []


def test_what_is_no_number_is_refused(town: Town) -> None:
    for phone in ("call me", "1", "9" * 16, "138\n000"):
        report(town, phone=phone, expect=422)


def test_the_file_of_messages_is_for_the_servers_own_user(tmp_path: Path) -> None:
    file = FileNotifier(tmp_path / "notices.jsonl")
    file.send(Notice(PHONE, "已解决"))
    file.send(Notice(PHONE, "fixed"))
    assert [json.loads(line)["words"] for line in file.path.read_text("utf-8").splitlines()] == ["已解决", "fixed"]
    assert file.path.stat().st_mode & 0o077 == 0


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from server.notifier import FileNotifier, Notice
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = FileNotifier(Path(sys.argv[1]))
file.send(Notice("1", "fixed"))
room = file.path.stat().st_size + 10
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
try:
    file.send(Notice("2", "fixed too"))
except OSError:
    sys.exit(3)
"""


def test_half_a_message_is_not_left_where_the_disk_is_full(tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    assert subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], check=False).returncode == 3
    assert [json.loads(line)["phone"] for line in path.read_text("utf-8").splitlines()] == ["1"]
