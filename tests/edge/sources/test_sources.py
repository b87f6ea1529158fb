"""Footage: every frame counted, time exact, and what cannot be read named with its place."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from edge.errors import SourceError
from edge.sources.open import fingerprint, open_source
from edge.sources.photos import Photos, in_order
from edge.sources.video import Video
from pipeline.reasons import Reason
from pipeline.shots import Lost, Shot
from tests.edge.footage import FPS, HEIGHT, WIDTH, picture, rotten, without_a_slice, write_photos, write_video


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    return write_video(folder / "clip.mp4", 60, options={"movflags": "faststart"})


def test_a_video_gives_every_frame_in_order_with_its_time(clip: Path) -> None:
    source = open_source(clip)
    shots = list(source.shots())
    assert (source.width_px, source.height_px, source.n_frames) == (WIDTH, HEIGHT, 60)
    assert all(isinstance(shot, Shot) for shot in shots)
    assert [shot.index for shot in shots] == list(range(60))
    assert [round(shot.media_ns / 1e6) for shot in shots] == [round(i * 1000 / FPS) for i in range(60)]


def test_a_shots_picture_is_the_frame_itself(clip: Path) -> None:
    shot = next(iter(Video.open(clip).shots()))
    assert isinstance(shot, Shot)
    frame = shot.frame()
    assert frame.image.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(frame.image.astype(int) - picture(0)).mean() < 8


def test_a_video_may_be_titled_in_any_encoding(tmp_path: Path) -> None:
    clip = write_video(tmp_path / "clip.mp4", 5, metadata={"title": "here", "creation_time": "2026-03-04T05:06:07Z"})
    clip.write_bytes(clip.read_bytes().replace(b"here", "巡查".encode("gbk")))
    assert Video.open(clip).start_utc_ns == 1_772_600_767 * 10**9
    assert len(list(Video.open(clip).shots())) == 5


def test_a_video_whose_key_frames_lie_beyond_its_end_is_named(clip: Path, tmp_path: Path) -> None:
    content, lost = bytearray(clip.read_bytes()), tmp_path / "lost.mp4"
    first = content.index(b"stss") + 12
    content[first : first + 4] = (5000).to_bytes(4)
    lost.write_bytes(content)
    with pytest.raises(SourceError, match=r"lost\.mp4, at 0:00\.0: the file cannot be read further"):
        list(Video.open(lost).shots(2_000_000_000))


def test_a_phone_held_upright_gives_upright_pictures(tmp_path: Path) -> None:
    """The container says how to turn the picture; size and pixels follow it."""
    plain = write_video(tmp_path / "plain.mp4", 5)
    turned = bytearray(plain.read_bytes())
    identity = bytes.fromhex("00010000000000000000000000000000000100000000000000000000000000004000")
    quarter = bytes.fromhex("000000000001000000000000ffff00000000000000000000000000000000000040")
    track = turned.index(b"tkhd")
    place = turned.index(identity[:32], track)
    turned[place : place + len(quarter)] = quarter
    path = tmp_path / "turned.mp4"
    path.write_bytes(turned)
    source = Video.open(path)
    assert (source.width_px, source.height_px) == (HEIGHT, WIDTH)
    shot = next(iter(source.shots()))
    assert isinstance(shot, Shot)
    upright = np.rot90(picture(0), -1)
    assert np.abs(shot.frame().image.astype(int) - upright).mean() < 12


def test_variable_frame_times_are_kept(tmp_path: Path) -> None:
    times_ms = [0, 40, 50, 500, 2000]
    path = tmp_path / "odd.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for step, at_ms in enumerate(times_ms):
            frame = av.VideoFrame.from_ndarray(picture(step), format="bgr24")
            frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert [round(shot.media_ns / 1e6) for shot in Video.open(path).shots()] == times_ms


@pytest.mark.parametrize("flips", [20, 100, 400])
def test_every_frame_of_rotten_footage_is_counted_whole_or_lost_whatever_decodes_it(
    clip: Path, tmp_path: Path, flips: int
) -> None:
    rng = random.Random(flips)
    for _ in range(8):
        path = tmp_path / "rotten.mp4"
        path.write_bytes(rotten(clip.read_bytes(), rng, flips))
        seen = [list(replace(Video.open(path), threads=threads).shots()) for threads in (1, 3, 17)]
        assert [len(shots) for shots in seen] == [60, 60, 60]
        assert any(isinstance(shot, Lost) for shot in seen[0])


def test_a_pass_can_be_taken_up_in_the_middle_with_the_same_numbers(clip: Path) -> None:
    whole = {shot.index: shot.media_ns for shot in Video.open(clip).shots()}
    later = [(shot.index, shot.media_ns) for shot in Video.open(clip).shots(from_ns=3_300_000_000)]
    assert later[0][1] <= 3_300_000_000
    assert later[0][0] >= 20
    assert dict(later).items() <= whole.items()
    assert later[-1][0] == 59


def test_a_damaged_stretch_is_counted_and_the_rest_goes_on(clip: Path, tmp_path: Path) -> None:
    content = bytearray(clip.read_bytes())
    third = len(content) // 3
    for place in range(third, third + 300):
        content[place] ^= 0x5A
    hurt = tmp_path / "hurt.mp4"
    hurt.write_bytes(content)
    shots = list(Video.open(hurt).shots())
    lost = [shot for shot in shots if isinstance(shot, Lost)]
    assert lost
    assert {shot.reason for shot in lost} == {Reason.DECODE_ERROR}
    assert len(shots) == 60


@pytest.mark.parametrize("hurt", [0, 1, 10, 13, 25])
def test_what_is_built_on_a_picture_without_one_of_its_parts_is_lost_with_it(tmp_path: Path, hurt: int) -> None:
    film = write_video(tmp_path / "film.mp4", 40, slices=2)
    shots = list(Video.open(without_a_slice(film, tmp_path / "hurt.mp4", hurt)).shots())
    given = {shot.index: shot.frame().image for shot in shots if isinstance(shot, Shot)}
    group = hurt // 10 * 10
    assert all(np.abs(image.astype(int) - picture(step)).mean() < 8 for step, image in given.items())
    assert len(given) < len(shots) == 40
    assert given.keys() >= {*range(group - 3), *range(group + 10, 40)}, "one group of pictures alone is hurt"


def _cut(clip: Path, place: Path) -> Path:
    content = clip.read_bytes()
    place.write_bytes(content[: len(content) * 6 // 10])
    return place


def test_a_cut_off_video_says_where_and_what_to_do(clip: Path, tmp_path: Path) -> None:
    cut = _cut(clip, tmp_path / "cut.mp4")
    with pytest.raises(SourceError, match=r"cut\.mp4, at 0:0\d\.\d: the video is cut off; it declares 0:06\.0") as told:
        list(Video.open(cut).shots())
    assert "Copy it again" in str(told.value)


def test_a_cut_off_video_without_its_index_is_named(tmp_path: Path) -> None:
    cut = _cut(write_video(tmp_path / "plain.mp4", 60), tmp_path / "cut.mp4")
    with pytest.raises(SourceError, match=r"cut\.mp4, byte 0 of \d+: not a video"):
        open_source(cut)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("absent.mp4", None, "there is no such file"),
        ("empty.mp4", b"", "is empty"),
        ("notes.mp4", b"just a text " * 100, "not a video"),
        ("zero.mp4", bytes(5000), "not a video"),
        ("empty.jpg", b"", "can be decoded"),
        ("notes.jpg", b"just a text", "can be decoded"),
    ],
)
def test_foreign_footage_is_named(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=said) as told:
        open_source(path)
    assert name in str(told.value)


def test_sound_alone_is_no_footage(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(SourceError, match="no video in it, only audio"):
        open_source(path)


def test_photos_come_in_natural_order_and_a_broken_one_is_counted(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "walk", 4)
    (folder / "9.jpg").write_bytes(b"broken")
    (folder / "notes.txt").write_text("not a photo")
    source = Photos.open(folder)
    shots = list(source.shots())
    assert [file.name for file in source.files] == ["8.jpg", "9.jpg", "10.jpg", "11.jpg"]
    assert [isinstance(shot, Lost) for shot in shots] == [False, True, False, False]


def test_hidden_files_are_no_photos(tmp_path: Path) -> None:
    assert in_order([tmp_path / "._1.jpg", tmp_path / "1.JPG"]) == (tmp_path / "1.JPG",)


def test_any_name_has_a_place_in_the_order(tmp_path: Path) -> None:
    """A raised two is called a digit, and is no number."""
    named = [tmp_path / name for name in ("1²3.jpg", "10.jpg", "2.jpg", "٣.jpg")]
    assert [file.name for file in in_order(named)] == ["1²3.jpg", "2.jpg", "٣.jpg", "10.jpg"]


def test_photos_of_any_size_and_shape_become_one_size(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "walk", 1)
    cv2.imwrite(str(folder / "20.jpg"), picture(0, 640, 480))
    cv2.imwrite(str(folder / "21.jpg"), picture(0, 240, 320))
    first, second, third = Photos.open(folder).shots()
    assert isinstance(first, Shot)
    assert isinstance(second, Shot)
    assert second.frame().image.shape == (HEIGHT, WIDTH, 3)
    assert isinstance(third, Shot)
    upright = third.frame().image
    assert upright.shape == (HEIGHT, WIDTH, 3)
    assert (upright[:, [0, 60, -61, -1]] == 114).all()
    assert upright[:, 75:-75].std() > 10


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no photo in this folder"):
        open_source(tmp_path)


def test_a_fingerprint_is_of_the_content_not_of_the_place(clip: Path, tmp_path: Path) -> None:
    moved = tmp_path / "renamed.mp4"
    shutil.copy(clip, moved)
    other = write_video(tmp_path / "other.mp4", 61)
    assert fingerprint(open_source(moved)) == fingerprint(open_source(clip))
    assert fingerprint(open_source(other)) != fingerprint(open_source(clip))


@pytest.mark.shared
def test_real_clips_give_every_frame_that_they_declare(shared_data: Path) -> None:
    for name, frames in (("max-heromode.mp4", 315), ("udacity_test_video.mp4", 38)):
        source = open_source(shared_data / "footage" / name)
        assert sum(isinstance(shot, Shot) for shot in source.shots()) == frames
        assert isinstance(source, Video)
        assert source.start_utc_ns is not None
