"""`steward edge run` as a process against a server on the loopback address: killed, cut off, refused, and complete."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.outbox.outbox import Outbox
from tests.edge.footage import write_drive
from tests.edge.loopback import TOKEN, City, serving
from tests.edge.running import Running, check_whole, write_config
from tests.ports import free_port
from tests.waiting import ask

SECONDS = 130


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drive of 130 s (three traverses) on which the same litter comes by every 16 s, with telemetry and models."""
    return write_drive(tmp_path_factory.mktemp("drive"), SECONDS)


@pytest.fixture(scope="module")
def undisturbed(place: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> City:
    """What the server has after a run in which nothing went wrong."""
    city = City()
    with serving(city) as url:
        run = Running(write_config(place, tmp_path_factory.mktemp("calm"), url), root)
        assert run.end() == 0, run.said
    assert "waiting" in run.lines[-1]
    assert "0 waiting + 0 parked" in run.lines[-1]
    return city


def test_everything_that_was_found_arrives(undisturbed: City) -> None:
    check_whole(undisturbed)
    assert len(undisturbed.traverses) == 3
    assert len(undisturbed.observations) >= 5


def test_a_second_run_sends_nothing_again(place: Path, root: Path, tmp_path: Path) -> None:
    city = City()
    with serving(city) as url:
        config = write_config(place, tmp_path, url)
        assert Running(config, root).end() == 0
        before = len(city.asked)
        again = Running(config, root)
        assert again.end() == 0
    assert "was inspected before" in again.said
    assert len(city.asked) == before


@pytest.mark.slow
@pytest.mark.parametrize("after", ["traverse 1:", "traverse 2:"])
def test_a_worker_killed_midway_neither_loses_nor_doubles(
    after: str, place: Path, root: Path, tmp_path: Path, undisturbed: City
) -> None:
    city = City()
    with serving(city) as url:
        config = write_config(place, tmp_path, url)
        first = Running(config, root)
        first.wait_for(after)
        first.kill()
        second = Running(config, root)
        assert second.end() == 0, second.said
    assert "taken up after" in second.said
    check_whole(city)
    assert len(city.traverses) == 3
    assert len(city.observations) == len(undisturbed.observations)
    assert city.traverses.keys() == undisturbed.traverses.keys()


@pytest.mark.slow
def test_a_server_that_is_down_changes_nothing_but_when(place: Path, root: Path, tmp_path: Path) -> None:
    port = free_port()
    run = Running(write_config(place, tmp_path, f"http://127.0.0.1:{port}"), root)
    run.wait_for("traverse 3:")
    outbox = Outbox.open(tmp_path / "state" / "outbox.sqlite3")
    counts = outbox.counts()
    outbox.close()
    assert counts.made == counts.waiting > 0
    assert "waits in the outbox" in run.said
    city = City()
    with serving(city, port):
        assert run.end() == 0, run.said
    check_whole(city)
    assert len(city.observations) == counts.made


def test_a_refused_device_waits_and_keeps_everything(place: Path, root: Path, tmp_path: Path) -> None:
    city = City(refuse=401)
    with serving(city) as url:
        run = Running(write_config(place, tmp_path, url), root)
        run.wait_for("traverse 3:")
        run.wait_for("the server refuses this device")
        run.process.send_signal(signal.SIGTERM)
        assert run.end() == 0, run.said
    outbox = Outbox.open(tmp_path / "state" / "outbox.sqlite3")
    counts = outbox.counts()
    outbox.close()
    assert counts.made == counts.waiting > 0
    assert (tmp_path / "state" / "credentials.json").read_text().count(TOKEN) == 1


def test_what_the_server_refuses_is_parked_and_said(place: Path, root: Path, tmp_path: Path) -> None:
    with serving(City(refuse=422)) as url:
        run = Running(write_config(place, tmp_path, url), root)
        assert run.end() == 3, run.said
    assert "0 acknowledged + 0 waiting" in run.said


@pytest.mark.slow
def test_a_full_disk_ends_the_run_and_room_lets_it_go_on(
    place: Path, root: Path, tmp_path: Path, undisturbed: City
) -> None:
    city = City()
    with serving(city) as url:
        config = write_config(place, tmp_path, url)
        cramped = Running(config, root, disk_bytes=120_000)
        assert cramped.end() == 4, cramped.said
        assert "the disk is full or failing" in cramped.said
        assert "Traceback" not in cramped.said
        roomy = Running(config, root)
        assert roomy.end() == 0, roomy.said
    check_whole(city)
    assert len(city.observations) == len(undisturbed.observations)


def test_a_wrong_code_ends_the_run_before_anything_is_inspected(place: Path, root: Path, tmp_path: Path) -> None:
    with serving(City()) as url:
        run = Running(write_config(place, tmp_path, url, code="WRONG"), root)
        assert run.end() == 2
    assert "the enrolment code is wrong or was used before" in run.said
    assert "traverse" not in run.said


def _cut_off(place: Path) -> str:
    whole = (place / "drive.mp4").read_bytes()
    (place / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    return "cut.mp4, byte 0"


def _absent(place: Path) -> str:
    (place / "cut.mp4").unlink(missing_ok=True)
    return "cut.mp4: there is no such file"


@pytest.mark.parametrize("spoil", [_cut_off, _absent])
def test_a_source_that_cannot_be_read_is_said_and_the_others_go_on(
    spoil: Callable[[Path], str], place: Path, root: Path, tmp_path: Path
) -> None:
    said, city = spoil(place), City()
    with serving(city) as url:
        run = Running(write_config(place, tmp_path, url, sources=("cut.mp4", "drive.mp4")), root)
        assert run.end() == 2, run.said
    assert said in run.said
    assert len(city.traverses) == 3


def test_a_state_folder_serves_one_worker(place: Path, root: Path, tmp_path: Path) -> None:
    city = City(refuse=401)
    with serving(city) as url:
        config = write_config(place, tmp_path, url)
        first = Running(config, root)
        first.wait_for("the server refuses this device")
        second = Running(config, root)
        assert second.end() == 2
        first.process.send_signal(signal.SIGTERM)
        assert first.end() == 0
    assert "another `steward edge run` is using this state_dir" in second.said


def test_a_supervised_worker_that_is_killed_is_started_again_and_finishes(
    place: Path, root: Path, tmp_path: Path, undisturbed: City
) -> None:
    city = City()
    with serving(city) as url:
        run = Running(write_config(place, tmp_path, url), root, command="supervise")
        run.wait_for("traverse 1:")
        worker = next(int(line.split()[1]) for line in run.lines if line.startswith("worker "))
        os.kill(worker, signal.SIGKILL)
        assert run.end() == 0, run.said
    assert "worker ended by signal 9; the next one starts in 1 s" in run.said
    check_whole(city)
    assert sorted(city.observations) == sorted(undisturbed.observations)


def test_a_worker_that_waits_says_how_it_is(place: Path, root: Path, tmp_path: Path) -> None:
    port = free_port()
    with serving(City(refuse=401)) as url:
        config = write_config(place, tmp_path, url)
        with config.open("a", encoding="utf-8") as more:
            more.write(f'[health]\nlisten = "127.0.0.1:{port}"\nlive = true\n')
        run = Running(config, root)
        run.wait_for("the server refuses this device")
        run.wait_for("traverse 3:")
        told = ask("GET", f"http://127.0.0.1:{port}/healthz").json()
        figures = ask("GET", f"http://127.0.0.1:{port}/metrics").text
        page = ask("GET", f"http://127.0.0.1:{port}/live").text
        run.process.send_signal(signal.SIGTERM)
        assert run.end() == 0, run.said
    assert told["good"]
    assert told["parts"]["upload"]["state"] == "warn"
    assert "refuses this device" in told["parts"]["upload"]["said"]
    assert told["traverses"] == 3
    assert told["outbox"]["waiting"] == told["outbox"]["made"] == told["observations"] > 0
    assert f'steward_edge_frames_total{{reason="",stage="analysed"}} {told["frames"]["analysed"]}.0' in figures
    assert "no picture yet" in page
