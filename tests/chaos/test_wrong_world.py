"""The worker itself in a world that is wrong: what it finds depends on no clock, and a full disk is said loudly.

Clocks at 1970 as in a computer without a battery, 1,024 weeks ahead as of a receiver whose week rolled over, and five
minutes off.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from edge.config import read_config
from edge.doctor import examine
from edge.outbox.outbox import Outbox
from edge.outbox.parcels import ParkReason
from tests.edge.footage import write_drive
from tests.edge.loopback import City, serving
from tests.edge.running import Running, check_whole, write_config

SECONDS = 70
UPLOAD = "[upload]\nmax_kbit_s = 100000\ndaily_mb = 100\n"
YEAR_1970, WEEKS_AHEAD, FIVE_MINUTES = "@1970-01-02 00:00:00", "+7168d", "+5m"
LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def under(clock: str) -> tuple[str, ...]:
    """The clock on the wall alone: durations are monotonic, and nothing on a vehicle can change those."""
    return ("env", f"LD_PRELOAD={LIBRARY}", "FAKETIME_DONT_FAKE_MONOTONIC=1", f"FAKETIME={clock}")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drive(tmp_path_factory.mktemp("drive"), SECONDS)


def limited(config: Path) -> Path:
    config.write_text(config.read_text("utf-8").replace("[model]", UPLOAD + "[model]"), "utf-8")
    return config


@pytest.mark.skipif(LIBRARY is None, reason="faketime is not installed (Debian: apt install faketime)")
def test_what_was_found_under_wrong_clocks_is_what_is_found_under_the_right_one(
    place: Path, root: Path, tmp_path: Path
) -> None:
    calm = City()
    with serving(calm) as url:
        assert Running(limited(write_config(place, tmp_path / "calm", url)), root).end() == 0
    city = City(refuse=401)
    with serving(city) as url:
        config = limited(write_config(place, tmp_path / "wrong", url))
        first = Running(config, root, under=under(YEAR_1970))
        first.wait_for("traverse 2:")
        first.wait_for("the server refuses this device")
        first.process.send_signal(signal.SIGTERM)
        assert first.end() == 0, first.said
        city.refuse = 0
        second = Running(config, root, under=under(WEEKS_AHEAD))
        assert second.end() == 0, second.said
        third = Running(config, root, under=under(FIVE_MINUTES))
        assert third.end() == 0, third.said
    check_whole(city)
    assert city.traverses == calm.traverses
    assert city.pictures == calm.pictures
    outbox = Outbox.open(tmp_path / "wrong" / "state" / "outbox.sqlite3")
    counts = outbox.counts()
    outbox.close()
    assert counts.conserved
    assert counts.acknowledged == counts.made == len(calm.observations) > 0


def test_a_disk_below_its_last_floor_costs_records_and_the_worker_and_the_doctor_say_so_loudly(
    place: Path, root: Path, tmp_path: Path
) -> None:
    """No disk has 10 TB to keep free, so the janitor finds itself at the last floor at once."""
    with serving(City(refuse=401)) as url:
        config = write_config(place, tmp_path, url)
        config.write_text(
            config.read_text("utf-8").replace("[model]", "[disk]\nkeep_free_mb = 10000000\n[model]"), "utf-8"
        )
        run = Running(config, root)
        run.wait_for("traverse 2:")
        run.wait_for("ERROR: the disk is all but full")
        run.process.send_signal(signal.SIGTERM)
        assert run.end() == 3, run.said
    outbox = Outbox.open(tmp_path / "state" / "outbox.sqlite3")
    counts = outbox.counts()
    outbox.close()
    assert counts.conserved
    assert [one.reason for one in counts.reasons] == [ParkReason.NO_ROOM]
    findings = {one.what: one for one in examine(read_config(config))}
    assert not findings["parked as no_room"].good
    assert "deleted, since the disk was full" in findings["parked as no_room"].said
