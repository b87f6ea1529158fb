"""Writes a set: into a folder beside its place, which is renamed at the end, so that there is never half a set."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from models.wholefile import whole_file
from training.dataset import card, sheets
from training.dataset.check import check
from training.dataset.gather import Side
from training.dataset.manifest import FILE, SHORT, TRAINER_FILE, Manifest, label_text, manifest_of, trainer_text
from training.dataset.plan import Plan
from training.dataset.progress import Watch
from training.errors import TrainingError

DECIDERS: Final = ("ImageHash", "Pillow", "opencv-python-headless")
"""Libraries in whose hands it lies whether two pictures are near enough to be called copies."""


@dataclass(frozen=True, slots=True)
class Built:
    """Where a set lies. `fresh`: it was written now; else the very same was there already, and so many of its links
    gave way to copies."""

    manifest: Manifest
    folder: Path
    fresh: bool
    copied: int = 0


def build(plan: Plan, out: Path, copy: bool, watch: Watch) -> Built:
    """Writes the set under `out/NAME/VERSION-DIGEST`, unless it is there and whole. copy: its pictures are files of its
    own, also where links were there; else what is there may be either.

    A version has one content for good: raises TrainingError where it stands with another digest.
    """
    manifest = manifest_of(plan, {name: version(name) for name in DECIDERS})
    home = out / manifest.name
    folder = home / f"{manifest.version}-{manifest.digest[:SHORT]}"
    others = [path for path in home.glob(f"{manifest.version}-*") if path.name != folder.name]
    if others:
        raise TrainingError(
            f"set {manifest.name!r}: version {manifest.version} stands in {others[0]} with another content than this "
            f"build's ({manifest.digest[:SHORT]}). Raise `version` in its description, or remove that folder."
        )
    if folder.exists():
        faults = check(folder, watch)
        if faults:
            raise TrainingError(
                f"{folder}: the set is there but not whole ({faults[0]}). Remove the folder and build again."
            )
        return _found(manifest, folder, copy, watch)
    home.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=home))
    try:
        _write(plan, manifest, unfinished, copy, watch)
        unfinished.chmod(0o755)
        unfinished.rename(folder)
    except OSError:
        if not folder.exists():
            raise
        # Another build of the same set was first.
        return _found(manifest, folder, copy, watch)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Built(manifest, folder, fresh=True)


def _found(manifest: Manifest, folder: Path, copy: bool, watch: Watch) -> Built:
    return Built(manifest, folder, fresh=False, copied=_copy_links(manifest, folder, watch) if copy else 0)


def _copy_links(manifest: Manifest, folder: Path, watch: Watch) -> int:
    """Put a copy in the place of each picture that is a link, so that the set is whole at every moment; how many."""
    links = [path for entry in manifest.pictures if (path := folder / entry.picture).is_symlink()]
    for path in watch(links, len(links), "copying"):
        with path.open("rb") as picture, whole_file(path) as place:
            shutil.copyfileobj(picture, place)
    return len(links)


def _write(plan: Plan, manifest: Manifest, folder: Path, copy: bool, watch: Watch) -> None:
    for side in Side:
        for kind in ("images", "labels"):
            (folder / kind / side.value).mkdir(parents=True)
    pairs = list(zip(plan.rows, manifest.pictures, strict=True))
    for row, entry in watch(pairs, len(pairs), "writing the set"):
        picture, place = row.picture.photo.picture.resolve(), folder / entry.picture
        if copy:
            shutil.copyfile(picture, place)
        else:
            place.symlink_to(picture)
        (folder / entry.label).write_bytes(label_text(row.picture.reading.boxes, manifest.labels).encode())
    (folder / TRAINER_FILE).write_text(trainer_text(manifest), "utf-8")
    (folder / FILE).write_text(manifest.model_dump_json(indent=1) + "\n", "utf-8")
    drawn = sheets.write(plan, folder / "sheets", watch)
    (folder / "card.md").write_text(card.text(plan, manifest, drawn), "utf-8")
