"""The keeper that is an S3 store: MinIO, SeaweedFS, Ceph or a cloud's.

Devices put pieces straight into the store, at addresses that allow just that; the server alone reads them, and writes
what it has looked at under another name, for which no address is ever made.
"""

from __future__ import annotations

import errno
import io
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from pipeline.upload import CHECKSUM, checksum_header
from server.pictures.objects import WAITING, Address, Kept, Piece, checked_key, digest_of, waiting_name
from server.pictures.presign import Keys, Place, presign
from server.pictures.storeaddress import StoreAddress

KEPT: Final = "pictures"
ADDRESS_LIVES_S: Final = 900
MISSING: Final = frozenset({"NoSuchKey", "NoSuchObject"})
# A request waits so long for a store that is away; a retry covers a connection that the store closed meanwhile.
PATIENCE: Final = urllib3.Timeout(connect=3.0, read=20.0)
RETRIES: Final = urllib3.Retry(total=1, backoff_factor=0.1, status_forcelist=(500, 502, 503, 504))


class StoreAway(OSError):
    """The store did not answer, or does not let this server do its work; the same call can be made again later."""


class S3Objects:
    """A bucket with pictures/ab/KEY and incoming/DEVICE/KEY/NUMBER. Nothing in it is public."""

    def __init__(self, at: StoreAddress, keys: Keys, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._at = at
        self._keys = keys
        self._now = now
        self._is_away = False
        self._one_tries = threading.Lock()
        pool = urllib3.PoolManager(maxsize=40, timeout=PATIENCE, retries=RETRIES)
        self._client = Minio(
            at.endpoint, keys.access, keys.secret, secure=at.secure, region=at.region, http_client=pool
        )

    def put(self, key: str, content: bytes) -> None:
        if digest_of(content) != key:
            raise ValueError(f"the bytes are not those of {key}")
        self._put(_kept_name(key), content)

    def get(self, key: str) -> bytes | None:
        content = self._get(_kept_name(key))
        return content if content is not None and digest_of(content) == key else None

    def stat(self, key: str) -> Kept | None:
        with self._answered():
            try:
                told = self._client.stat_object(self._at.bucket, _kept_name(key))
            except S3Error as error:
                if error.code in MISSING:
                    return None
                raise
        return Kept(key, told.size or 0, _nanoseconds(told.last_modified))

    def read(self, key: str, start: int, size: int) -> bytes | None:
        return self._get(_kept_name(key), start, size) if size else b""

    def remove(self, key: str) -> None:
        self._remove(_kept_name(key))

    def kept(self, part: str = "") -> Iterator[Kept]:
        listed = self._list(f"{KEPT}/{part}")
        return (Kept(one.name.rpartition("/")[2], one.size_bytes, one.modified_ns) for one in listed)

    def address(self, piece: Piece) -> Address | None:
        headers = {"content-type": piece.media_type, CHECKSUM: checksum_header(piece.sha256)}
        place = Place(self._at.public, f"/{self._at.bucket}/{_piece_name(piece)}", self._at.region)
        signed = {**headers, "content-length": str(piece.size_bytes)}
        return Address(presign("PUT", place, signed, self._keys, self._now(), ADDRESS_LIVES_S), headers)

    def put_piece(self, piece: Piece, content: bytes) -> None:
        self._put(_piece_name(piece), content)

    def pieces(self, device_id: str, key: str) -> Mapping[int, int]:
        names = ((one.name.rpartition("/")[2], one) for one in self._list(f"{waiting_name(device_id, key)}/"))
        return {int(name): one.size_bytes for name, one in names if name.isdecimal()}

    def get_piece(self, device_id: str, key: str, number: int) -> bytes | None:
        return self._get(f"{waiting_name(device_id, key)}/{number}")

    def drop_piece(self, device_id: str, key: str, number: int) -> None:
        self._remove(f"{waiting_name(device_id, key)}/{number}")

    def waiting(self) -> Iterator[Kept]:
        return self._list(f"{WAITING}/")

    def drop(self, name: str) -> None:
        if not name.startswith(f"{WAITING}/") or ".." in name.split("/"):
            raise ValueError(f"{name!r} is not waiting")
        self._remove(name)

    def _put(self, name: str, content: bytes) -> None:
        with self._answered():
            self._client.put_object(self._at.bucket, name, io.BytesIO(content), len(content))

    def _get(self, name: str, start: int = 0, size: int = 0) -> bytes | None:
        """The bytes from `start` on, `size` of them or (0) all."""
        with self._answered():
            try:
                answer = self._client.get_object(self._at.bucket, name, offset=start, length=size)
            except S3Error as error:
                if error.code in MISSING:
                    return None
                raise
            try:
                return bytes(answer.read())
            finally:
                answer.close()
                answer.release_conn()

    def _remove(self, name: str) -> None:
        with self._answered():
            self._client.remove_object(self._at.bucket, name)

    def _list(self, prefix: str) -> Iterator[Kept]:
        found = iter(self._client.list_objects(self._at.bucket, prefix, recursive=True))
        while True:
            with self._answered():
                one = next(found, None)
            if one is None:
                return
            yield Kept(str(one.object_name), one.size or 0, _nanoseconds(one.last_modified))

    @contextmanager
    def _answered(self) -> Iterator[None]:
        """Whatever a store or the way to it can do, as one error; what it says tells nothing of the keys.

        While the store is away one call at a time finds out whether it is back. The others fail at once: a store that
        hangs must not hold every thread of the server.
        """
        trying = self._is_away
        if trying and not self._one_tries.acquire(blocking=False):
            raise self._away("the object store does not answer")
        try:
            yield
            self._is_away = False
        except S3Error as error:
            self._is_away = False
            raise self._away(f"the object store answered {error.code}") from error
        except (MinioException, HTTPError) as error:
            self._is_away = True
            cause = getattr(error, "reason", error)
            raise self._away(f"the object store does not answer ({type(cause).__name__})") from error
        finally:
            if trying:
                self._one_tries.release()

    def _away(self, why: str) -> StoreAway:
        return StoreAway(errno.EIO, why, f"{self._at.endpoint}/{self._at.bucket}")


def _nanoseconds(modified: datetime | None) -> int:
    return int(modified.timestamp()) * 1_000_000_000 if modified is not None else 0


def _kept_name(key: str) -> str:
    return f"{KEPT}/{checked_key(key)[:2]}/{key}"


def _piece_name(piece: Piece) -> str:
    return f"{waiting_name(piece.device_id, piece.key)}/{piece.number}"
