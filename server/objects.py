"""Pictures by content, behind a port shaped like S3: `put`, `get`, `exists` by a key, which is the bytes' SHA-256."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Protocol


def digest_of(content: bytes) -> str:
    """SHA-256 as 64 hex digits."""
    return hashlib.sha256(content).hexdigest()


class Objects(Protocol):
    """What every object store offers. A key is 64 hex digits; the same key always means the same bytes."""

    def put(self, key: str, content: bytes) -> None:
        """Store; returns when the bytes are safe. Raises ValueError where the bytes are not the key's."""

    def get(self, key: str) -> bytes | None:
        """The bytes, or None where there are none or they no longer fit their key."""

    def exists(self, key: str) -> bool: ...


class FolderObjects:
    """A folder, two levels of names deep. A file appears whole or not at all, also when the machine stops half-way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, key: str, content: bytes) -> None:
        if digest_of(content) != key:
            raise ValueError(f"the bytes are not those of {key}")
        path = self._path(key)
        if path.is_file():
            return
        path.parent.mkdir(exist_ok=True)
        draft = path.parent / f".{key[:8]}-{secrets.token_hex(6)}"
        try:
            with draft.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(path.parent)
        _sync_folder(self._folder)

    def get(self, key: str) -> bytes | None:
        try:
            content = self._path(key).read_bytes()
        except FileNotFoundError:
            return None
        return content if digest_of(content) == key else None

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def _path(self, key: str) -> Path:
        if len(key) != 64 or not set(key) <= set("0123456789abcdef"):
            raise ValueError(f"{key!r} is not a SHA-256")
        return self._folder / key[:2] / key


class MemoryObjects:
    """The same in memory, for tests."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, key: str, content: bytes) -> None:
        if digest_of(content) != key:
            raise ValueError(f"the bytes are not those of {key}")
        self._kept[key] = content

    def get(self, key: str) -> bytes | None:
        return self._kept.get(key)

    def exists(self, key: str) -> bool:
        return key in self._kept


def _sync_folder(folder: Path) -> None:
    folder_fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(folder_fd)
    finally:
        os.close(folder_fd)
