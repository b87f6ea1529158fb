"""How a picture goes from a vehicle to where the server keeps it, as both of them count it.

A picture goes in parts of PART_BYTES, the last one shorter; most have one. The vehicle asks the server what to do next,
puts each missing part where it is told, and asks again, until the answer is that the picture is kept.
"""

from __future__ import annotations

import base64
from typing import Annotated, Final

from pydantic import Field

from pipeline.wire import Sha256, Wire

PART_BYTES: Final = 8_000_000
CHECKSUM: Final = "x-amz-checksum-sha256"


class UploadAsk(Wire):
    """The vehicle's question. parts: the SHA-256 of each part in order; may be left out where there is one part."""

    parts: Annotated[tuple[Sha256, ...], Field(max_length=32)] = ()


def part_sizes(size_bytes: int) -> tuple[int, ...]:
    """How many bytes each part of a picture has."""
    whole, rest = divmod(size_bytes, PART_BYTES)
    return (PART_BYTES,) * whole + ((rest,) if rest else ())


def split(content: bytes) -> tuple[bytes, ...]:
    """A picture's parts; joined they are the picture."""
    return tuple(content[start : start + PART_BYTES] for start in range(0, len(content), PART_BYTES))


def checksum_header(sha256: str) -> str:
    """A hexadecimal SHA-256 as the value of the CHECKSUM header."""
    return base64.b64encode(bytes.fromhex(sha256)).decode()
