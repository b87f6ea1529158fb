"""Single posts a second on SQLite, with writers that share commits and with a commit each, paired in one run.

    make bench-commits ARGS="--clients 8 --rounds 5"

Both sides keep `synchronous=FULL`. A round takes in the same number of traverses, or of small records, by as many
threads; rounds of the two sides take turns, each on a database of its own. `commits` is how often each side waited
for the disk.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import event

from pipeline.wire import TraverseWire
from server.intake.traverses import receive
from server.records import groups
from server.records.outbox import tell
from tests.server.town import Town, found_town

SHARED, EACH = groups.MOST, 1
Round = Callable[[Town], list[Callable[[], object]]]


def small_records(town: Town) -> list[Callable[[], object]]:
    """Writes of one row, as a picture's record or a step with a case are."""

    def one() -> None:
        with town.context.store.write() as session:
            tell(session, "case", "c", 1)

    return [one] * 400


def traverses(town: Town) -> list[Callable[[], object]]:
    """Street blocks with one thing in them."""
    device_id, _ = town.device
    bodies = [town.traverse(device_id, town.seen("litter", east_m=20.0 * (index % 5))) for index in range(80)]
    wires = [TraverseWire.model_validate(body) for body in bodies]
    return [lambda wire=wire: receive(town.context, device_id, wire) for wire in wires]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    for name, kind in (("small records", small_records), ("traverses", traverses)):
        ratios, lines = [], {}
        for number in range(asked.rounds):
            both = {
                most: _round(kind, most, asked.clients) for most in ((SHARED, EACH) if number % 2 else (EACH, SHARED))
            }
            ratios.append(both[SHARED][0] / both[EACH][0])
            for most, (rate, commits) in both.items():
                lines.setdefault(most, []).append((rate, commits))
        for most, words in ((EACH, "a commit each"), (SHARED, "shared commits")):
            rate = statistics.median(rate for rate, _ in lines[most])
            commits = statistics.median(commits for _, commits in lines[most])
            print(f"{name:<14} {words:<15} {rate:8.1f} a second, {commits:5.0f} commits")
        low, high = min(ratios), max(ratios)
        print(f"{name:<14} ratio of pairs  {statistics.median(ratios):8.2f} ({low:.2f} to {high:.2f})")


def _round(kind: Round, most: int, clients: int) -> tuple[float, int]:
    """Posts a second, and commits."""
    with tempfile.TemporaryDirectory(prefix="steward-commits-", dir=Path.cwd()) as folder:
        town = found_town(Path(folder))
        work = kind(town)
        commits = [0]

        def count(_: Any) -> None:
            commits[0] += 1

        event.listen(town.context.store.engine, "commit", count)
        groups.MOST = most
        began = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            for done in [pool.submit(one) for one in work]:
                done.result()
        took_s = time.perf_counter() - began
        town.context.store.close()
        return len(work) / took_s, commits[0]


if __name__ == "__main__":
    main()
