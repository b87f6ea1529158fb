"""The enforcement's key: made by the enforcement on a machine of its own, and what it opens there.

The server is never given the private half. It keeps sealed plates as it keeps pictures, and cannot look into them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from models.wholefile import read_at_most, write_new
from pipeline.sealed import LARGEST_BYTES, NotOpened, SealedNote, key_name, open_note
from server.errors import SetupError

PRIVATE: Final = "enforcement.key"
PUBLIC: Final = "enforcement.pub"
LEAST_CHARACTERS: Final = 16
"""A PKCS #8 file's key is derived by few rounds, which slows a guesser little: length must."""


@dataclass(frozen=True, slots=True)
class MadeKey:
    private: Path
    public: Path
    name: str


def make_key(folder: Path, passphrase: str) -> MadeKey:
    """A new pair in `folder`; raises SetupError where one is there already, or for a short passphrase."""
    if len(passphrase) < LEAST_CHARACTERS:
        raise SetupError(f"the passphrase has {len(passphrase)} characters; take at least {LEAST_CHARACTERS}")
    private, public = folder / PRIVATE, folder / PUBLIC
    for path in (private, public):
        if path.exists():
            raise SetupError(f"{path}: is there already. Plates sealed to a key that is lost are lost: keep it")
    key = X25519PrivateKey.generate()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    shown = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    write_new(private, secret, 0o600)
    write_new(public, shown)
    return MadeKey(private, public, key_name(key.public_key()))


def open_plate(sealed: Path, private: Path, passphrase: str) -> SealedNote:
    """What a sealed plate says; raises SetupError naming the file that cannot be used."""
    try:
        key = serialization.load_pem_private_key(private.read_bytes(), passphrase.encode() or None)
    except (ValueError, TypeError):
        raise SetupError(f"{private}: the passphrase does not open it, or it is no key file") from None
    if not isinstance(key, X25519PrivateKey):
        raise SetupError(f"{private}: not an X25519 key; name the {PRIVATE} that enforcement-key made")
    content = read_at_most(sealed, LARGEST_BYTES)
    if content is None:
        raise SetupError(f"{sealed}: larger than any sealed plate")
    try:
        return open_note(content, key)
    except NotOpened as error:
        raise SetupError(f"{sealed}: {error}. This key's name is {key_name(key.public_key())}") from error
