"""Of examples with one picture one is kept, if they say the same, and in the order in which they came."""

from __future__ import annotations

import errno
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from server.learning.examples import Example, LeftOut
from server.learning.spool import spool
from server.learning.verdicts import Verdict

EXAMPLE = Example(
    "", "", 48211, "fill-1", Verdict.CONFIRMED, "litter", (0.1, 1 / 3, 0.7, 1.0), "case", "8a309a4da547fff",
    date(2026, 11, 23), "a" * 64,
)  # fmt: skip


def some(n: int, seed: int) -> list[Example]:
    """Examples of which some have one picture, and some of these disagree."""
    dice = random.Random(seed)
    says = [{}, {}, {}, {"label": "bin"}, {"verdict": Verdict.DISMISSED, "box": None}]
    pictures = [f"{dice.randrange(n):064x}" for _ in range(n)]
    return [
        replace(EXAMPLE, observation_id=f"seen {number}", sha256=picture, **dice.choice(says))
        for number, picture in enumerate(pictures)
    ]


def by_the_rule(examples: Sequence[Example]) -> tuple[list[Example], Counter[LeftOut]]:
    by_picture: dict[str, list[Example]] = {}
    for one in examples:
        by_picture.setdefault(one.sha256, []).append(one)
    kept, left = list[Example](), Counter[LeftOut]()
    for same in by_picture.values():
        if len({(one.verdict, one.label, one.box) for one in same}) > 1:
            left[LeftOut.DISAGREEING] += len(same)
        else:
            kept.append(same[0])
            left[LeftOut.SAME_PICTURE] += len(same) - 1
    return kept, +left


@pytest.mark.parametrize("n", [0, 1, 300])
def test_those_that_say_the_same_are_kept_once_and_those_that_disagree_never(n: int, tmp_path: Path) -> None:
    examples = some(n, seed=n)
    with spool(tmp_path / "spool") as spooled:
        for start in range(0, n, 70):
            spooled.add(examples[start : start + 70])
        left = spooled.settle()
        assert (list(spooled), left) == by_the_rule(examples)
        assert len(spooled) == len(list(spooled))
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_is_said_as_any_file_says_it(tmp_path: Path) -> None:
    def fill() -> None:
        with spool(tmp_path / "spool") as spooled:
            spooled._database.execute("PRAGMA max_page_count = 8")
            spooled.add(some(1000, seed=1))

    with pytest.raises(OSError, match="full") as said:
        fill()
    assert said.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []
