"""Any footage by its path: a folder or a picture is photos, everything else is tried as video."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Final

from edge.errors import SourceError
from edge.sources.photos import SUFFIXES, Photos
from edge.sources.video import Video

Source = Video | Photos
HEAD_BYTES: Final = 1 << 20


def open_source(path: Path, threads: int | None = None) -> Source:
    """Open footage; raises SourceError naming the path and what is wrong with it. threads: as `Video` says."""
    if not path.exists():
        raise SourceError(f"{path}: there is no such file or folder")
    if path.is_dir() or path.suffix.lower() in SUFFIXES:
        return Photos.open(path)
    return replace(Video.open(path), threads=threads)


def fingerprint(source: Source) -> str:
    """A name for footage by its content, the same wherever the file lies: sizes, and each file's first and last bytes.

    Not the whole file: a patrol's video has gigabytes. 32 hexadecimal digits.
    """
    told = hashlib.sha256()
    files = source.files if isinstance(source, Photos) else (source.path,)
    reach = HEAD_BYTES if len(files) == 1 else HEAD_BYTES // 16
    for file in files:
        try:
            size = file.stat().st_size
            with file.open("rb") as stream:
                told.update(size.to_bytes(8, "big"))
                told.update(stream.read(reach))
                stream.seek(max(0, size - reach))
                told.update(stream.read(reach))
        except OSError as error:
            raise SourceError(f"{file}: cannot be read: {error.strerror}") from error
    return told.hexdigest()[:32]
