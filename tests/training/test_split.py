"""Held-out photos share no day and no block with those trained on."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.sources import Photo, photos, read_sources
from training.split import BLOCK, UNSET_CLOCK, capture_day, split

HELD = {"graffiti": (144, 2220005492), "coco": (13, 774975141)}
"""How many photos the street recipe holds out of a source, and a checksum of their names."""


def _photo(name: str) -> Photo:
    return Photo("s", Path(f"{name}.jpg"), Path(f"{name}.txt"))


DAYS = st.lists(
    st.tuples(st.sampled_from([UNSET_CLOCK, *(f"201807{day:02}" for day in range(1, 20))]), st.integers(0, 235959)),
    min_size=1, max_size=120, unique=True,
)  # fmt: skip


@given(DAYS, st.integers(0, 50))
def test_no_day_stands_on_both_sides(shots: list[tuple[str, int]], seed: int) -> None:
    shown = [_photo(f"IMG_{day}_{time:06}") for day, time in shots]
    parts = split(shown, "day", 0.2, seed)
    train_days = {capture_day(photo.name) for photo in parts.train}
    held_days = {capture_day(photo.name) for photo in parts.held_out}
    assert not (train_days & held_days)
    assert None not in held_days
    assert sorted(p.name for p in parts.train + parts.held_out) == sorted(p.name for p in shown)


@given(st.integers(1, 200), st.integers(0, 50))
def test_blocks_of_neighbours_stay_together(count: int, seed: int) -> None:
    shown = [_photo(f"{place:06}") for place in range(count)]
    parts = split(shown, "block", 0.2, seed)
    blocks = [{int(photo.name) // BLOCK for photo in side} for side in (parts.train, parts.held_out)]
    assert not (blocks[0] & blocks[1])
    assert len(parts.held_out) <= 0.2 * 1.15 * count


def test_the_same_seed_gives_the_same_split_and_another_seed_another() -> None:
    shown = [_photo(f"IMG_201807{day:02}_{time:06}") for day in range(1, 20) for time in range(10)]
    assert split(shown, "day", 0.2, 3) == split(shown, "day", 0.2, 3)
    assert split(shown, "day", 0.2, 3) != split(shown, "day", 0.2, 4)


def test_a_clock_that_was_never_set_tells_no_day() -> None:
    assert capture_day("IMG_20100101_021455") is None
    assert capture_day("IMG_20180724_101500") == "20180724"
    assert capture_day("000123_jpg.rf.0a") is None


PLACED = st.lists(
    st.tuples(
        st.sampled_from([None, *(f"8a2a1072b59fff{n:x}" for n in range(12))]),
        st.sampled_from([None, *(f"2026-03-{day:02}" for day in range(1, 9))]),
    ),
    min_size=1,
    max_size=60,
)


def _placed(told: list[tuple[str | None, str | None]]) -> list[Photo]:
    return [replace(_photo(f"{number:04}"), place=place, day=day) for number, (place, day) in enumerate(told)]


@given(PLACED, st.integers(0, 50))
def test_no_place_stands_on_both_sides_whatever_the_day(told: list[tuple[str | None, str | None]], seed: int) -> None:
    shown = _placed(told)
    parts = split(shown, "place", 0.3, seed)
    held = {photo.place for photo in parts.held_out}
    assert None not in held
    assert not held & {photo.place for photo in parts.train}
    assert sorted(p.name for p in parts.train + parts.held_out) == [photo.name for photo in shown]


@given(PLACED, PLACED, st.integers(0, 50))
def test_a_place_keeps_its_side_when_photos_join(
    first: list[tuple[str | None, str | None]], later: list[tuple[str | None, str | None]], seed: int
) -> None:
    held = {photo.place for photo in split(_placed(first), "place", 0.3, seed).held_out}
    trained = {photo.place for photo in split(_placed(first + later), "place", 0.3, seed).train}
    assert not held & trained


@given(PLACED, st.integers(0, 50))
def test_no_place_and_no_day_stands_on_both_sides(told: list[tuple[str | None, str | None]], seed: int) -> None:
    parts = split(_placed(told), "place_and_day", 0.5, seed)
    for kind in ("place", "day"):
        held = {getattr(photo, kind) for photo in parts.held_out} - {None}
        assert not held & {getattr(photo, kind) for photo in parts.train}
    assert len(parts.train) + len(parts.held_out) == len(told)


def test_a_day_that_the_source_tells_counts_before_the_name() -> None:
    shown = [replace(_photo(f"IMG_20180724_{n:06}"), day=f"2026-03-{n:02}") for n in range(1, 11)]
    assert len(split(shown, "day", 0.2, 1).held_out) == 2


@pytest.mark.shared
def test_the_split_that_the_shipped_models_were_trained_with_stays(shared_data: Path, root: Path) -> None:
    sources = read_sources(root / "datasets/sources.toml")
    digests = {}
    for name in ("graffiti", "coco"):
        held = split(photos(sources[name], shared_data), sources[name].split, 0.2, 20).held_out
        digests[name] = (len(held), zlib.crc32("\n".join(photo.picture.name for photo in held).encode()))
    assert digests == HELD


@pytest.mark.parametrize(("rule", "train", "held"), [("none", 3, 0), ("all_held_out", 0, 3)])
def test_rules_without_a_draw(rule: str, train: int, held: int) -> None:
    parts = split([_photo(str(n)) for n in range(3)], rule, 0.2, 0)  # type: ignore[arg-type]
    assert (len(parts.train), len(parts.held_out)) == (train, held)
