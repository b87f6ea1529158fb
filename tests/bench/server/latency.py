"""How long a single post waits while so many a second come in, whether they are answered or not.

Every post is due at a moment of a fixed schedule and its wait counts from that moment, so a server that stops for a
second is told of by all that were due in it. The rate rises until one post of a hundred waits more than a second;
rates beyond are not tried.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from server.association.method import Method
from tests.bench.server.figures import Figure
from tests.bench.server.serving import Serving, serving
from tests.bench.server.towns import a_cluster, a_town
from tests.server.cluster import Cluster

RATES = (10, 25, 50, 100, 200, 300, 500, 700, 1000)
CONNECTIONS = 64
BLOCKS = range(0, 24, 2)
"""With ten things each, which are seen one by one."""
BOUND_MS = 100.0
HOPELESS_MS = 1000.0


def latency(seconds: float, methods: Sequence[Method]) -> Iterator[Figure]:
    """Waits by rate, and the highest rate at which 99 of 100 posts are answered within the bound."""
    for method in methods:
        yield from _rising(f"SQLite, {method}, one worker", method, None, 1, seconds)
    with a_cluster() as cluster:
        for method in methods:
            for workers, words in ((1, "one worker"), (2, "2 workers")):
                yield from _rising(f"PostgreSQL, {method}, {words}", method, cluster, workers, seconds)


def _rising(where: str, method: Method, cluster: Cluster | None, workers: int, seconds: float) -> Iterator[Figure]:
    address = None if cluster is None else cluster.address(cluster.create())
    best = 0
    with a_town(address, method=method) as driven, serving(driven, workers, cluster) as server:
        server.serve(server.requests(len(BLOCKS), 10, BLOCKS), 2)
        for rate in RATES:
            p99_ms, line = _at(server, rate, seconds)
            print(f"  {where}: {rate} a second: {line}", flush=True)
            best = rate if p99_ms <= BOUND_MS else best
            yield Figure(f"single posts at {rate} a second, {where}", line)
            if p99_ms > HOPELESS_MS:
                break
    yield Figure(f"single posts a second with p99 of {BOUND_MS:.0f} ms at most, {where}", f"{best}", "", "1,000")


def _at(server: Serving, rate: int, seconds: float) -> tuple[float, str]:
    served = server.serve(server.requests(math.ceil(rate * seconds), 1, BLOCKS), CONNECTIONS, rate)
    p50, p95, p99 = (served.sent.percentile_ms(share) for share in (0.50, 0.95, 0.99))
    used = f"{served.server_s:.1f} s of CPU, sender {served.sent.cpu_s:.1f} s"
    return p99, f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms ({used})"
