"""What the server costs beside the bare work that nobody can spare, what it bears, and whether it stays as it is.

    make bench-server                                         # all of it, small: some ten minutes
    make bench-server ARGS="--only intake --rounds 30"
    make bench-server ARGS="--only growth --open 1000000 --closed 10000000 --town /var/tmp/large"

intake     taking traverses in, beside the same rows written by sqlite3 alone (CPU time)
request    a request through the application, beside one that only parses the body (CPU time)
rates      real server processes with one worker and two, beside COPY and INSERT into the same database (clock and CPU)
latency    how long a single post waits at rising rates, by a schedule that does not wait for answers
growth     the same requests in turns in a town of 10,000 cases and in a large one, on SQLite or with --postgresql
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from server.association.method import Method
from tests.bench.server.figures import Figure, table
from tests.bench.server.filling import Size
from tests.bench.server.growth import growth
from tests.bench.server.intake import intake
from tests.bench.server.latency import latency
from tests.bench.server.rates import rates
from tests.bench.server.request import request


def main() -> None:
    parser = argparse.ArgumentParser(
        "make bench-server", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15, help="how often each thing is measured; the median counts")
    parser.add_argument("--pairs", type=int, default=3, help="rates: how often each number of workers has its turn")
    parser.add_argument("--seconds", type=float, default=5.0, help="latency: how long each rate is kept up")
    parser.add_argument(
        "--method",
        type=Method,
        nargs="+",
        default=list(Method),
        help="intake, rates, latency: how cases are made",
    )
    parser.add_argument("--open", type=int, default=100_000, help="growth: open cases of the large town")
    parser.add_argument("--closed", type=int, default=300_000, help="growth: its closed ones")
    parser.add_argument("--town", type=Path, help="growth: a folder for the large town, which stays and is used again")
    parser.add_argument("--postgresql", action="store_true", help="growth: on PostgreSQL, not on SQLite")
    questions: dict[str, Callable[[argparse.Namespace], Iterator[Figure]]] = {
        "intake": lambda asked: intake(asked.rounds, asked.method),
        "request": lambda asked: request(asked.rounds),
        "rates": lambda asked: rates(asked.pairs, asked.method),
        "latency": lambda asked: latency(asked.seconds, asked.method),
        "growth": lambda asked: growth(asked.rounds, Size(asked.open, asked.closed), asked.postgresql, asked.town),
    }
    parser.add_argument("--only", choices=questions, action="append", help="one question; may be repeated")
    asked = parser.parse_args()
    if asked.town is not None and asked.postgresql:
        parser.error("--town keeps a town on SQLite; PostgreSQL's is made anew each time")
    found: list[Figure] = []
    for name in asked.only or questions:
        print(f"{name} ...", flush=True)
        found += questions[name](asked)
    print(table(found))


if __name__ == "__main__":
    main()
