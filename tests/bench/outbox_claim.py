"""What a claim costs with 100 and with 100,000 items waiting, in turns: `python -m tests.bench.outbox_claim`.

Processor time, not the clock's; the two outboxes take turns, so what else runs meets both.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from edge.outbox.outbox import Outbox
from tests.chaos.patrol import drive, driven, traverse_id

ITEMS_OF_A_TRAVERSE = 5


def filled(path: Path, items: int) -> Outbox:
    """An outbox in which so many wait, in every rank but clips."""
    outbox = Outbox.open(path)
    while driven(outbox) < items // ITEMS_OF_A_TRAVERSE:
        drive(outbox, driven(outbox) + 1)
    for number in range(1, 1 + driven(outbox) // 2):
        outbox.acknowledge(traverse_id(number))
    for number in range(driven(outbox) + 1, driven(outbox) + 1 + driven(outbox) // (2 * ITEMS_OF_A_TRAVERSE)):
        drive(outbox, number)
    return outbox


def claims_us(outbox: Outbox, times: int) -> float:
    started = time.process_time_ns()
    for _ in range(times):
        assert outbox.claim() is not None
    return (time.process_time_ns() - started) / times / 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=100)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small, large = (filled(Path(folder) / f"{n}.sqlite3", n) for n in (asked.small, asked.large))
        waiting = [outbox.counts().items_waiting for outbox in (small, large)]
        rounds = [(claims_us(small, 200), claims_us(large, 200)) for _ in range(asked.rounds)]
    for name, n, times in zip(("small", "large"), waiting, zip(*rounds, strict=True), strict=True):
        print(f"{name}: {n:>7} waiting, {statistics.median(times):6.1f} µs of processor time a claim")
    ratios = sorted(big / little for little, big in rounds)
    print(f"large / small: median {statistics.median(ratios):.2f}, middle half {ratios[len(ratios) // 4]:.2f} to "
          f"{ratios[3 * len(ratios) // 4]:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
