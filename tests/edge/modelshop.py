"""A city's model repository with street models that differ in the size of their boxes, for vehicles that renew."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from models.channel import Release
from models.golden import golden_scores
from models.shipped import read_taxonomy
from models.store import open_detector
from tests.edge.footage import write_models
from tests.models.tiny import COLOURS, write_tiny
from tests.training.signed_world import NOW, keyring
from training.repository.cli import SETTINGS
from training.repository.keys import Keyring
from training.repository.repository import Addition, Repository, channel_addition, make_repository, next_channel


def write_street(folder: Path, version: str, box_px: float = 64, sees: bool = True) -> Path:
    """A store with a street model of a version and what it scores on the golden picture; sees: at all."""
    labels = read_taxonomy().labels
    colours = np.zeros((len(labels), 3), np.float32)
    if sees:
        colours[labels.index("litter")], colours[labels.index("person")] = COLOURS[0], COLOURS[2]
    write_models(folder)
    write_tiny(folder, "street", labels, width=640, height=480, box_px=box_px, colours=colours)
    card = folder / "cards" / "street.toml"
    text = card.read_text("utf-8").replace('version = "1"', f'version = "{version}"')
    card.write_text(text, "utf-8")
    if np.isfinite(box_px):
        scores = golden_scores(open_detector("street", folder, threads=1))
        card.write_text(
            text + "[golden]\n" + "".join(f"{label} = {score}\n" for label, score in scores.items()), "utf-8"
        )
    return folder


@dataclass(frozen=True, slots=True)
class Shop:
    """repository: what is served; root: the file that vehicles are given."""

    home: Path

    @property
    def repository(self) -> Path:
        return self.home / "repository"

    @property
    def root(self) -> Path:
        return self.repository / "metadata" / "1.root.json"

    @property
    def keys(self) -> Keyring:
        return keyring(self.home / "keys")

    @classmethod
    def make(cls, home: Path) -> Shop:
        shop = cls(home)
        make_repository(shop.repository, SETTINGS, shop.keys, NOW - timedelta(minutes=2))
        return shop

    def publish(self, version: str, box_px: float = 64) -> None:
        """A street model into the channel `stable`."""
        store = write_street(self.home / version, version, box_px)
        card, weights = ((store / part).read_bytes() for part in ("cards/street.toml", "weights/street.onnx"))
        paths = f"street/{version}/street.toml", f"street/{version}/street.onnx"
        digests = [hashlib.sha256(content).hexdigest() for content in (card, weights)]
        release = Release(
            version=version, card=paths[0], card_digest=digests[0], weights=paths[1], digest=digests[1]
        )  # fmt: skip
        repository = Repository(self.repository)
        stands = repository.channel(repository.state(), "street", "stable")
        files = [Addition(paths[0], card, {}), Addition(paths[1], weights, {})]
        repository.publish(
            [*files, channel_addition(next_channel(stands, "street", "stable", release))], self.keys, NOW
        )
