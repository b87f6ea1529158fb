"""An RTSP server on the loopback address that misbehaves on request: H.264 over RTP over TCP (RFC 2326, RFC 6184).

It sends the pictures of `footage.picture` in real time, with RTCP sender reports, to each client that plays.
"""

from __future__ import annotations

import base64
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import av

from tests.edge.footage import picture

SSRC: Final = 0x0C17_57EA
NTP_EPOCH_S: Final = 2_208_988_800
MTU: Final = 1200
LOOP: Final = 40
"""After so many pictures the film begins anew; by then its thing has been out of sight for a while."""


@dataclass
class Film:
    """What is sent, and how; a test changes it while it plays. ahead_s: by how much the camera's own clock is ahead.

    halves: only the first of a picture's two slices is sent. began_ns: when (monotonic) the first picture of what plays
    now was due. late_ns: by how much one was late at most.
    """

    width: int = 320
    height: int = 240
    fps: int = 10
    ahead_s: float = 0.0
    credentials: str = ""
    title: bytes = b"film"
    stalled: threading.Event = field(default_factory=threading.Event)
    garbage: threading.Event = field(default_factory=threading.Event)
    halves: threading.Event = field(default_factory=threading.Event)
    played: int = 0
    sent: int = 0
    began_ns: int = 0
    late_ns: int = 0

    def due_ns(self, step: int) -> int:
        return self.began_ns + step * 1_000_000_000 // self.fps


def encoder(film: Film) -> av.VideoCodecContext:
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt, codec.framerate = film.width, film.height, "yuv420p", film.fps
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "g": str(film.fps),
        "x264-params": "repeat-headers=1:slices=2",
    }
    return codec


def units(packet: bytes) -> list[bytes]:
    """The NAL units of an Annex B access unit."""
    parts = packet.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [part for part in parts if part]


def payloads(unit: bytes) -> Iterator[tuple[bytes, bool]]:
    """A NAL unit as RTP payloads: whole, or in fragments (FU-A); True for its last."""
    if len(unit) <= MTU:
        yield unit, True
        return
    head, body = unit[0], unit[1:]
    for at in range(0, len(body), MTU):
        first, last = at == 0, at + MTU >= len(body)
        yield bytes([head & 0xE0 | 28, first << 7 | last << 6 | head & 0x1F]) + body[at : at + MTU], last


class Client(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        while (request := self._request()) is not None:
            method, headers = request
            cseq = headers.get("cseq", "0")
            wanted = self.server.film.credentials
            if wanted and headers.get("authorization") != "Basic " + base64.b64encode(wanted.encode()).decode():
                self._answer("401 Unauthorized", cseq, 'WWW-Authenticate: Basic realm="film"\r\n')
            elif method == "DESCRIBE":
                self._answer("200 OK", cseq, "Content-Type: application/sdp\r\n", self._sdp())
            elif method == "SETUP":
                self._answer("200 OK", cseq, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n")
            elif method == "PLAY":
                self._answer("200 OK", cseq, "Session: 1\r\nRange: npt=0-\r\n")
                with suppress(OSError):
                    self._play()
                return
            else:
                self._answer("200 OK", cseq, "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n")

    def _request(self) -> tuple[str, dict[str, str]] | None:
        with suppress(OSError):
            line = self.rfile.readline()
            if line.strip():
                headers = {}
                while (told := self.rfile.readline().strip()) != b"":
                    key, _, value = told.decode().partition(":")
                    headers[key.strip().lower()] = value.strip()
                return line.split()[0].decode(), headers
        return None

    def _answer(self, status: str, cseq: str, headers: str, body: bytes = b"") -> None:
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        with suppress(OSError):
            self.wfile.write(f"RTSP/1.0 {status}\r\nCSeq: {cseq}\r\n{headers}{length}\r\n".encode() + body)

    def _sdp(self) -> bytes:
        return (
            b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=%s\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
            b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track1\r\n"
        ) % self.server.film.title

    def _play(self) -> None:
        film, began_s, number = self.server.film, time.monotonic(), 0
        codec, step, size = encoder(film), 0, (film.width, film.height)
        film.played += 1
        film.began_ns = int(began_s * 1e9)
        while not self.server.dead.wait(max(0.0, began_s + step / film.fps - time.monotonic())):
            if film.stalled.is_set():
                self.server.dead.wait(0.05)
                continue
            if size != (film.width, film.height):
                codec, size = encoder(film), (film.width, film.height)
            film.late_ns = max(film.late_ns, time.monotonic_ns() - film.due_ns(step))
            stamp = step * 90_000 // film.fps & 0xFFFF_FFFF
            if step % film.fps == 0:
                self._report(stamp, number)
            frame = av.VideoFrame.from_ndarray(picture(step % LOOP, *size), format="bgr24")
            for packet in codec.encode(frame):
                parts = units(bytes(packet))
                number = self._send(parts[:-1] if film.halves.is_set() else parts, stamp, number)
            film.sent += 1
            step += 1

    def _send(self, access_unit: list[bytes], stamp: int, number: int) -> int:
        for place, unit in enumerate(access_unit):
            for payload, last in payloads(unit):
                final = last and place == len(access_unit) - 1
                body = b"\x1f" * len(payload) if self.server.film.garbage.is_set() else payload
                self._packet(0, struct.pack(">BBHII", 0x80, 96 | final << 7, number & 0xFFFF, stamp, SSRC) + body)
                number += 1
        return number

    def _report(self, stamp: int, number: int) -> None:
        at_s = time.time() + self.server.film.ahead_s
        whole, part = int(at_s) + NTP_EPOCH_S, int(at_s % 1 * 2**32)
        self._packet(1, struct.pack(">BBHIIIIII", 0x80, 200, 6, SSRC, whole & 0xFFFF_FFFF, part, stamp, number, 0))

    def _packet(self, channel: int, body: bytes) -> None:
        self.wfile.write(struct.pack(">cBH", b"$", channel, len(body)) + body)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, film: Film, port: int) -> None:
        self.film, self.dead = film, threading.Event()
        super().__init__(("127.0.0.1", port), Client)

    def get_request(self) -> tuple[socket.socket, object]:
        client, place = super().get_request()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client, place


@contextmanager
def playing(film: Film, port: int = 0) -> Iterator[str]:
    """The film's address, for as long as the server lives."""
    server = Server(film, port)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    user = f"{film.credentials}@" if film.credentials else ""
    try:
        yield f"rtsp://{user}127.0.0.1:{server.server_address[1]}/film"
    finally:
        server.dead.set()
        server.shutdown()
        server.server_close()
