"""A vehicle seals plates to the enforcement's key; the enforcement alone opens them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from numpy.typing import NDArray

from edge.errors import ConfigError
from edge.proof.sealing import PlateSealer, open_sealer
from edge.reading import open_reader
from pipeline.plates import PlateText, SealedPlate
from pipeline.sealed import key_name, open_note

KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
SALT = b"0123456789abcdef"


def _pem(folder: Path, key: X25519PrivateKey | Ed25519PrivateKey = KEY) -> Path:
    path = folder / "enforcement.pub"
    path.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return path


def _plate() -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (40, 120, 3), np.uint8)


def test_what_was_sealed_is_the_plates_picture() -> None:
    sealed = PlateSealer(KEY.public_key(), SALT, None)(_plate())
    assert isinstance(sealed, SealedPlate)
    assert (sealed.key, sealed.hash) == (key_name(KEY.public_key()), None)
    note = open_note(sealed.content, KEY)
    assert cv2.imdecode(np.frombuffer(note.jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (40, 120, 3)
    assert note.text is None


def test_without_a_public_key_in_pem_nothing_starts(tmp_path: Path) -> None:
    ed25519 = _pem(tmp_path, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    with pytest.raises(ConfigError, match=r"not an X25519 public key in PEM"):
        open_sealer(ed25519, None)
    with pytest.raises(ConfigError, match=r"gone\.pub: cannot be read"):
        open_sealer(tmp_path / "gone.pub", None)


def test_a_short_salt_is_refused(tmp_path: Path) -> None:
    salt = tmp_path / "plates.salt"
    salt.write_bytes(b"short")
    with pytest.raises(ConfigError, match=r"at least 16 bytes, this one 5"):
        open_sealer(_pem(tmp_path), salt)


@pytest.mark.shared
def test_real_plates_are_read_into_the_seal_and_hashed(tmp_path: Path, shared_data: Path) -> None:
    """Of four photographed plates at least three are read whole; a hash is of a whole plate or there is none."""
    if open_reader() is None:
        pytest.skip("the extra ocr is not installed")
    salt = tmp_path / "plates.salt"
    salt.write_bytes(SALT)
    sealer, right = open_sealer(_pem(tmp_path), salt), 0
    for path in sorted((shared_data / "privacy_ocr/plates/rec_crop").iterdir()):
        sealed = sealer(np.asarray(cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR), np.uint8))
        assert isinstance(sealed, SealedPlate)
        note = open_note(sealed.content, KEY)
        if note.text is not None:
            assert note.text == path.stem.rpartition("_")[2]
            right += sealed.hash is not None
        else:
            assert sealed.hash is None
        assert note.text is None or note.text.encode() not in sealed.content
    assert right >= 3


def test_the_same_plate_has_the_same_hash_only_under_the_same_salt() -> None:
    def hashed(salt: bytes) -> str | None:
        return PlateSealer(KEY.public_key(), salt, None)._hash(PlateText("津B6H920", 0.9))

    mine, other = hashed(SALT), hashed(SALT[::-1])
    assert mine == hashed(SALT)
    assert mine is not None
    assert other is not None
    for one, another in zip(mine.split(":"), other.split(":"), strict=True):
        assert one != another
    assert hashlib.sha256("津B6H920".encode()).hexdigest()[:24] not in mine
