"""Bodies over their bound are refused, by their length and as they stream in."""

from __future__ import annotations

from typing import Any

import pytest

from server.api.traverses import EXAMPLE
from server.guards import PICTURE, SMALL
from tests.server.town import Town


@pytest.mark.parametrize("path", ["/api/session", "/api/devices/enrol", "/api/cases/x/dismiss"])
def test_a_large_body_is_refused_where_a_small_one_belongs(town: Town, path: str) -> None:
    answer = town.client.post(path, content=b"x" * (SMALL.size_bytes + 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_body_over_the_limit_is_refused_by_its_length_and_as_it_streams(town: Town) -> None:
    headers = town.device[1] | {"Content-Length": str(PICTURE.size_bytes + 1)}
    assert town.client.put("/api/evidence/" + "0" * 64, content=b"x", headers=headers).status_code == 413

    def stream() -> Any:
        for _ in range(PICTURE.size_bytes // 1_000_000 + 2):
            yield b"x" * 1_000_000

    for path in ("/api/evidence/" + "0" * 64, f"/api/traverses/{EXAMPLE['id']}"):
        answer = town.client.put(path, content=stream(), headers=town.device[1])
        assert answer.status_code == 413, path


def test_a_traverse_of_very_many_values_is_refused_as_it_streams_in(town: Town) -> None:
    def stream() -> Any:
        yield b"["
        for _ in range(20):
            yield b"[]," * 10_000

    answer = town.client.put(f"/api/traverses/{EXAMPLE['id']}", content=stream(), headers=town.device[1])
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_nonsense_content_length_is_refused(town: Town) -> None:
    for length in ("-1", "1e3", "9" * 40):
        headers = town.device[1] | {"Content-Length": length}
        assert town.client.put("/api/evidence/" + "0" * 64, content=b"x", headers=headers).status_code == 413
