"""PostgreSQL goes away and comes back: 503 meanwhile, nothing acknowledged that was not committed, no restart."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from server.records.tables import CaseRow, TraverseRow
from tests.server.cluster import Cluster, cluster, tools
from tests.server.town import MIN_NS, Town, found_town


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[tuple[Cluster, Town]]:
    """A town on a cluster that the test may stop."""
    found = tools()
    if isinstance(found, str):
        pytest.skip(found)
    with cluster(found) as running:
        town = found_town(tmp_path, address=running.address(running.create()))
        yield running, town
        town.context.store.close()


def test_while_it_is_away_all_is_refused_for_now_and_afterwards_all_goes_on(own_cluster: tuple[Cluster, Town]) -> None:
    running, town = own_cluster
    device_id, headers = town.device
    bodies = []
    for index in range(60):
        seen = town.seen("litter", east_m=30.0 * (index % 3), at_ns=town.clock.ns - (60 - index) * MIN_NS)
        bodies.append(town.traverse(device_id, seen))
    answered = 0

    def put(body: dict[str, Any]) -> int:
        nonlocal answered
        answer = town.client.put(f"/api/traverses/{body['id']}", json=body, headers=headers)
        if answer.status_code == 503:
            assert answer.json()["error"]["code"] == "no_storage"
            assert int(answer.headers["retry-after"]) > 0
        answered += 1
        if answered == 10:
            running.stop("immediate")  # as a power cut: whoever is in the middle of something hears nothing more
        return answer.status_code

    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(put, bodies))
    assert set(told) == {201, 503}
    assert town.client.get("/healthz").status_code == 503

    running.start()
    assert town.client.get("/healthz").status_code == 200
    acknowledged = {body["id"] for body, status in zip(bodies, told, strict=True) if status == 201}
    with town.context.store.read() as session:
        assert acknowledged <= set(session.scalars(select(TraverseRow.id)))
    again = [town.client.put(f"/api/traverses/{body['id']}", json=body, headers=headers).status_code for body in bodies]
    assert {status for body, status in zip(bodies, again, strict=True) if body["id"] in acknowledged} == {200}
    assert set(again) <= {200, 201}
    with town.context.store.read() as session:
        assert session.scalar(select(func.count()).select_from(TraverseRow)) == len(bodies)
        assert session.scalar(select(func.count()).select_from(CaseRow)) == 3
    town.laws_hold()
