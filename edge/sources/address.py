"""Where a live camera is: an RTSP address or a V4L2 device, and how it is opened.

An address may carry a name and a password, in its user part or (some makers) in its path. So only `shown` is ever said,
and it has neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

DEVICE: Final = re.compile(r"/dev/(video\d{1,3}|v4l/by-(id|path)/[\w.:+-]{1,200})")
LONGEST: Final = 2048
RTSP_OPTIONS: Final = {
    "rtsp_transport": "tcp",
    "allowed_media_types": "video",
    "fflags": "nobuffer",
    "max_delay": "500000",
    # Enough to learn the picture's size; the default waits for five seconds of it.
    "analyzeduration": "500000",
    "fpsprobesize": "2",
}


@dataclass(frozen=True, slots=True)
class Address:
    """What FFmpeg opens, and what people may read. opens holds credentials: it goes nowhere but into the open call."""

    shown: str
    opens: str = field(repr=False)
    format: str | None = None
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, told: str) -> Self:
        """`rtsp://…`, `rtsps://…` or `/dev/videoN`; raises ValueError, which never repeats what was given."""
        told = told.strip()
        if DEVICE.fullmatch(told):
            return cls(told, told, "v4l2")
        if len(told) > LONGEST or any(ord(letter) <= 32 or ord(letter) == 127 for letter in told):
            raise ValueError("an address has no spaces and no control characters in it")
        try:
            parts = urlsplit(told)
            scheme, host, port = parts.scheme, parts.hostname, parts.port
        except ValueError:
            scheme, host, port = "", None, None
        if scheme not in ("rtsp", "rtsps") or not host:
            raise ValueError("a live camera is rtsp://HOST/PATH, rtsps://HOST/PATH or /dev/videoN")
        place = f"[{host}]" if ":" in host else host
        shown = f"{scheme}://{place}{'' if port is None else f':{port}'}/…"
        return cls(shown, told, "rtsp", tuple(RTSP_OPTIONS.items()))
