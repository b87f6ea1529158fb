"""How far long work is, for who watches it at a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")


def watched(things: Iterable[T], count: int, doing: str) -> Iterable[T]:
    """The same things, so many of them, with a bar on stderr where that is a terminal."""
    screen = Console(stderr=True)
    return track(things, doing, total=count, console=screen, transient=True, disable=not screen.is_terminal)
