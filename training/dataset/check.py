"""Verifies a built set against its manifest, and lists what is built."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from training.dataset.description import NAME, VERSION
from training.dataset.gather import Side
from training.dataset.manifest import SHORT, TRAINER_FILE, Manifest, digest, read_manifest, trainer_text
from training.dataset.progress import Watch
from training.errors import TrainingError

PIECE_BYTES: Final = 1 << 20
ADDRESS: Final = re.compile(rf"{NAME[:-1]}(@{VERSION[1:-1]}(-[0-9a-f]+)?)?$")


def check(folder: Path, watch: Watch) -> list[str]:
    """What is wrong with the set in `folder`, a line each; empty where every file is what the manifest says."""
    manifest = read_manifest(folder)
    return [
        *_address_faults(manifest, folder),
        *_file_faults(manifest, folder, watch),
        *_trainer_faults(manifest, folder),
        *_strangers(manifest, folder),
    ]


def _address_faults(manifest: Manifest, folder: Path) -> Iterator[str]:
    found = digest(manifest.labels, manifest.pictures)
    if found != manifest.digest:
        yield f"manifest.json: its entries give the digest {found[:SHORT]}, it says {manifest.digest[:SHORT]}"
    place = f"{manifest.version}-{manifest.digest[:SHORT]}"
    if (folder.name, folder.parent.name) != (place, manifest.name):
        yield f"manifest.json: the set is {manifest.name}/{place}, the folder {folder.parent.name}/{folder.name}"


def _file_faults(manifest: Manifest, folder: Path, watch: Watch) -> Iterator[str]:
    for entry in watch(manifest.pictures, len(manifest.pictures), "checking"):
        for name, expected in ((entry.picture, entry.picture_sha256), (entry.label, entry.label_sha256)):
            try:
                found = sha256_of(folder / name)
            except OSError as why:
                yield f"{name}: cannot be read ({why.strerror})"
                continue
            if found != expected:
                yield f"{name}: its SHA-256 is {found[:SHORT]}..., the manifest says {expected[:SHORT]}..."


def _trainer_faults(manifest: Manifest, folder: Path) -> Iterator[str]:
    path = folder / TRAINER_FILE
    if not path.is_file() or path.read_bytes() != trainer_text(manifest).encode():
        yield f"{TRAINER_FILE}: absent or changed"


def _strangers(manifest: Manifest, folder: Path) -> Iterator[str]:
    """Files that a trainer would read and the manifest does not know; its own caches (`*.cache`) lie elsewhere."""
    known = {entry.picture for entry in manifest.pictures} | {entry.label for entry in manifest.pictures}
    for kind in ("images", "labels"):
        for side in Side:
            for path in sorted((folder / kind / side.value).glob("*")):
                name = path.relative_to(folder).as_posix()
                if name not in known:
                    yield f"{name}: the manifest does not know it"


def sha256_of(path: Path) -> str:
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            whole.update(piece)
    return whole.hexdigest()


def built(out: Path, name: str | None = None) -> list[Path]:
    """The folders of built sets, by name and version; of those that `name` is the address of, where it is given."""
    wanted, _, version = (name or "*").partition("@")
    folders = [
        path
        for path in out.glob(f"{wanted}/*-*")
        if not path.name.startswith(".") and (not version or version in (path.name, path.name.partition("-")[0]))
    ]
    return sorted(folders, key=lambda path: (path.parent.name, _numbers(path.name)))


def _numbers(folder: str) -> list[int]:
    version = folder.partition("-")[0]
    return [int(part) for part in version.split(".") if part.isdigit()]


def find_built(out: Path, name: str) -> list[Path]:
    """As `built`; raises TrainingError where there is none, or where the name is no address."""
    if not ADDRESS.fullmatch(name):
        raise TrainingError(f"{name!r} is no address of a set; write NAME, NAME@VERSION or NAME@VERSION-DIGEST.")
    folders = built(out, name)
    if not folders:
        raise TrainingError(
            f"{out}: no set {name!r} is built there; `steward train data list` shows what is, "
            f"`steward train data build {name.partition('@')[0]}` builds it."
        )
    return folders
