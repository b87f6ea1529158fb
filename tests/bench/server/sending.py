"""Sends requests that were made beforehand, in a process of its own: as fast as they are answered, or by a schedule.

Raw HTTP/1.1 on connections that stay open, so that sending costs a small part of what answering does.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import multiprocessing
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

PATIENCE_S = 5.0
"""So long after the last scheduled moment a schedule is given up; what is unanswered then has taken for ever."""


@dataclass(frozen=True, slots=True)
class Sent:
    """waited_s: for each request from when it was to be sent until its answer was there, infinite where none came."""

    took_s: float
    cpu_s: float
    waited_s: tuple[float, ...]
    statuses: Counter[int]

    def percentile_ms(self, share: float) -> float:
        """The wait that this share of the requests did not exceed."""
        return sorted(self.waited_s)[math.ceil(share * len(self.waited_s)) - 1] * 1e3


def put(path: str, headers: dict[str, str], body: bytes) -> bytes:
    """A whole request as it goes over the wire."""
    fields = {**headers, "Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"PUT {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def send(port: int, requests: Sequence[bytes], connections: int, a_second: float | None = None) -> Sent:
    """Send all, from another process. a_second: so many are due each second, answered or not; None: no schedule, each
    connection sends its next one when the last was answered."""
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(1) as pool:
        return pool.apply(_send, (port, requests, connections, a_second))


def _send(port: int, requests: Sequence[bytes], connections: int, a_second: float | None) -> Sent:
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    waited_s, statuses = asyncio.run(_send_all(port, requests, connections, a_second))
    return Sent(time.perf_counter() - began_s, time.process_time() - began_cpu_s, tuple(waited_s), statuses)


async def _send_all(
    port: int, requests: Sequence[bytes], connections: int, a_second: float | None
) -> tuple[list[float], Counter[int]]:
    waited_s, statuses = [math.inf] * len(requests), Counter[int]()
    numbers, began_s = itertools.count(), time.perf_counter()

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (number := next(numbers)) < len(requests):
            due_s = time.perf_counter() if a_second is None else began_s + number / a_second
            await asyncio.sleep(max(due_s - time.perf_counter(), 0.0))
            writer.write(requests[number])
            statuses[await _status(reader)] += 1
            waited_s[number] = time.perf_counter() - due_s
        writer.close()

    work = [asyncio.create_task(one_connection()) for _ in range(connections)]
    patience_s = None if a_second is None else len(requests) / a_second + PATIENCE_S
    done, late = await asyncio.wait(work, timeout=patience_s)
    for task in late:
        task.cancel()
    for task in done:
        task.result()
    return waited_s, statuses


async def _status(reader: asyncio.StreamReader) -> int:
    """The status of the next answer, all of which is read."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
    return int(head.split(maxsplit=2)[1])
