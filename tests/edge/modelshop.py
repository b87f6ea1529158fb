"""A city's model repository with street models that differ in the size of their boxes, for vehicles that renew."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from models.card import read_card
from models.channel import Release
from models.golden import golden_scores
from models.shipped import read_taxonomy
from models.store import SHIPPED, open_detector
from tests.edge.footage import write_models
from tests.models.tiny import COLOURS, write_tiny
from tests.training.signed_world import NOW, keyring
from training.cardfile import card_text
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
        self.publish_store(write_street(self.home / version, version, box_px), "street", version)

    def publish_privacy(self, version: str) -> None:
        """The shipped privacy model under another version into the channel `stable`."""
        store = self.home / f"privacy-{version}"
        shutil.copytree(SHIPPED / "cards", store / "cards")
        shutil.copytree(SHIPPED / "weights", store / "weights")
        golden = golden_scores(open_detector("privacy", threads=1))
        card = read_card(store / "cards" / "privacy.toml").model_copy(update={"version": version, "golden": golden})
        (store / "cards" / "privacy.toml").write_text(card_text(card.model_copy(update={"int8": None})), "utf-8")
        self.publish_store(store, "privacy", version)

    def publish_store(self, store: Path, name: str, version: str) -> None:
        """A store's model of that name into the channel `stable`."""
        card, weights = ((store / part).read_bytes() for part in (f"cards/{name}.toml", f"weights/{name}.onnx"))
        paths = f"{name}/{version}/{name}.toml", f"{name}/{version}/{name}.onnx"
        digests = [hashlib.sha256(content).hexdigest() for content in (card, weights)]
        release = Release(
            version=version, card=paths[0], card_digest=digests[0], weights=paths[1], digest=digests[1]
        )  # fmt: skip
        repository = Repository(self.repository)
        stands = repository.channel(repository.state(), name, "stable")
        files = [Addition(paths[0], card, {}), Addition(paths[1], weights, {})]
        repository.publish([*files, channel_addition(next_channel(stands, name, "stable", release))], self.keys, NOW)
