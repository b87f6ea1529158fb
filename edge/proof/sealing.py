"""Sealing plates on a vehicle: the enforcement's public key, the fleet's salt, and the reader where there is one."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from numpy.typing import NDArray

from edge.errors import ConfigError
from edge.reading import PaddleReader, open_reader
from models.wholefile import read_at_most
from pipeline.plates import LEAST_TRUST, PlateText, SealedPlate, SealFailed, plate_in
from pipeline.reading import ReaderFailed
from pipeline.sealed import SealedNote, key_name, seal_note

JPEG_QUALITY: Final = 95
LEAST_SALT_BYTES: Final = 16
MOST_BYTES: Final = 10_000
HASH_DIGITS: Final = 24
NAME_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class PlateSealer:
    """See the module. salt: None where no hashes are made; reader: None where plates are not read."""

    key: X25519PublicKey
    salt: bytes | None
    reader: PaddleReader | None

    def __call__(self, plate: NDArray[np.uint8]) -> SealedPlate | SealFailed:
        """As pipeline.plates.Sealer says. The text is inside the seal, and outside it only as a salted hash."""
        try:
            done, buffer = cv2.imencode(".jpg", plate, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        except cv2.error as error:
            return SealFailed(f"{type(error).__name__}")
        if not done:
            return SealFailed(f"a plate of {plate.shape[1]}x{plate.shape[0]} px does not fit into a JPEG")
        read = self._read(plate)
        note = SealedNote.model_construct(
            jpeg=buffer.tobytes(),
            text=None if read is None else read.text,
            trust=None if read is None else round(read.trust, 3),
        )
        return SealedPlate(seal_note(note, self.key), key_name(self.key), self._hash(read))

    def _read(self, plate: NDArray[np.uint8]) -> PlateText | None:
        """A reader that fails costs the text, not the seal: a person reads the pixels."""
        lines = () if self.reader is None else self.reader.lines(plate)
        return None if isinstance(lines, ReaderFailed) else plate_in(lines)

    def _hash(self, read: PlateText | None) -> str | None:
        """SALT:HASH, where SALT names the salt, so that hashes under two salts are not compared."""
        if self.salt is None or read is None or read.trust < LEAST_TRUST:
            return None
        name = hashlib.sha256(b"name of a salt" + self.salt).hexdigest()[:NAME_DIGITS]
        return f"{name}:{hmac.new(self.salt, read.text.encode(), hashlib.sha256).hexdigest()[:HASH_DIGITS]}"


def open_sealer(public_key: Path, salt: Path | None) -> PlateSealer:
    """The sealer for a key in PEM and a file with the fleet's salt; raises ConfigError naming what cannot be used."""
    try:
        key = load_pem_public_key(_content(public_key))
    except ValueError:
        key = None
    if not isinstance(key, X25519PublicKey):
        raise ConfigError(
            f"{public_key}: not an X25519 public key in PEM. The enforcement makes one: steward server enforcement-key"
        )
    secret = None if salt is None else _content(salt)
    if secret is not None and len(secret) < LEAST_SALT_BYTES:
        raise ConfigError(
            f"{salt}: a salt has at least {LEAST_SALT_BYTES} bytes, this one {len(secret)}; all vehicles share one"
        )
    return PlateSealer(key, secret, open_reader())


def _content(path: Path) -> bytes:
    try:
        content = read_at_most(path, MOST_BYTES)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    if content is None:
        raise ConfigError(f"{path}: larger than any key")
    return content
