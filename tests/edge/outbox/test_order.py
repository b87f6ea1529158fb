"""Who goes first: the table of ranks, what steps back, what is overdue, and a claim costs the same for any heap."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.outbox.outbox import HEADS, SET_BACK, Outbox, Progress
from edge.outbox.parcels import OVERDUE_TURN, PATIENCE, RANKED_BY_ROLE, Head, Parcel, Rank, next_turn
from pipeline.observation import EvidenceRole
from tests.edge.outbox.filling import picture, traverse


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox.open(tmp_path / "outbox.sqlite3")


def put(outbox: Outbox, number: int, rank: Rank, pictures: list[Parcel] | None = None) -> None:
    taken = pictures or []
    outbox.put(traverse(number, taken, rank=rank), taken, len(taken), "drive", Progress(number, number))


def in_order(outbox: Outbox) -> list[str]:
    order = []
    while (item := outbox.claim()) is not None:
        outbox.acknowledge(item.id)
        order.append(item.id)
    return order


def test_urgent_records_go_first_then_records_close_views_wide_views_and_clips(outbox: Outbox) -> None:
    views = {rank: picture(rank, rank=rank) for rank in Rank if rank > Rank.RECORD}
    put(outbox, 1, Rank.RECORD, [views[rank] for rank in sorted(views, reverse=True)])
    put(outbox, 2, Rank.RECORD)
    put(outbox, 3, Rank.URGENT_RECORD)
    records = [traverse(number, []).id for number in (3, 1, 2)]
    assert in_order(outbox) == records + [views[rank].id for rank in sorted(views)]


def test_every_role_of_a_picture_has_a_rank_and_every_rank_its_patience() -> None:
    assert RANKED_BY_ROLE.keys() == set(EvidenceRole)
    assert list(PATIENCE) == list(Rank)
    assert all(PATIENCE[first] < PATIENCE[then] for first, then in pairwise(Rank))


def test_what_failed_once_is_tried_again_as_soon_as_another_passed(outbox: Outbox) -> None:
    """A third of the requests may be lost: an urgent record must not lose its place for it."""
    put(outbox, 1, Rank.URGENT_RECORD)
    for number in range(2, 6):
        put(outbox, number, Rank.RECORD)
    outbox.defer(traverse(1, []).id, fault=False)
    assert in_order(outbox) == [traverse(number, []).id for number in (2, 1, 3, 4, 5)]


def test_of_items_that_all_failed_each_gets_its_turn(outbox: Outbox) -> None:
    for number in (1, 2, 3):
        put(outbox, number, Rank.RECORD)
    tried = []
    for _ in range(6):
        item = outbox.claim()
        assert item is not None
        tried.append(item.id)
        outbox.defer(item.id, fault=False)
    assert tried == [traverse(number, []).id for number in (1, 2, 3, 1, 2, 3)]


def test_a_day_without_a_link_does_not_make_an_item_step_back_further(outbox: Outbox) -> None:
    for number in range(1, 5):
        put(outbox, number, Rank.RECORD)
    for _ in range(100):
        outbox.defer(traverse(1, []).id, fault=False)
    assert in_order(outbox) == [traverse(number, []).id for number in (2, 1, 3, 4)]


HEADS_OF = st.lists(
    st.builds(Head, st.sampled_from(Rank), st.integers(1, 10**6), st.integers(0, 30_000)),
    max_size=6,
    unique_by=lambda head: head.rank,
)


@given(HEADS_OF, st.integers(0, 40_000))
def test_the_next_is_the_first_rank_or_every_sixteenth_time_the_longest_overdue(
    heads: list[Head], answered: int
) -> None:
    chosen = next_turn(heads, answered)
    if not heads:
        assert chosen is None
        return
    assert chosen in heads
    overdue = [head for head in heads if head.due <= answered]
    if overdue and answered % OVERDUE_TURN == OVERDUE_TURN - 1:
        assert chosen.due == min(head.due for head in overdue)
    else:
        assert chosen.rank == min(head.rank for head in heads)


def test_a_clip_is_sent_although_records_never_cease_to_come() -> None:
    clip, sent = Head(Rank.CLIP, 1, 0), 0
    while next_turn([Head(Rank.URGENT_RECORD, 2 + sent, sent), clip], sent) != clip:
        sent += 1
    assert PATIENCE[Rank.CLIP] <= sent < PATIENCE[Rank.CLIP] + OVERDUE_TURN


def test_a_claim_reads_indexes_only_and_never_sorts_or_scans_what_waits(outbox: Outbox) -> None:
    plan = "\n".join(row[3] for row in outbox._db.execute("EXPLAIN QUERY PLAN" + HEADS, (Rank.CLIP,)))
    assert "USING COVERING INDEX item_line (line=?)" in plan
    assert "SEARCH item USING INTEGER PRIMARY KEY (rowid=?)" in plan
    assert "SCAN item" not in plan
    assert "TEMP B-TREE" not in plan
    back = "\n".join(row[3] for row in outbox._db.execute("EXPLAIN QUERY PLAN " + SET_BACK, (Rank.CLIP,)))
    assert "item_back" in back


def steps_of_a_claim(outbox: Outbox) -> int:
    """How many instructions SQLite's machine executes for one."""
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    outbox._db.set_progress_handler(count, 1)
    assert outbox.claim() is not None
    outbox._db.set_progress_handler(None, 1)
    return steps[0]


def test_a_claim_takes_as_many_steps_with_forty_times_as_much_waiting() -> None:
    outbox, steps = Outbox.open(Path(":memory:")), []
    for number in range(1, 2001):
        put(outbox, number, Rank.RECORD, [picture(number * 10 + rank, 20, rank) for rank in list(Rank)[2:]])
        if number in (50, 2000):
            for acknowledged in range(number - 10, number):
                outbox.acknowledge(traverse(acknowledged, []).id)
            steps.append(steps_of_a_claim(outbox))
    assert steps[0] == steps[1] < 300


@given(st.integers(0, 2**32))
def test_claiming_up_to_a_rank_gives_nothing_beyond_it(seed: int) -> None:
    outbox, rng = Outbox.open(Path(":memory:")), random.Random(seed)
    for number in range(1, 6):
        views = [picture(rng.getrandbits(30), 20, rng.choice(list(Rank)[2:])) for _ in range(2)]
        put(outbox, number, rng.choice([Rank.URGENT_RECORD, Rank.RECORD]), views)
    most, got = rng.choice(list(Rank)), []
    for _ in range(40):
        item = outbox.claim(most)
        if item is None:
            break
        if rng.random() < 0.3:
            outbox.defer(item.id, fault=False)
            continue
        got.append(outbox._db.execute("SELECT rank FROM item WHERE id = ?", (item.id,)).fetchone()[0])
        outbox.acknowledge(item.id)
    assert all(rank <= most for rank in got)
