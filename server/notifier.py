"""Hands a message for one telephone to whatever sends it; the port, and where it is a file."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Notice:
    """phone: digits, with + where it is a foreign one."""

    phone: str
    words: str


class Notifier(Protocol):
    """Raises OSError where the message could not be handed over; it is then tried again."""

    def send(self, notice: Notice) -> None: ...


@dataclass(frozen=True, slots=True)
class FileNotifier:
    """One JSON line a message, whole and on disk when `send` returns, for a gateway that takes the file away. Only the
    server's own user reads it, since it holds telephone numbers."""

    path: Path

    def send(self, notice: Notice) -> None:
        line = (json.dumps(asdict(notice), ensure_ascii=False) + "\n").encode()
        number = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(number, fcntl.LOCK_EX)
            before = os.fstat(number).st_size
            if os.write(number, line) < len(line):
                os.ftruncate(number, before)
                raise OSError(errno.ENOSPC, "no room for the whole message", str(self.path))
            os.fsync(number)
        finally:
            os.close(number)


@dataclass(frozen=True, slots=True)
class KeptNotices:
    """Keeps what it was given, and refuses while `away`; for tests, and where no message is ever sent."""

    sent: list[Notice] = field(default_factory=list)
    away: list[None] = field(default_factory=list)

    def send(self, notice: Notice) -> None:
        if self.away:
            raise OSError("the gateway is away")
        self.sent.append(notice)
