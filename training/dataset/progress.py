"""How long work is watched: a port, a silent one for tests, and one that draws bars on standard error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")


class Watch(Protocol):
    """Passes things through, one by one, while saying how many of `total` are done."""

    def __call__(self, things: Iterable[T], total: int, doing: str) -> Iterable[T]: ...


def silent(things: Iterable[T], total: int, doing: str) -> Iterable[T]:  # noqa: ARG001
    """Says nothing."""
    return things


def bars(things: Iterable[T], total: int, doing: str) -> Iterable[T]:
    """Draws a bar; where standard error is no terminal, one line at the end."""
    return track(things, description=doing, total=total, console=Console(stderr=True))
