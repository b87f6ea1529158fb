"""What footage lies in a tree, in an order and under names that depend on the tree alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.errors import SourceError
from edge.inspection.export import OBSERVATIONS
from edge.sources.photos import SUFFIXES, in_order

VIDEOS: Final = frozenset(
    {".mp4", ".mov", ".m4v", ".mkv", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".webm", ".insv", ".360"}
)
PHOTOS: Final = ".photos"


@dataclass(frozen=True, slots=True)
class Piece:
    """One video, or the photos of one folder. name: of its result folder below the results, with slashes."""

    footage: Path
    name: str
    size_bytes: int


def is_tree(footage: Sequence[Path]) -> bool:
    """Is this more than one piece of footage: several paths, or a folder that holds more than photos of its own?"""
    if len(footage) != 1:
        return True
    inside = footage[0].iterdir() if footage[0].is_dir() else ()
    return any(_is_video(one) or (one.is_dir() and not one.name.startswith(".")) for one in inside)


def find_pieces(footage: Sequence[Path], out: Path) -> tuple[Piece, ...]:
    """Every piece below these paths, by name; results of earlier runs, `out` and hidden files are passed over.

    Links to folders are not followed. Raises SourceError where a path is missing, nothing is found, or two pieces
    would have one result folder.
    """
    pieces: list[Piece] = []
    for root in footage:
        top = root.resolve() if root.is_dir() else root.absolute()
        if not top.exists():
            raise SourceError(f"{root}: there is no such file or folder")
        prefix = Path(top.name) if len(footage) > 1 else Path()
        found = _below(top, prefix, out.resolve()) if top.is_dir() else (_piece(top, Path(top.name)),)
        pieces.extend(found)
    if not pieces:
        told = ", ".join(str(root) for root in footage)
        raise SourceError(f"{told}: there is no footage in it (looked for {', '.join(sorted(VIDEOS | SUFFIXES))})")
    pieces.sort(key=lambda piece: piece.name)
    _check_apart(pieces)
    return tuple(pieces)


def _below(top: Path, prefix: Path, out: Path) -> Iterator[Piece]:
    for place, folders, files in os.walk(top, onerror=_refused):
        here = Path(place)
        if here == out or OBSERVATIONS in files:
            folders.clear()
            continue
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        paths = [here / one for one in sorted(files)]
        relative = prefix / here.relative_to(top)
        for path in filter(_is_video, paths):
            yield _piece(path, relative / path.name)
        if photos := in_order(paths):
            named = relative if relative.name else Path(top.name)
            yield Piece(here, named.with_name(named.name + PHOTOS).as_posix(), sum(map(_size_bytes, photos)))


def _piece(path: Path, name: Path) -> Piece:
    return Piece(path, name.as_posix(), path.stat().st_size)


def _size_bytes(path: Path) -> int:
    """0 for a photo that is not there, as behind a broken link: whoever inspects it says so."""
    return path.stat().st_size if path.exists() else 0


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEOS and not path.name.startswith(".") and path.is_file()


def _refused(error: OSError) -> None:
    raise SourceError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _check_apart(pieces: Sequence[Piece]) -> None:
    """No result folder is another's, or lies within another's."""
    taken = {piece.name: piece for piece in reversed(pieces)}
    for piece in pieces:
        above = next((taken[str(one)] for one in Path(piece.name).parents if str(one) in taken), None)
        other = taken[piece.name] if taken[piece.name] is not piece else above
        if other is not None:
            raise SourceError(
                f"{piece.footage} and {other.footage}: their results would share the folder {other.name}. Rename one, "
                "or inspect them into two places."
            )
