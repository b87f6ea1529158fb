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

CODE, DEVICE, TOKEN = "CODE-1", "device-1", "token-of-device-1"


@dataclass
class City:
    """What arrived. refuse: a status that is answered to everything but enrolment, to see what the edge makes of it."""

    traverses: dict[str, bytes] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    codes: set[str] = field(default_factory=lambda: {CODE})
    refuse: int = 0
    asked: list[str] = field(default_factory=list)
    seals: dict[str, str] = field(default_factory=dict)
    public_key: str = ""

    @property
    def observations(self) -> list[str]:
        return [str(seen.id) for body in self.traverses.values() for seen in _wire(body).observations]

    @property
    def declared(self) -> set[str]:
        every = (seen for body in self.traverses.values() for seen in _wire(body).observations)
        return {item.sha256 for seen in every for item in seen.evidence}

    @property
    def flaws(self) -> list[Finding]:
        """What is wrong with the chain of what arrived."""
        links = [Link(Seal.parse(text), self.traverses.get(ident)) for ident, text in self.seals.items()]
        return check(links, parse_key(self.public_key))

    def put_traverse(self, ident: str, body: bytes) -> tuple[int, dict[str, Any]]:
        wire = _wire(body)
        if wire.device != DEVICE:
            return 403, _error("device", f"not your device: {wire.device}")
        known = self.traverses.setdefault(ident, body)
        if known != body:
            return 409, _error("conflict", "another body came before")
        told = {item.sha256 for seen in wire.observations for item in seen.evidence}
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
        return 201, {}

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


@contextmanager
def serving(city: City, port: int = 0) -> Iterator[str]:
    """The city's address while the block runs."""

    class Answers(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            city.asked.append(f"{self.command} {self.path}")
            status, told = self._answer(body)
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
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

    with ThreadingHTTPServer(("127.0.0.1", port), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
