"""Devices that deliver to a server that comes and goes, as vehicles do: each thing again until it is acknowledged."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.server.town import Town, picture
from tests.waiting import PATIENCE_S

AGAIN_S = 0.02
KNOWN_SHARE = 0.3


@dataclass
class Car:
    """One device: what it made, what was acknowledged, and what the server should not have said.

    traverses: for each acknowledged id the outcomes of its observations. The server's clock is the real one.
    """

    url: str
    device_id: str
    headers: dict[str, str]
    town: Town
    seed: int
    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    traverses: dict[str, list[str]] = field(default_factory=dict)
    pictures: set[str] = field(default_factory=set)
    contents: dict[str, bytes] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    heard: int = 0

    def deliver_until(self, stopped: threading.Event, now_ns: Callable[[], int]) -> None:
        """One traverse after the other, each with its pictures, now and then one that is known; then end."""
        rng = random.Random(self.seed)
        with httpx.Client(base_url=self.url, headers=self.headers, timeout=PATIENCE_S) as client:
            while not stopped.is_set():
                body = self._next(rng, now_ns())
                for sha256 in self._put_traverse(client, body)["missing_evidence"]:
                    self._ask(client, f"/api/evidence/{sha256}", content=self.contents[sha256])
                    self.pictures.add(sha256)
                if rng.random() < KNOWN_SHARE:
                    self._put_traverse(client, self.made[rng.choice(list(self.traverses))])

    def _next(self, rng: random.Random, now_ns: int) -> dict[str, Any]:
        content = picture(self.seed * 1_000_000 + len(self.made), size=32)
        self.contents[hashlib.sha256(content).hexdigest()] = content
        seen = [
            self.town.seen("litter", east_m=rng.randrange(-3, 4) * 18.0, at_ns=now_ns, pictures=(content,)),
            self.town.seen("illegal_ad", east_m=rng.randrange(-3, 4) * 18.0, north_m=9.0, at_ns=now_ns),
        ]
        body = self.town.traverse(self.device_id, *seen)
        self.made[body["id"]] = body
        return body

    def _put_traverse(self, client: httpx.Client, body: dict[str, Any]) -> Any:
        traverse_id = body["id"]
        known = self.traverses.get(traverse_id)
        answer = self._ask(client, f"/api/traverses/{traverse_id}", json=body)
        told = answer.json()
        outcomes = [link["outcome"] for link in told["links"]]
        if known is not None and (answer.status_code, outcomes) != (200, known):
            self.wrong.append(f"acknowledged before, {traverse_id} is now told {answer.status_code} {outcomes}")
        self.traverses[traverse_id] = outcomes
        return told

    def _ask(self, client: httpx.Client, path: str, **body: Any) -> httpx.Response:
        """The answer to a PUT, asked until there is one that is no failure."""
        while True:
            try:
                answer = client.put(path, **body)
            except httpx.TransportError:
                threading.Event().wait(AGAIN_S)
                continue
            self.heard += 1
            if answer.status_code in (200, 201):
                return answer
            if answer.status_code != 503:
                self.wrong.append(f"{path}: {answer.status_code} {answer.text}")
                raise AssertionError(self.wrong[-1])
            threading.Event().wait(AGAIN_S)
