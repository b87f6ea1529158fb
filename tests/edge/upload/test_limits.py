"""Pace, the day's budget and metered links: never more than allowed, whatever the clocks do, and never stuck."""

from __future__ import annotations

import random
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.allowance import Limits, Metered
from edge.config import UploadTable
from edge.outbox.outbox import Outbox, Progress
from edge.outbox.parcels import Item, Rank
from edge.upload.answers import Accepted, Answer
from edge.upload.limits import BURST_S, HOUR_S, SLOTS, Leave, Ledger, Pace, away_s, leave
from edge.upload.link import default_4, default_6, is_metered
from edge.upload.meter import HEAD_BYTES, Meter, MeteredClient
from edge.upload.uploader import Pause, Uploader
from tests.edge.loopback import City, serving
from tests.edge.outbox.filling import picture, traverse

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wwan0\t00000000\t0100000A\t0003\t0\t0\t700\t00000000\t0\t0\t0
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
wlan0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0
"""
ROUTES_6 = (
    "00000000000000000000000000000000 00 " + "0" * 32 + " 00 " + "fe80" + "0" * 27 + "1 00000400 00000001 00000000"
    " 00450003    wwan0\n"
    "00000000000000000000000000000000 00 " + "0" * 32 + " 00 " + "0" * 32 + " ffffffff 00000001 00000000 00200200"
    "       lo\n"
)


def test_the_default_route_with_the_lowest_metric_is_the_way_out() -> None:
    assert default_4(ROUTES) == "wlan0"
    assert default_4(ROUTES.replace("0003\t0\t0\t600", "0002\t0\t0\t600")) == "wwan0", "a route that is down is none"
    assert default_4("") is None
    assert default_6(ROUTES_6) == "wwan0"
    assert default_6("") is None


@pytest.mark.parametrize(
    ("interface", "patterns", "metered"),
    [
        ("wwan0", ("wwan*", "ppp0"), True),
        ("wlan0", ("wwan*", "ppp0"), False),
        ("wwan0", (), False),
        (None, (), False),
        (None, ("wwan*",), True),
    ],
)
def test_a_link_is_metered_by_its_name(interface: str | None, patterns: tuple[str, ...], metered: bool) -> None:
    assert is_metered(interface, patterns) is metered


DAY = Limits(day_bytes=1000)
RECORDS = Limits(interfaces=("wwan*",), metered=Metered.RECORDS)

ALLOWED = [
    (Limits(), False, 10**9, 0.0, Rank.CLIP),
    (RECORDS, False, 0, 0.0, Rank.CLIP),
    (RECORDS, True, 0, 0.0, Rank.URGENT_CLOSE),
    (Limits(metered=Metered.ALL), True, 0, 0.0, Rank.CLIP),
    (Limits(metered=Metered.NONE), True, 0, 0.0, None),
    (DAY, False, 899, 0.0, Rank.CLIP),
    (DAY, False, 900, 0.0, Rank.RECORD),
    (DAY, True, 900, 0.0, Rank.RECORD),
    (DAY, False, 1000, 0.0, None),
    (DAY, False, 0, 3.0, None),
]


@pytest.mark.parametrize(("limits", "metered", "spent", "wait_s", "most"), ALLOWED)
def test_what_may_go(limits: Limits, metered: bool, spent: int, wait_s: float, most: Rank | None) -> None:
    allowed = leave(limits, metered, spent, wait_s)
    assert allowed.most is most
    assert (allowed == Leave()) == (most is Rank.CLIP)
    assert allowed.wait_s > 0 or most is Rank.CLIP


@given(st.lists(st.tuples(st.floats(0, 90_000), st.integers(0, 500)), max_size=60))
def test_no_24_hours_see_more_than_the_budget_and_after_25_all_is_forgotten(steps: list[tuple[float, int]]) -> None:
    """A sender that sends whenever the ledger stands below the budget, at any moments."""
    ledger, now_s, sent = Ledger(), 0.0, []
    for elapsed_s, size in steps:
        now_s += elapsed_s
        ledger = ledger.later(elapsed_s)
        if ledger.spent + size <= 1000:
            ledger = ledger.spend(size)
            sent.append((now_s, size))
    for start_s, _ in sent:
        assert sum(size for at_s, size in sent if start_s <= at_s < start_s + 24 * HOUR_S) <= 1000
    assert ledger.later(25 * HOUR_S).spent == 0


@given(st.lists(st.tuples(st.floats(0, 20), st.integers(1, 100_000)), min_size=2, max_size=40))
def test_the_pace_is_kept_over_any_stretch(steps: list[tuple[float, int]]) -> None:
    rate, pace, now_s, total, last = 10_000.0, Pace(), 0.0, 0, 0
    for idle_s, size in steps:
        now_s += idle_s + pace.wait_s(now_s + idle_s)
        pace = pace.spend(size, now_s, rate)
        total, last = total + size, size
    assert total - last <= rate * (now_s + BURST_S) + 1e-3


NOW_UTC = 1.79e9


@pytest.mark.parametrize(
    ("started", "back_s"),
    [
        (NOW_UTC + 3600.0, 3600.0),
        (NOW_UTC + 300.0, 300.0),
        (0.0, 0.0),
        (NOW_UTC - 1024 * 7 * 86_400, 0.0),
        (NOW_UTC + 1024 * 7 * 86_400, SLOTS * HOUR_S),
    ],
    ids=["an hour off", "+5 min", "1970", "GPS week roll-over back", "GPS week roll-over ahead"],
)
def test_what_a_start_gives_back_is_the_time_that_it_was_off_and_never_more_than_is_remembered(
    started: float, back_s: float
) -> None:
    assert away_s(started, NOW_UTC) == back_s


class Clocks:
    """A vehicle's clocks and link, in the test's hand."""

    def __init__(self) -> None:
        self.mono_s, self.utc_s, self.sent = 0.0, NOW_UTC, 0
        self.interface: str | None = "wlan0"

    def meter(self, outbox: Outbox, limits: Limits) -> Meter:
        return Meter(limits, outbox, lambda: self.sent, lambda: self.utc_s, lambda: self.interface)

    def spend(self, meter: Meter, size: int) -> None:
        self.sent += size
        meter.spent(self.mono_s)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox.open(tmp_path / "outbox.sqlite3")


@pytest.mark.parametrize("jump_s", [-NOW_UTC, 300.0, -1024 * 7 * 86_400.0, 40 * 86_400.0])
def test_a_clock_that_jumps_while_the_vehicle_runs_neither_grants_nor_burns(outbox: Outbox, jump_s: float) -> None:
    clocks, limits = Clocks(), Limits(day_bytes=10_000_000)
    meter = clocks.meter(outbox, limits)
    meter.leave(0.0)
    clocks.spend(meter, 10_000_000)
    clocks.utc_s += jump_s
    for hour in range(1, 24):
        clocks.mono_s = hour * HOUR_S
        assert meter.leave(clocks.mono_s).most is None
    clocks.mono_s = 25 * HOUR_S
    assert meter.leave(clocks.mono_s) == Leave()


def test_a_restart_remembers_what_was_spent_and_the_night_gives_it_back(outbox: Outbox) -> None:
    clocks, limits = Clocks(), Limits(day_bytes=10_000_000)
    meter = clocks.meter(outbox, limits)
    meter.leave(0.0)
    clocks.spend(meter, 10_000_000)
    clocks.utc_s = 5.0
    again = clocks.meter(outbox, limits)
    assert again.leave(1e6).most is None, "it starts with a clock at 1970"
    clocks.utc_s = NOW_UTC + 25 * HOUR_S
    assert clocks.meter(outbox, limits).leave(7.0) == Leave(), "a clock that knows the night gives a day back"
    assert again.leave(1e6 + 60.0).most is not None, "and so does one that was set right after the start"


def test_a_damaged_ledger_begins_anew(outbox: Outbox) -> None:
    outbox.remember("sent", '{"hours": "many"}')
    assert Clocks().meter(outbox, Limits(day_bytes=5)).leave(0.0) == Leave()


def test_over_a_metered_link_records_and_urgent_close_views_go_and_the_rest_waits_for_another(outbox: Outbox) -> None:
    views = [picture(rank, rank=rank) for rank in list(Rank)[2:]]
    outbox.put(traverse(1, views, rank=Rank.URGENT_RECORD), views, 1, "drive", Progress(1, 1))
    clocks, sent = Clocks(), []
    clocks.interface = "wwan0"

    class Taking:
        def send(self, item: Item) -> Answer:
            sent.append(item.id)
            return Accepted()

    one = Uploader(outbox, Taking(), random.Random(0), clocks.meter(outbox, RECORDS))
    pauses = [one.step(0.0) for _ in range(3)]
    assert [pause.seconds for pause in pauses] == [0.0, 0.0, 30.0]
    assert "metered" in pauses[-1].why
    clocks.interface = "wlan0"
    while one.step(0.0) != Pause.until_woken():
        pass
    assert sent == [traverse(1, []).id, *(view.id for view in views)]


def test_the_client_counts_bodies_once_the_connection_stands() -> None:
    with serving(City()) as url, MeteredClient() as client:
        client.put(f"{url}/api/evidence/x", content=b"x" * 5000)
        assert client.sent_bytes == 5000 + HEAD_BYTES
    away = MeteredClient()
    with pytest.raises(httpx.ConnectError):
        away.put("http://127.0.0.1:9/x", content=b"x" * 5000)
    assert away.sent_bytes == 0


def test_the_configured_units_are_kilobits_and_megabytes() -> None:
    table = UploadTable(max_kbit_s=800, daily_mb=500, metered_interfaces=("wwan*",))
    assert table.limits() == Limits(100_000.0, 500_000_000, ("wwan*",), Metered.RECORDS)
    assert UploadTable().limits() == Limits()
