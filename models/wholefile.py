"""Files and folders that appear whole or not at all, whenever the power goes; and files read up to a bound.

The disk's refusals are OSErrors; each room says them as its own.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

PART: Final = ".part"
"""How a file ends that was not finished; its name begins with a dot, and nothing reads it."""

Between = Callable[[str], None]


def undisturbed(step: str) -> None:
    """Nothing stands between the steps."""


@contextmanager
def whole_file(path: Path, mode: int = 0o666, between: Between = undisturbed) -> Iterator[BinaryIO]:
    """A stream to a file that takes the place of any before it, and is on the disk, when the block ends well.

    After a crash there is the old file or the new one, perhaps with a `.part` file beside it. Makes the folders above
    it. mode: less the process's umask. between: is told of each step before it, so that a test can die there.
    """
    _make_folder(path.parent, between)
    between(f"create {path.name}")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}{PART}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            yield stream
            stream.flush()
            between(f"sync {path.name}")
            os.fsync(stream.fileno())
        between(f"rename {path.name}")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    between(f"sync the folder of {path.name}")
    sync(path.parent)


def write_whole(path: Path, content: bytes, mode: int = 0o666, between: Between = undisturbed) -> None:
    """A file with this content, as `whole_file` says."""
    with whole_file(path, mode, between) as stream:
        stream.write(content)


def write_new(path: Path, content: bytes, mode: int = 0o666) -> None:
    """A file where none was, on the disk when this returns; raises FileExistsError where one is. Needs no links or
    renames, which a stick may not know."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(number, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def whole_folder(place: Path, refusal: type[Exception], between: Between = undisturbed) -> Iterator[Path]:
    """A folder to write into that becomes `place`, and is on the disk with all that is in it, when the block ends well,
    and vanishes when it does not.

    Raises `refusal` where `place` holds something already. Its draft lies beside it, as `.NAME-` and some digits.
    between: as `whole_file` says.
    """
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise refusal(f"{place}: is there already and not empty. Name another --out, or remove it.")
    place = place.absolute()
    draft = place.with_name(f".{place.name}-{secrets.token_hex(6)}")
    draft.mkdir(parents=True)
    try:
        yield draft
        for path in _all_of(draft):
            between(f"sync {path.relative_to(draft)}")
            sync(path)
        if place.exists():
            place.rmdir()
        between(f"rename {place.name}")
        draft.rename(place)
        sync(place.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def read_at_most(path: Path, most_bytes: int) -> bytes | None:
    """A file's content; None where it is larger."""
    with path.open("rb") as stream:
        content = stream.read(most_bytes + 1)
    return content if len(content) <= most_bytes else None


def sync(path: Path) -> None:
    """Bring a file's content, or a folder's entries, to the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _all_of(folder: Path) -> Iterator[Path]:
    """All that is in a folder, and last the folder; names are not collected, since there may be millions."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _all_of(Path(entry))
            else:
                yield Path(entry)
    yield folder


def _make_folder(folder: Path, between: Between) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent, between)
    between(f"make {folder.name}")
    folder.mkdir(exist_ok=True)
    sync(folder.parent)
