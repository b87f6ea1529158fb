"""What systemd wants to hear of a service (sd_notify(3)): a datagram a message, to the socket it named."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress


class Notifier:
    """Silent where systemd did not start us. watchdog_s: how often it wants a sign of life, None where it does not."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # A leading @ is how an abstract socket's zero byte is written.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._said = ""
        try:
            self.watchdog_s: float | None = int(environ["WATCHDOG_USEC"]) / 1e6
        except (KeyError, ValueError):
            self.watchdog_s = None

    def ready(self) -> None:
        self._send("READY=1")

    def alive(self) -> None:
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def status(self, words: str) -> None:
        """One line for `systemctl status`, once for each new one."""
        if words != self._said:
            self._said = words
            self._send("STATUS=" + words.replace("\n", " "))

    def _send(self, message: str) -> None:
        if not self._address:
            return
        # A full or closed socket is systemd's trouble; the worker goes on.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.setblocking(False)
            there.sendto(message.encode(), self._address)
