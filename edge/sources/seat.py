"""A live camera's place on the vehicle, and how it is at a moment: values that its thread shares with others."""

from __future__ import annotations

from dataclasses import dataclass

from edge.sources.address import Address

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Seat:
    """One camera's place on the vehicle. sizes: that its optics are told for, (width, height) px; none: the first seen.

    stall_s: without a picture for so long it is connected to anew. trust_clock: the camera's own clock is kept right.
    """

    name: str
    address: Address
    sizes: tuple[Size, ...] = ()
    stall_s: float = 5.0
    trust_clock: bool = False


@dataclass(frozen=True, slots=True)
class CameraState:
    """How a camera is at a moment, for people and for health. said: the last trouble, without credentials.

    It has changed before its change is said aloud.
    """

    name: str
    place: str
    connected: bool = False
    size: Size | None = None
    frames: int = 0
    connections: int = 0
    said: str = ""
