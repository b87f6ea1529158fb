"""A part of a clip, as players ask for it (RFC 9110, section 14): one range of bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

ONE_RANGE: Final = re.compile(r"^bytes=(\d{0,15})-(\d{0,15})$")


@dataclass(frozen=True, slots=True)
class Span:
    """size_bytes (1 or more) bytes from `start` on, out of `whole`."""

    start: int
    size_bytes: int
    whole: int

    @property
    def header(self) -> str:
        """The value of Content-Range."""
        return f"bytes {self.start}-{self.start + self.size_bytes - 1}/{self.whole}"


def span_of(asked: str | None, whole: int) -> Span | None:
    """The span that a Range header asks for; None, which means all, for any other form and for what lies outside."""
    match = ONE_RANGE.fullmatch(asked or "")
    if match is None:
        return None
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last) if last else whole - 1, whole - 1)
    else:
        start, end = max(whole - int(last or 0), 0), whole - 1
    return Span(start, end - start + 1, whole) if start <= end else None
