"""A folder that appears whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.errors import SetupError


@contextmanager
def whole_folder(place: Path) -> Iterator[Path]:
    """A folder to write into that becomes `place` when the block ends well, and vanishes when it does not.

    Raises SetupError where `place` holds something already.
    """
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise SetupError(f"{place}: is there already and not empty. Name another --out, or remove it.")
    draft = place.absolute().parent / f".{place.absolute().name}-{secrets.token_hex(4)}"
    draft.mkdir(parents=True)
    try:
        yield draft
        if place.exists():
            place.rmdir()
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
