"""The private keys that sign a repository: Ed25519, one encrypted PKCS #8 file each, readable by their owner alone.

A key file is `ROLE-NUMBER.pem`. Which keys count is said by the repository's root, never by a file's name. Passphrases
come from the environment or a prompt, one a role, so that the machine that renews the timestamp knows no other.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Final

import typer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from training.errors import TrainingError
from training.files import Disk
from training.repository.settings import RoleName

VARIABLE: Final = "STEWARD_KEY_PASSPHRASE"
LEAST_CHARACTERS: Final = 16
"""The library derives a PKCS #8 file's key by 2,048 rounds of PBKDF2, which slows a guesser little: length must."""
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
Ask = Callable[[RoleName, bool], str]


def asked_passphrase(role: RoleName, new: bool) -> str:
    """A role's passphrase: STEWARD_KEY_PASSPHRASE_ROLE, else STEWARD_KEY_PASSPHRASE, else asked for (twice if new)."""
    for name in (f"{VARIABLE}_{role.value.upper()}", VARIABLE):
        if os.environ.get(name):
            return os.environ[name]
    try:
        said: str = typer.prompt(f"Passphrase of the {role} key", hide_input=True, confirmation_prompt=new, err=True)
    except typer.Abort:
        raise TrainingError(
            f"no passphrase for the {role} key: type it, or set {VARIABLE}_{role.value.upper()}."
        ) from None
    return said


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Where a key lies, and its id in the repository's root."""

    path: Path
    key_id: str


class Keyring:
    """A folder of key files. Each role's passphrase is asked for once, when it is first needed."""

    def __init__(self, folder: Path, ask: Ask = asked_passphrase, disk: Disk | None = None) -> None:
        self.folder = folder
        self._ask = ask
        self._disk = disk or Disk()
        self._known: dict[RoleName, bytes] = {}

    def outside(self, repository: Path) -> None:
        """Raises TrainingError where the keys lie in the folder that is served."""
        if self.folder.resolve().is_relative_to(repository.resolve()):
            raise TrainingError(
                f"{self.folder}: keys may not lie in {repository}, which is served. Name another --keys."
            )

    def make(self, role: RoleName) -> CryptoSigner:
        """A new key of a role, on the disk when this returns."""
        private = Ed25519PrivateKey.generate()
        passphrase = self._passphrase(role, new=True)
        content = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(passphrase),
        )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._disk.write(self.folder / f"{role}-{self._next_number(role)}.pem", content, mode=0o600)
        return CryptoSigner(private)

    def signers(self, role: RoleName) -> list[CryptoSigner]:
        """All keys of a role in the folder, opened; raises TrainingError for one that others can read."""
        return [CryptoSigner(self._open(path, role)) for path in self.paths(role)]

    def for_role(self, role: RoleName, key_ids: Collection[str], threshold: int) -> list[CryptoSigner]:
        """The role's keys that count; raises TrainingError where there are fewer than the threshold."""
        found = [one for one in self.signers(role) if one.public_key.keyid in key_ids]
        if len(found) < threshold:
            raise TrainingError(
                f"{self.folder}: holds {len(found)} of the {role} keys that count, and {threshold} must sign. "
                f"Bring the others as {role}-NUMBER.pem."
            )
        return found

    def paths(self, role: RoleName) -> list[Path]:
        """The role's key files, by number."""
        found = {_number(path): path for path in self.folder.glob(f"{role}-*.pem")}
        return [found[number] for number in sorted(found)]

    def chosen(self, role: RoleName, key_ids: Collection[str], path: Path | None) -> KeyFile:
        """The key in `path`, or the only one of the role that counts; raises TrainingError where neither is one."""
        counting = [one for one in map(self._key_file, self.paths(role), repeat(role)) if one.key_id in key_ids]
        asked = [one for one in counting if path is None or one.path.resolve() == path.resolve()]
        if len(asked) != 1:
            names = ", ".join(str(one.path) for one in counting) or "none"
            raise TrainingError(f"which {role} key? Those that count here: {names}. Name one with --key.")
        return asked[0]

    def missing(self, role: RoleName, key_ids: Collection[str]) -> str | None:
        """The one key of the role that counts and is not here, or None; raises TrainingError where several are not."""
        here = {one.public_key.keyid for one in self.signers(role)}
        away = [key_id for key_id in key_ids if key_id not in here]
        if len(away) > 1:
            raise TrainingError(
                f"{len(away)} {role} keys that count are not in {self.folder}; bring all but the lost one."
            )
        return away[0] if away else None

    def _key_file(self, path: Path, role: RoleName) -> KeyFile:
        return KeyFile(path, CryptoSigner(self._open(path, role)).public_key.keyid)

    def _open(self, path: Path, role: RoleName) -> Ed25519PrivateKey:
        if path.stat().st_mode & OTHERS:
            raise TrainingError(f"{path}: others may read or write it. Treat the key as known, or: chmod 600 {path}")
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), self._passphrase(role, new=False))
        except TypeError:
            raise TrainingError(f"{path}: it is not encrypted. Encrypt it with a passphrase (openssl pkcs8).") from None
        except ValueError:
            raise TrainingError(f"{path}: the passphrase does not open it, or it is no key file.") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise TrainingError(f"{path}: not an Ed25519 key.")
        return key

    def _passphrase(self, role: RoleName, new: bool) -> bytes:
        if role not in self._known:
            said = self._ask(role, new and not self.paths(role))
            if new and len(said) < LEAST_CHARACTERS:
                raise TrainingError(
                    f"the passphrase of the {role} key has {len(said)} characters; take at least {LEAST_CHARACTERS}, "
                    "six random words say."
                )
            self._known[role] = said.encode()
        return self._known[role]

    def _next_number(self, role: RoleName) -> int:
        return 1 + max((_number(path) for path in self.paths(role)), default=0)


def _number(path: Path) -> int:
    written = path.stem.rpartition("-")[2]
    if not written.isdecimal():
        raise TrainingError(f"{path}: a key file is named ROLE-NUMBER.pem.")
    return int(written)
