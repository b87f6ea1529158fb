"""Every operation of the interface, asked of a real process by every role, with what its description allows and what it
does not: no answer is a failure, and what is refused costs neither much of a core nor 100 MB."""

from __future__ import annotations

import json
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.generation import GenerationMode

from server.guards import TRAVERSE
from server.pictures.objects import digest_of
from tests.ports import free_port
from tests.server.api.test_hostile import civil
from tests.server.nursery import Nursery, cpu_s, forget_peak, peak
from tests.server.setupfile import PEOPLE
from tests.server.town import application, found_town, picture
from tests.waiting import PATIENCE_S, ask, until

ENDLESS: Final = "GET /api/events"
WITHOUT_A_FIELD: Final = ("GET /healthz", "GET /api/reports/categories", "GET /api/reports/grids")
REFUSED_READINGS: Final = 6.0
"""Refusing costs no more than so many times what Python's own JSON takes to read the largest object of all."""
REFUSED_BYTES: Final = 100_000_000
OPERATIONS = {
    found.ok().label: found.ok()
    for found in schemathesis.openapi.from_dict(application().openapi()).get_all_operations()
    if found.ok().label != ENDLESS
}


def bomb(side: int) -> bytes:
    """A PNG of a few kilobytes that says it is `side` by `side` pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(4_000_000))) + chunk(b"IEND", b"")


BOMB: Final = bomb(30_000)


@dataclass(frozen=True, slots=True)
class Living:
    """A server process with something of every kind in it.

    callers: the headers of each role. ids: what there is. reading_s: what reading the largest object takes of a core.
    """

    url: str
    pid: int
    callers: dict[str, dict[str, str]]
    ids: tuple[str, ...]
    order: str
    reading_s: float


@contextmanager
def alive(home: Path) -> Iterator[Living]:
    town = found_town(home)
    town.clock.ns = time.time_ns()
    before = picture(1)
    bombed = town.seen("illegal_ad", north_m=9.0, pictures=(BOMB,))
    bombed["evidence"][0]["media_type"] = "image/png"
    [link, other] = town.send(town.seen("litter", pictures=(before,)), bombed)["links"]
    town.upload(before)
    order = town.order_of(link["case_id"])["id"]
    town.post(f"/api/work-orders/{order}/accept", "crew-a")
    ids = (link["case_id"], other["case_id"], order, town.device[0], link["observation_id"])
    callers = {name: town.as_(name) for name in PEOPLE} | {"device": town.device[1], "nobody": {}}
    town.context.store.close()
    with Nursery(town.home, free_port(), models=True) as nursery:
        pid = nursery.start()
        until(lambda: answers(nursery.url))
        yield Living(nursery.url, pid, callers, ids, order, reading_s())
        nursery.kill()


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """One that is asked whatever can be asked: also to sign somebody out, or to take a device off the road."""
    with alive(tmp_path_factory.mktemp("town")) as one:
        yield one


@pytest.fixture(scope="module")
def unspoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """One whose callers are still who they were."""
    with alive(tmp_path_factory.mktemp("unspoilt")) as one:
        yield one


def reading_s() -> float:
    took_s = []
    for _ in range(3):
        began_s = time.thread_time()
        json.loads(BODIES["keys"])
        took_s.append(time.thread_time() - began_s)
    return median(took_s)


def answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return ask("GET", f"{url}/healthz").is_success
    return False


def asked(living: Living, case: Case, who: str, known: str | None) -> None:
    """Send what was made up, as this caller and about a thing that exists, and look at the answer."""
    if known is not None and "id" in (case.path_parameters or {}):
        case.path_parameters["id"] = known
    held, used_s = forget_peak(living.pid), cpu_s(living.pid)
    answer = case.call(base_url=living.url, headers=living.callers[who], timeout=PATIENCE_S)
    civil(answer)
    if answer.status_code >= 400:
        refused_cheaply(living, held, used_s)


def refused_cheaply(living: Living, held: int, used_s: float) -> None:
    """Since these were measured the process has used neither much of a core nor 100 MB."""
    assert cpu_s(living.pid) - used_s <= REFUSED_READINGS * living.reading_s
    assert peak(living.pid) - held <= REFUSED_BYTES


@pytest.mark.parametrize(
    "examples", [6, pytest.param(150, marks=[pytest.mark.chaos, pytest.mark.timeout(3600)])], ids=str
)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "not allowed"])
@pytest.mark.parametrize("label", OPERATIONS)
def test_an_operation_is_answered_in_words_whoever_asks_whatever(
    living: Living, label: str, mode: GenerationMode, examples: int
) -> None:
    if label in WITHOUT_A_FIELD and mode is GenerationMode.NEGATIVE:
        return
    operation = OPERATIONS[label]
    role = st.sampled_from(sorted(living.callers))
    known = st.sampled_from((*living.ids, None))

    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), who=role, about=known)
    def ask(case: Case, who: str, about: str | None) -> None:
        asked(living, case, who, about)

    ask()


def filled(start: bytes, piece: bytes, end: bytes) -> bytes:
    """As many pieces between start and end as a traverse may have bytes and values."""
    parts = sum(piece.count(sign) for sign in (b",", b"[", b"{"))
    room = (TRAVERSE.size_bytes - 1000) // len(piece)
    assert TRAVERSE.parts is not None
    return start + piece * min(room, (TRAVERSE.parts - 1000) // parts if parts else room) + end


def keyed(start: bytes, end: bytes) -> bytes:
    """An object with as many keys as a traverse may have values."""
    assert TRAVERSE.parts is not None
    return start + b",".join(b'"%d":0' % number for number in range(TRAVERSE.parts - 1000)) + end


BODIES: Final = {
    "empty lists": filled(b"[", b"[],", b"[]]"),
    "empty lists as poses": filled(b'{"poses":[', b"[],", b"[]]}"),
    "empty lists as observations": filled(b'{"observations":[', b"[],", b"[]]}"),
    "empty objects as poses": filled(b'{"poses":[', b"{},", b"{}]}"),
    "empty objects as observations": filled(b'{"observations":[', b"{},", b"{}]}"),
    "numbers": filled(b'{"poses":[', b"1,", b"1]}"),
    "a long number": filled(b'{"version":', b"9", b"}"),
    "keys": keyed(b"{", b"}"),
    "keys of frames": keyed(b'{"frames":{"skipped":{', b"}}}"),
    "attributes": keyed(b'{"observations":[{"attributes":{', b"}}]}"),
    "a long text": filled(b'{"id":"', b"x", b'"}'),
    "escapes": filled(b'{"id":"', b"\\u0000", b'"}'),
    "wide letters": filled(b'{"device":"', "\U0001f9f9".encode(), b'"}'),
    "depth": filled(b"", b'{"poses":', b""),
    "brackets": filled(b"", b"[", b""),
    "no text": filled(b"", b"\xff", b""),
    "long appearances": filled(b'{"observations":[', b'{"appearance":[' + b"0.1," * 5000 + b"0]},", b"{}]}"),
    "spaces": filled(b"", b" ", b""),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_large_hostile_body_is_refused_at_little_cost_and_within_100_mb(unspoilt: Living, name: str) -> None:
    headers = unspoilt.callers["device"] | {"Content-Type": "application/json"}
    held, used_s = forget_peak(unspoilt.pid), cpu_s(unspoilt.pid)
    answer = ask("PUT", f"{unspoilt.url}/api/traverses/{unspoilt.ids[0]}", content=BODIES[name], headers=headers)
    civil(answer)
    assert answer.status_code in (400, 413, 422)
    refused_cheaply(unspoilt, held, used_s)


def test_a_picture_that_would_unpack_to_gigabytes_is_refused_at_little_cost_and_within_100_mb(unspoilt: Living) -> None:
    sha256, held, used_s = digest_of(BOMB), forget_peak(unspoilt.pid), cpu_s(unspoilt.pid)
    evidence = ask("PUT", f"{unspoilt.url}/api/evidence/{sha256}", content=BOMB, headers=unspoilt.callers["device"])
    after = ask(
        "POST",
        f"{unspoilt.url}/api/work-orders/{unspoilt.order}/after-photo",
        files={"file": ("after.png", BOMB, "image/png")},
        headers=unspoilt.callers["crew-a"],
    )
    for answer in (evidence, after):
        civil(answer)
        assert answer.status_code == 422, answer.text
    refused_cheaply(unspoilt, held, used_s)
