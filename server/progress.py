"""How far long work is, for who watches it at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")


def watched(things: Iterable[T], count: int | Callable[[], int], doing: str) -> Iterable[T]:
    """The same things, with a bar on stderr where that is a terminal. count: how many there are, or what counts them,
    which is asked only there."""
    screen = Console(stderr=True)
    if not screen.is_terminal:
        return things
    total = count if isinstance(count, int) else count()
    return track(things, doing, total=total, console=screen, transient=True)
