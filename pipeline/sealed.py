"""What only the enforcement may read: encrypted to its public key, the moment it is seen.

HPKE (RFC 9180) in base mode with X25519, HKDF-SHA256 and ChaCha20-Poly1305. The vehicle and the server hold the public
key alone, so neither can open what it stores. Two seals of one plate differ, as each draws its own ephemeral key.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from pydantic import AfterValidator, Base64Bytes, Field, ValidationError

from pipeline.printable import printable
from pipeline.table import Table

SEALED_MEDIA: Final = "application/vnd.citysteward.sealed"
LARGEST_BYTES: Final = 1_000_000
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
SEALED_TO: Final = "sealed to "
"""Before the key's name, where other pictures name their privacy step."""
_INFO: Final = b"citysteward sealed plate 1"


class SealedNote(Table):
    """What is sealed: the plate's pixels as JPEG and, where it was read, its text with the chance that it is right."""

    jpeg: Base64Bytes
    text: Annotated[str, Field(max_length=16), AfterValidator(printable)] | None = None
    trust: Annotated[float, Field(ge=0, le=1)] | None = None


class NotOpened(Exception):
    """A seal that this key does not open, that was changed, or that says what no vehicle of ours does."""


def seal_note(note: SealedNote, key: X25519PublicKey) -> bytes:
    """The note as bytes that only the private half of `key` opens."""
    return _SUITE.encrypt(note.model_dump_json().encode(), key, info=_INFO)


def open_note(content: bytes, key: X25519PrivateKey) -> SealedNote:
    """What was sealed to the public half of `key`; raises NotOpened for anything else."""
    if len(content) > LARGEST_BYTES:
        raise NotOpened(f"{len(content)} bytes are more than any seal of ours has")
    try:
        return SealedNote.model_validate_json(_SUITE.decrypt(content, key, info=_INFO))
    except (InvalidTag, ValidationError, ValueError) as error:
        raise NotOpened("it was not sealed to this key, was changed, or says what no vehicle of ours does") from error


def key_name(key: X25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the public key's SHA-256, by which people tell keys apart."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]
