"""This device's Ed25519 key, which it enrols with and seals records by. The private part never leaves it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.errors import EnrolError
from edge.files import write_private

KEY: Final = "device.key"


def device_key(state_dir: Path) -> Ed25519PrivateKey:
    """The key in the state folder, made on first use; raises EnrolError where the file is damaged."""
    path = state_dir / KEY
    try:
        seed = path.read_bytes()
    except FileNotFoundError:
        seed = Ed25519PrivateKey.generate().private_bytes_raw()
        write_private(path, seed)
    except OSError as error:
        raise EnrolError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return Ed25519PrivateKey.from_private_bytes(seed)
    except ValueError as error:
        raise EnrolError(f"{path}: damaged. Remove it and enrol again with a new code.") from error


def public_text(key: Ed25519PrivateKey) -> str:
    """The public key as the server knows it: 32 bytes in base64."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()
