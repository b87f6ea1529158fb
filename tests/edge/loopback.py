"""A server of the contract's device side on the loopback address, in memory: what an edge process really talks to."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pipeline.seal import HEADER, Finding, Link, Seal, check, parse_key
from pipeline.wire import TraverseWire
from tests.edge.weather import Says, Sky, Weather, clear

CODE, DEVICE, TOKEN = "CODE-1", "device-1", "token-of-device-1"


@dataclass
class City:
    """What arrived. refuse: a status that is answered to everything but enrolment, to see what the edge makes of it.

    weather: what becomes of each exchange on its way.
    """

    traverses: dict[str, bytes] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    codes: set[str] = field(default_factory=lambda: {CODE})
    refuse: int = 0
    asked: list[str] = field(default_factory=list)
    seals: dict[str, str] = field(default_factory=dict)
    public_key: str = ""
    weather: Weather = clear
    observations: list[str] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)

    @property
    def flaws(self) -> list[Finding]:
        """What is wrong with the chain of what arrived."""
        links = [Link(Seal.parse(text), self.traverses.get(ident)) for ident, text in self.seals.items()]
        return check(links, parse_key(self.public_key))

    def put_traverse(self, ident: str, body: bytes) -> tuple[int, dict[str, Any]]:
        wire = _wire(body)
        if wire.device != DEVICE:
            return 403, _error("device", f"not your device: {wire.device}")
        told = {item.sha256 for seen in wire.observations for item in seen.evidence}
        if ident not in self.traverses:
            self.traverses[ident] = body
            self.observations += [str(seen.id) for seen in wire.observations]
            self.declared |= told
        if self.traverses[ident] != body:
            return 409, _error("conflict", "another body came before")
        missing = sorted(told - self.pictures.keys())
        return 201, {"traverse_id": ident, "received": len(wire.observations), "links": [], "missing_evidence": missing}

    def next_step(self, sha256: str) -> tuple[int, dict[str, Any]]:
        if sha256 not in self.declared:
            return 404, _error("undeclared", "no traverse declared it")
        put = {"number": 0, "url": f"/api/evidence/{sha256}", "headers": {"content-type": "image/jpeg"}}
        stored = sha256 in self.pictures
        return 200, {"sha256": sha256, "stored": stored, "puts": [] if stored else [put]}

    def put_picture(self, sha256: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if sha256 not in self.declared:
            return 404, _error("undeclared", "no traverse declared it")
        if hashlib.sha256(body).hexdigest() != sha256:
            return 422, _error("other_bytes", "the bytes do not match")
        self.pictures[sha256] = body
        return 201, {"sha256": sha256, "size_bytes": len(body)}

    def enrol(self, body: bytes) -> tuple[int, dict[str, Any]]:
        code, self.public_key = json.loads(body)["code"], json.loads(body)["public_key"]
        if code not in self.codes:
            return 403, _error("code", "the enrolment code is wrong or was used before")
        self.codes.discard(code)
        return 201, {"device_id": DEVICE, "token": TOKEN}


def _wire(body: bytes) -> TraverseWire:
    return TraverseWire.model_validate_json(body)


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "where": None}}


def _answers(city: City, over: threading.Event) -> type[BaseHTTPRequestHandler]:
    """Who answers for the city; over: when nobody is kept waiting any more."""

    class Answers(BaseHTTPRequestHandler):
        def _take(self) -> None:
            fate, length = city.weather(), int(self.headers.get("Content-Length", 0))
            if fate is Sky.LOST or fate is Sky.CUT:
                self.rfile.read(length // 2 if fate is Sky.CUT else 0)
                return
            body = self.rfile.read(length)
            city.asked.append(f"{self.command} {self.path}")
            if isinstance(fate, Says):
                self._say(fate.status, fate.body, fate.retry_after)
                return
            if fate is Sky.SILENT:
                over.wait()
                return
            status, told = self._answer(body)
            if fate is not Sky.ANSWER_LOST:
                self._say(status, json.dumps(told).encode())

        def _say(self, status: int, content: bytes, retry_after: str | None = None) -> None:
            if status == 0:
                self.wfile.write(content)
                return
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if retry_after is not None:
                self.send_header("Retry-After", retry_after)
            self.end_headers()
            self.wfile.write(content)

        def _answer(self, body: bytes) -> tuple[int, dict[str, Any]]:
            if self.path == "/api/devices/enrol":
                return city.enrol(body)
            if city.refuse:
                return city.refuse, _error("refused", "told to")
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                return 401, _error("token", "unknown token")
            _, _, kind, ident = self.path.split("/")
            if self.command == "POST":
                return city.next_step(ident)
            if HEADER in self.headers:
                city.seals[ident] = self.headers[HEADER]
            return city.put_traverse(ident, body) if kind == "traverses" else city.put_picture(ident, body)

        do_PUT = do_POST = _take  # noqa: N815  (the standard library's names)

        def log_message(self, *_: object) -> None: ...

    return Answers


class _Server(ThreadingHTTPServer):
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A client that was killed while it was answered is none of the server's trouble."""


@contextmanager
def serving(city: City, port: int = 0) -> Iterator[str]:
    """The city's address while the block runs."""
    over = threading.Event()
    with _Server(("127.0.0.1", port), _answers(city, over)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            over.set()
            server.shutdown()
            thread.join()
