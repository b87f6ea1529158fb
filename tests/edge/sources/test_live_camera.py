"""Live cameras over RTSP on the loopback address: what comes is shown once, whatever goes wrong is survived and said.

No V4L2 camera is at hand: what is shared with it is tried here, and a device that is not there.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice, pairwise, takewhile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.sources.address import Address
from edge.sources.camera import Camera
from edge.sources.line import MOST_FPS, SECOND_NS, Line
from edge.sources.seat import Seat, Size
from pipeline.reasons import Reason
from pipeline.shots import LetGo, Lost, Shot
from tests.edge.footage import picture
from tests.edge.rtsp import LOOP, Film, playing
from tests.ports import free_port
from tests.waiting import PATIENCE_S, until

RIGHT_NS, SOON_NS = SECOND_NS // 1000, SECOND_NS // 2
PICTURES = np.array([picture(step) for step in range(LOOP)]).astype(int)


class Watched:
    """A camera with what it said; its lines come with a time limit."""

    def __init__(self, address: Address, sizes: tuple[Size, ...] = (), stall_s: float = 30.0) -> None:
        self.said: list[str] = []
        self.stop = threading.Event()
        self.camera = Camera(Seat("front", address, sizes, stall_s), self.stop, self.said.append, rng=random.Random(1))

    def line(self) -> Line:
        return self.camera.lines.get(timeout=PATIENCE_S)

    def wait_for(self, part: str) -> None:
        until(lambda: any(part in line for line in self.said), told=lambda: f"{part!r} was not said in {self.said}")


@contextmanager
def watched(url: str, sizes: tuple[Size, ...] = (), stall_s: float = 30.0) -> Iterator[Watched]:
    one = Watched(Address.parse(url), sizes, stall_s)
    one.camera.start()
    try:
        yield one
    finally:
        one.stop.set()
        one.camera.join(PATIENCE_S)
        assert not one.camera.is_alive()


def step_of(shot: Shot) -> int:
    """Which of the film's pictures a shot shows; fails for one that was made up of others."""
    apart = np.abs(PICTURES - shot.frame().image).mean(axis=(1, 2, 3))
    assert apart.min() < 5.0, "a picture that was never filmed"
    return int(apart.argmin())


def take(line: Line, count: int) -> list[Shot | Lost | LetGo]:
    shots = line.shots()
    return [next(shots) for _ in range(count)]


def test_frames_arrive_once_and_in_order_each_timed_between_when_it_was_due_and_when_it_came() -> None:
    film = Film()
    with playing(film) as url, watched(url) as seen:
        line = seen.line()
        shots = [(one, time.monotonic_ns()) for one in islice(line.shots(), 12) if isinstance(one, Shot)]
    first = step_of(shots[0][0]) - shots[0][0].index
    assert {(step_of(shot) - shot.index - first) % LOOP for shot, _ in shots} == {0}
    times = [line.start_ns + shot.media_ns for shot, _ in shots]
    assert all(one < later for one, later in pairwise(times))
    for at_ns, (shot, came_ns) in zip(times, shots, strict=True):
        assert film.due_ns(first + shot.index) - RIGHT_NS < at_ns <= came_ns


def test_a_server_that_dies_is_said_and_returned_to_as_a_new_line() -> None:
    film, port = Film(), free_port()
    with playing(film, port) as url:
        seen = Watched(Address.parse(url))
        seen.camera.start()
        first = seen.line()
        take(first, 3)
    for one in first.shots():
        assert not isinstance(one, Shot) or step_of(one) >= 0
    assert first.why_closed
    seen.wait_for("cannot be opened: connection refused")
    with playing(film, port):
        assert isinstance(take(seen.line(), 1)[0], Shot)
        assert seen.camera.state.connections == 2
        seen.stop.set()
        seen.camera.join(PATIENCE_S)


def test_a_camera_whose_title_is_in_another_encoding_is_looked_through() -> None:
    with playing(Film(title="路口三号".encode("gbk"))) as url, watched(url) as seen:
        assert isinstance(take(seen.line(), 1)[0], Shot)


def test_a_stall_without_a_word_is_noticed_and_no_frame_is_made_up_for_it() -> None:
    film = Film()
    with playing(film) as url, watched(url, stall_s=2.0) as seen:
        line = seen.line()
        take(line, 1)
        film.stalled.set()
        rest = [one for one in line.shots() if isinstance(one, Shot)]
        seen.wait_for("sent nothing for 2 s")
        assert 1 + len(rest) <= film.sent
        film.stalled.clear()
        assert isinstance(take(seen.line(), 1)[0], Shot)


def test_garbage_instead_of_video_never_becomes_a_picture() -> None:
    film = Film()
    with playing(film) as url, watched(url, stall_s=2.0) as seen:
        line = seen.line()
        film.garbage.set()
        for one in line.shots():
            assert not isinstance(one, Shot) or step_of(one) >= 0
        assert line.why_closed
        film.garbage.clear()
        step_of(next(one for one in take(seen.line(), 3) if isinstance(one, Shot)))


def test_a_picture_of_which_a_part_never_came_is_none_nor_is_one_that_is_built_on_it() -> None:
    film = Film()
    with playing(film) as url, watched(url) as seen:
        shots = seen.line().shots()
        first = next(one for one in shots if isinstance(one, Shot))
        film.halves.set()
        whole = [first, *takewhile(lambda one: not isinstance(one, Lost), islice(shots, 3 * film.fps))]
        film.halves.clear()
        lost, after = 1, next(shots)
        while not isinstance(after, Shot):
            lost, after = lost + 1, next(shots)
    steps = [step_of(first) + one.index - first.index for one in (whole[-1], after)]
    assert [step_of(one) for one in whole if isinstance(one, Shot)]
    assert step_of(after) == steps[1] % LOOP
    assert steps[1] // film.fps > (steps[0] + 1) // film.fps, "nothing is whole again before the next key frame"


def test_pictures_of_another_size_are_quarantined_until_the_camera_is_set_back() -> None:
    film = Film()
    with playing(film) as url, watched(url) as seen:
        shots = seen.line().shots()
        next(shots)
        film.width, film.height = 160, 120
        lost = next(one for one in shots if isinstance(one, Lost))
        assert lost == Lost(lost.index, lost.media_ns, Reason.OTHER_SIZE)
        seen.wait_for("its pictures are 160×120 now, but its optics are told for 320×240")
        film.width, film.height = 320, 240
        back = next(one for one in shots if isinstance(one, Shot))
        assert back.frame().image.shape == (240, 320, 3)


def test_pictures_of_another_allowed_size_begin_a_new_line() -> None:
    film = Film()
    with playing(film) as url, watched(url, sizes=((320, 240), (160, 120))) as seen:
        first = seen.line()
        take(first, 2)
        film.width, film.height = 160, 120
        assert not any(isinstance(one, Lost) for one in first.shots())
        second = seen.line()
        assert (second.width_px, second.height_px) == (160, 120)


def test_a_camera_that_begins_with_a_size_it_is_not_told_for_is_quarantined() -> None:
    with playing(Film()) as url, watched(url, sizes=((640, 480),)) as seen:
        assert {type(one) for one in take(seen.line(), 3)} == {Lost}


@pytest.mark.parametrize("right", [True, False])
def test_credentials_open_the_camera_and_are_never_said(right: bool, capfd: pytest.CaptureFixture[str]) -> None:
    film = Film(credentials="ben:hush")
    with playing(film) as url, watched(url if right else url.replace("hush", "hush2")) as seen:
        if right:
            take(seen.line(), 1)
        else:
            seen.wait_for("401")
        told = " ".join([*seen.said, repr(seen.camera.state), repr(seen.camera.seat), *capfd.readouterr()])
    assert "127.0.0.1" in told
    assert "hush" not in told
    assert "ben" not in told


@pytest.mark.parametrize(("trusted", "ahead_s", "early_s"), [(False, -1.0, 0.0), (True, -1.0, 1.0), (True, -9.0, 0.0)])
def test_the_cameras_own_clock_counts_where_it_is_trusted_and_near(
    trusted: bool, ahead_s: float, early_s: float
) -> None:
    """A camera's clock that is right but for a second tells that its pictures come a second late."""
    film, stop = Film(ahead_s=ahead_s), threading.Event()
    with playing(film) as url:
        seat = Seat("front", Address.parse(url), stall_s=30.0, trust_clock=trusted)
        camera = Camera(seat, stop, lambda _: None, moment_of)
        camera.start()
        line = camera.lines.get(timeout=PATIENCE_S)
        due_ns, media_ns = undisturbed(line, film)
        stop.set()
        camera.join(PATIENCE_S)
    off_ns = line.start_ns + media_ns + round(early_s * SECOND_NS) - due_ns
    assert -RIGHT_NS < off_ns < SOON_NS + film.late_ns


def undisturbed(line: Line, film: Film) -> tuple[int, int]:
    """When a picture was due and its time, once so many in a row came soon that nothing before them counts."""
    shots = (one for one in line.shots() if isinstance(one, Shot))
    shot = next(shots)
    first, in_a_row = step_of(shot) - shot.index, 0
    while in_a_row < 16:
        shot = next(shots)
        due_ns = film.due_ns(first + shot.index)
        in_a_row = in_a_row + 1 if time.monotonic_ns() - due_ns < SOON_NS else 0
    return due_ns, shot.media_ns


def moment_of(utc_ns: int) -> int:
    """The monotonic time of a UTC, by the computer's own clock."""
    return utc_ns - time.time_ns() + time.monotonic_ns()


def test_a_device_that_is_not_there_is_said_in_words() -> None:
    with watched("/dev/video97") as seen:
        seen.wait_for("/dev/video97 cannot be opened: no such file or directory")


def test_the_same_thread_reads_what_is_no_network_camera() -> None:
    """FFmpeg's own test picture in real time, opened the way a V4L2 device is: by a format's name."""
    address = Address("test picture", "testsrc2=size=320x240:rate=10,realtime", "lavfi")
    seen = Watched(address)
    seen.camera.start()
    shots = take(seen.line(), 5)
    seen.stop.set()
    seen.camera.join(PATIENCE_S)
    assert all(isinstance(one, Shot) for one in shots)
    assert shots[0].frame().image.shape == (240, 320, 3)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "told",
    [
        "http://camera/x",
        "rtsp:///x",
        "/dev/sda",
        "/dev/video0/../sda",
        "rtsp://a b/x",
        "rtsp://h:99999/x",
        "file:///x",
        "",
    ],
)
def test_what_is_no_address_of_a_camera_is_refused_without_repeating_it(told: str) -> None:
    with pytest.raises(ValueError, match=r"an address has no spaces|a live camera is rtsp") as caught:
        Address.parse(told)
    assert not told or told not in str(caught.value)


@given(st.lists(st.sampled_from(["put", "damaged", "size", "take"]), max_size=120), st.integers(1, 400))
def test_every_frame_that_goes_into_a_line_comes_out_once(deeds: list[str], apart_ms: int) -> None:
    line, at_ns, put = Line("front", 320, 240, 10.0, 0), 0, Counter[str]()
    out: list[Shot | Lost | LetGo] = []
    shots = line.shots()
    for deed in deeds:
        at_ns += apart_ms * 1_000_000
        if deed == "put":
            line.put(at_ns, None)  # type: ignore[arg-type]  # never converted
            put["put"] += 1
        elif deed == "take":
            if line._held:
                out.append(next(shots))
        else:
            line.lose(at_ns, Reason.DECODE_ERROR if deed == "damaged" else Reason.OTHER_SIZE)
            put[deed] += 1
    line.close("over")
    out += shots
    assert [one.index for one in out] == list(range(len(out)))
    assert len(out) == put.total()
    counts = Counter(one.reason for one in out if isinstance(one, Lost))
    assert counts == Counter({Reason.DECODE_ERROR: put["damaged"], Reason.OTHER_SIZE: put["size"]}) + Counter()
    times = [one.media_ns for one in out]
    assert times == sorted(times)


def test_a_full_line_lets_the_oldest_go_and_counts_it_as_overtaken() -> None:
    line = Line("front", 320, 240, 30.0, 0)
    step_ns = int(SECOND_NS / MOST_FPS)
    for step in range(line.room + 5):
        line.put(step * step_ns, None)  # type: ignore[arg-type]  # never converted
    line.close("over")
    out = list(line.shots())
    assert [type(one) for one in out] == [LetGo] * 5 + [Shot] * line.room
    assert {one.reason for one in out if isinstance(one, LetGo)} == {Reason.OVERTAKEN}


def test_a_faster_camera_is_thinned_so_that_its_line_reaches_back_for_seconds() -> None:
    line = Line("front", 320, 240, 60.0, 0)
    for step in range(120):
        line.put(step * SECOND_NS // 60, None)  # type: ignore[arg-type]  # never converted
    line.close("over")
    kept = [one for one in line.shots() if isinstance(one, Shot)]
    assert 20 <= len(kept) <= 26


def test_memory_is_bounded_by_bytes_for_large_pictures() -> None:
    assert Line("front", 3840, 2160, 25.0, 0).room * 3840 * 2160 * 1.5 <= 100 << 20


def test_a_worker_that_ends_lets_go_of_what_is_held() -> None:
    line = Line("front", 320, 240, 10.0, 0)
    for step in range(3):
        line.put(step * SECOND_NS, None)  # type: ignore[arg-type]  # never converted
    line.ending.set()
    assert [type(one) for one in line.shots()] == [LetGo] * 3
