"""What a traverse costs the association alone: the engine and simple matching, call by call in turns.

Passes of 120 m along one street, each seeing all of its things within metres of where they are, against the cases that
earlier passes left. CPU time of one core; of each call the least of several, so that what else runs hardly matters.

    python -m tests.bench.association_speed
"""

from __future__ import annotations

import time
from collections.abc import Sequence, Set
from random import Random

from pipeline.traverse import Traverse
from server.association.casebook import CaseBook
from server.association.memory import Memory
from server.association.method import MATCHERS, Matcher, Method
from server.association.outcome import Association
from server.association.priors import Priors, default_priors
from server.association.state import OpenCase
from tests.server.association_scene import Pass, Thing, drive

Call = tuple[Traverse, Sequence[OpenCase], Memory]
STREET_M = 120.0
EARLIER, MEASURED, TIMES = 6, 8, 9
KINDS = ("litter", "illegal_ad")


def street(count: int) -> list[Thing]:
    """So many things of two kinds in three rows, evenly along the street."""
    places = [STREET_M * (number + 0.5) / count for number in range(count)]
    return [
        Thing(f"thing{number}", KINDS[number % 2], east_m, (-9.0, 0.0, 9.0)[number % 3])
        for number, east_m in enumerate(places)
    ]


def calls(matcher: Matcher, things: Sequence[Thing]) -> list[Call]:
    """What a case book asks of a matcher once the street is known."""
    asked: list[Call] = []

    def noted(
        traverse: Traverse,
        cases: Sequence[OpenCase],
        priors: Priors,
        memory: Memory,
        parted: Set[frozenset[str]] = frozenset(),
    ) -> Association:
        asked.append((traverse, cases, memory))
        return matcher(traverse, cases, priors, memory, parted)

    book, rng = CaseBook(default_priors(), noted), Random(1)
    for number in range(EARLIER + MEASURED):
        bias = rng.gauss(0.0, 2.0), rng.gauss(0.0, 2.0)
        book.take(drive(Pass(number, bias, STREET_M, noise_m=0.7), things))
    return asked[EARLIER:]


def least_s(matchers: Sequence[Matcher], asked: Sequence[Sequence[Call]]) -> list[float]:
    """For each matcher the CPU seconds of a call, on average over its own."""
    total = [0.0] * len(matchers)
    for turn in range(MEASURED):
        best = [float("inf")] * len(matchers)
        for _ in range(TIMES):
            for which, matcher in enumerate(matchers):
                traverse, cases, memory = asked[which][turn]
                began = time.thread_time()
                matcher(traverse, cases, default_priors(), memory)
                best[which] = min(best[which], time.thread_time() - began)
        total = [sum(pair) for pair in zip(total, best, strict=True)]
    return [one / MEASURED for one in total]


def main() -> None:
    print("| observations in a traverse | method | µs a traverse | observations a second of a core |")
    print("|---|---|---|---|")
    for count in (100, 10, 3, 1):
        asked = [calls(MATCHERS[method], street(count)) for method in Method]
        took = least_s([MATCHERS[method] for method in Method], asked)
        for method, seconds in zip(Method, took, strict=True):
            print(f"| {count} | {method} | {seconds * 1e6:.0f} | {count / seconds:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
