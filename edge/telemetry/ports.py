"""Where live telemetry is heard: a serial line, a TCP connection, UDP. Each is read in pieces, never for long."""

from __future__ import annotations

import os
import select
import socket
import stat
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

PIECE: Final = 4096
CONNECT_S: Final = 5.0
LARGEST_DATAGRAM: Final = 65_536


class Port(Protocol):
    def read(self, timeout_s: float) -> bytes:
        """What has come, b"" where nothing came in time; raises OSError where the line is gone."""
        ...


class Opened:
    """A port over anything that the system can select."""

    def __init__(self, number: int) -> None:
        self._number = number

    def read(self, timeout_s: float) -> bytes:
        if not select.select([self._number], [], [], timeout_s)[0]:
            return b""
        piece = os.read(self._number, PIECE)
        if not piece:
            raise ConnectionResetError("closed by the other side")
        return piece


@contextmanager
def serial(path: Path, baud: int) -> Iterator[Port]:
    """A serial line, eight bits, no parity, nothing translated; raises OSError where it is none or in use."""
    number = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        if not stat.S_ISCHR(os.fstat(number).st_mode) or not os.isatty(number):
            raise OSError(0, "not a serial line")
        _raw(number, baud)
        yield Opened(number)
    finally:
        os.close(number)


def _raw(number: int, baud: int) -> None:
    speed = getattr(termios, f"B{baud}")
    try:
        told = termios.tcgetattr(number)
        told[0], told[1], told[3] = 0, 0, 0
        told[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
        told[4] = told[5] = speed
        termios.tcsetattr(number, termios.TCSANOW, told)
        termios.tcflush(number, termios.TCIFLUSH)
    except termios.error as error:
        raise OSError(*error.args) from error


@contextmanager
def tcp(place: str, hello: bytes) -> Iterator[Port]:
    """A connection to HOST:PORT that is greeted with `hello`; raises OSError where nobody answers."""
    host, _, port = place.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), CONNECT_S) as connection:
        connection.sendall(hello)
        yield Opened(connection.fileno())


@contextmanager
def udp(place: str) -> Iterator[Port]:
    """What is sent to HOST:PORT of this computer; raises OSError where that is in use."""
    host, _, port = place.rpartition(":")
    host = host.strip("[]")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.bind((host, int(port)))
        yield Datagrams(here)


class Datagrams:
    """A port over a socket to which anybody may send."""

    def __init__(self, here: socket.socket) -> None:
        self._here = here

    def read(self, timeout_s: float) -> bytes:
        if not select.select([self._here], [], [], timeout_s)[0]:
            return b""
        return self._here.recv(LARGEST_DATAGRAM)


class Lines:
    """Pieces into lines; one that grows beyond `longest` bytes is let go up to its end."""

    def __init__(self, longest: int) -> None:
        self._rest, self._longest, self._too_long = b"", longest, False

    def feed(self, piece: bytes) -> list[bytes]:
        """The lines that a piece completes, an overlong one cut to `longest` bytes."""
        *whole, self._rest = (self._rest + piece).split(b"\n")
        lines = [line[: self._longest] for line in whole]
        if whole and self._too_long:
            lines, self._too_long = lines[1:], False
        if len(self._rest) > self._longest:
            self._rest, self._too_long = b"", True
        return lines
