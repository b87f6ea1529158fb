"""What is delivered many times, from many connections at once, is taken in once, and always answered alike."""

from __future__ import annotations

import json
import random
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Lock
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from server.records.tables import ObservationRow, TraverseRow
from tests.ports import free_port
from tests.server.blocks import block_pass
from tests.server.nursery import Nursery, cpu_s
from tests.server.town import MIN_NS, Town

pytestmark = pytest.mark.both_databases

CONNECTIONS = 8
TELL_S = 20.0
COUNTING = Lock()
Told = tuple[int, tuple[tuple[str, str], ...]]


@pytest.mark.parametrize(
    ("ids", "deliveries", "things"),
    [
        (2_000, 10_000, 20),
        pytest.param(200_000, 1_000_000, 100, marks=[pytest.mark.chaos, pytest.mark.timeout(7200)]),
    ],
)
def test_ids_delivered_again_and_again_from_eight_connections_are_taken_in_once(
    home: Path, town: Town, ids: int, deliveries: int, things: int
) -> None:
    town.clock.ns = time.time_ns()
    device_id, headers = town.device
    traverses, rng = ids // things, random.Random(ids)
    blocks = max(traverses // 10, 1)
    bodies = [
        written(
            block_pass(town, device_id, number % blocks, things, town.clock.ns - (traverses - number) * MIN_NS, number)
        )
        for number in range(traverses)
    ]
    # Each at least once; what the connections send at one time is often the same, and new to the server.
    order = [*range(traverses), *(rng.randrange(traverses) for _ in range(deliveries // things - traverses))]
    turns = [bodies[number] for number in sorted(order, key=lambda number: number + rng.uniform(0.0, 20.0))]
    told: dict[str, list[Told]] = defaultdict(list)
    town.context.store.close()
    with Nursery(home, free_port()) as nursery, ThreadPoolExecutor(CONNECTIONS) as pool:
        pid = nursery.start()
        began_s, answered = time.monotonic(), Counter[int]()
        waiting = [
            pool.submit(deliver, nursery.url, headers, turns[one::CONNECTIONS], answered) for one in range(CONNECTIONS)
        ]
        while wait(waiting, TELL_S).not_done:
            known, new = answered[200], answered[201]
            print(f"{known + new} of {len(turns)} traverses answered, {new} of them new; {cpu_s(pid):.0f} s of a core")
        for work in waiting:
            for traverse_id, answer in work.result():
                told[traverse_id].append(answer)
        took_s, used_s = time.monotonic() - began_s, cpu_s(pid)
        nursery.kill()
    assert sum(len(answers) for answers in told.values()) * things == deliveries
    for answers in told.values():
        assert [status for status, _ in answers].count(201) == 1, "once new, and known ever after"
        assert len({outcomes for _, outcomes in answers}) == 1
    with town.context.store.read() as session:
        assert session.scalar(select(func.count()).select_from(TraverseRow)) == traverses
        assert session.scalar(select(func.count()).select_from(ObservationRow)) == ids
    town.laws_hold()
    print(f"{ids} ids, {deliveries} deliveries of them, {used_s:.1f} s of a core, {took_s:.1f} s")


def written(body: dict[str, Any]) -> tuple[str, bytes]:
    return body["id"], json.dumps(body).encode()


def deliver(
    url: str, headers: dict[str, str], bodies: list[tuple[str, bytes]], answered: Counter[int]
) -> list[tuple[str, Told]]:
    """Over one connection, each until it is answered; what was said of each. answered: counts statuses meanwhile."""
    told = []
    with httpx.Client(
        base_url=url,
        headers={**headers, "Content-Type": "application/json"},
        timeout=600,
        transport=httpx.HTTPTransport(retries=20),
    ) as client:
        for traverse_id, body in bodies:
            answer = client.put(f"/api/traverses/{traverse_id}", content=body)
            assert answer.status_code in (200, 201), answer.text
            links = tuple((link["observation_id"], link["outcome"]) for link in answer.json()["links"])
            told.append((traverse_id, (answer.status_code, links)))
            with COUNTING:
                answered[answer.status_code] += 1
    return told
