"""The worker's window for people and monitors: /healthz, /metrics and, where configured, /live. It only reads.

Bounded: GET alone, eight requests at a time, five seconds each. Figures name no place, number or person. The live view
shows redacted pictures to the loopback address, under a loopback name (so that no web page can reach it through a
visitor's browser by a name of its own), or to whoever knows the token.
"""

from __future__ import annotations

import base64
import hmac
import html
import ipaddress
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Protocol, Self

from edge.care.live_view import LivePicture
from edge.care.metrics import CONTENT_TYPE

AT_ONCE: Final = 8
REQUEST_S: Final = 5.0
LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
PAGE: Final = """<!doctype html><html lang="zh"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width"><title>City Steward live 城市管家 实时画面</title>
<style>body{margin:0;background:#111;color:#eee;font:1rem sans-serif}
img{display:block;max-width:100%%;max-height:calc(100vh - 3rem);margin:auto}
p{padding:.6rem;margin:0}</style></head><body>%s</body></html>"""

PICTURE: Final = """<img src="live.jpg" alt="live 实时画面">
<p>Redacted picture, made for this view and not stored. 已脱敏画面，仅供查看，不保存。</p>"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a page says: its status, media type and body."""

    status: int
    media_type: str
    body: bytes


class Pages(Protocol):
    """What the server asks for its pages. view: None where there is no live view."""

    def healthz(self) -> tuple[bool, dict[str, Any]]: ...

    def metrics(self) -> bytes | None: ...

    def view(self) -> LivePicture | None: ...


class HealthServer:
    """Answers in threads of its own while the block runs. Raises OSError where the address cannot be had."""

    def __init__(self, host: str, port: int, pages: Pages, token: str | None = None) -> None:
        self._http = _Http((host, port), partial(_Handler, pages=pages, token=token))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.2,), name="health", daemon=True)

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(self, address: tuple[str, int], handler: Callable[..., BaseHTTPRequestHandler]) -> None:
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A visitor that went away in the middle is nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_S
    server_version = "steward-edge"
    sys_version = ""

    def __init__(self, *args: Any, pages: Pages, token: str | None) -> None:
        self._pages, self._token = pages, token
        super().__init__(*args)

    def do_GET(self) -> None:
        self._send(self._answer(self.path.partition("?")[0]))

    def _answer(self, path: str) -> Answer:
        if path == "/healthz":
            good, told = self._pages.healthz()
            return Answer(200 if good else 503, "application/json", json.dumps(told, ensure_ascii=False).encode())
        if path == "/metrics":
            figures = self._pages.metrics()
            return _said(503, "no worker is running") if figures is None else Answer(200, CONTENT_TYPE, figures)
        if path in ("/live", "/live.jpg"):
            return self._live(path)
        return _said(404, "here are /healthz, /metrics and, where configured, /live")

    def _live(self, path: str) -> Answer:
        if not self._may_look():
            return _said(401, "the live view wants the token, or a visit from this computer itself")
        view = self._pages.view()
        if view is None:
            return _said(404, "no live view is configured")
        if path == "/live.jpg":
            return _said(503, _withheld(view)) if view.jpeg is None else Answer(200, "image/jpeg", view.jpeg)
        shown = f"<p>{_withheld(view)}</p>" if view.jpeg is None else PICTURE
        return Answer(200, "text/html; charset=utf-8", (PAGE % shown).encode())

    def _may_look(self) -> bool:
        if self._token is not None and _token_of(self.headers.get("Authorization", ""), self._token):
            return True
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        return ipaddress.ip_address(self.client_address[0]).is_loopback and host.lower() in LOOPBACK_NAMES

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'")
        if answer.status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="live", charset="UTF-8"')
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """A monitor asks every few seconds; the log is for what happens."""


def _token_of(header: str, token: str) -> bool:
    """Bearer, or Basic with the token as its password, which a browser asks for by itself."""
    kind, _, told = header.partition(" ")
    if kind.lower() == "basic":
        try:
            told = base64.b64decode(told, validate=True).decode().partition(":")[2]
        except ValueError:
            return False
    elif kind.lower() != "bearer":
        return False
    return hmac.compare_digest(told.encode(), token.encode())


def _withheld(view: LivePicture) -> str:
    return f"No picture: the privacy step has none to show. 无画面：脱敏步骤未提供画面。 ({html.escape(view.why)})"


def _said(status: int, words: str) -> Answer:
    return Answer(status, "text/plain; charset=utf-8", f"{words}\n".encode())
