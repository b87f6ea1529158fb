"""What a weights file says of itself, written into its metadata. The graph stays as it is; the digest changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import onnx

from models.card import ModelCard, read_card
from models.errors import ModelError
from models.feeding import feeding
from models.store import read_verified
from training.cardfile import card_text, store_of
from training.errors import TrainingError
from training.files import write_whole


def said_of(card: ModelCard) -> dict[str, str]:
    """Everything that a card's weights file says of itself."""
    return {
        "description": f"City Steward {card.name} {card.version} detector, fine-tuned from Ultralytics YOLO11n",
        "author": "City Steward",
        **feeding(card.labels, card.preprocessing),
    }


def stamped(graph: onnx.ModelProto, said: Mapping[str, str]) -> bytes:
    """The file's bytes with this metadata added or put in place; when it was made is left out."""
    kept = {entry.key: entry.value for entry in graph.metadata_props if entry.key != "date"}
    del graph.metadata_props[:]
    for key, value in {**kept, **said}.items():
        graph.metadata_props.add(key=key, value=value)
    return bytes(graph.SerializeToString(deterministic=True))


def verified(card_path: Path) -> tuple[ModelCard, dict[str, bytes]]:
    """A card and the content of each file that it names; raises TrainingError where one is not what the card says."""
    try:
        card = read_card(card_path)
        named = {card.weights: card.digest} | ({card.int8.weights: card.int8.digest} if card.int8 else {})
        folder = store_of(card_path) / "weights"
        return card, {name: read_verified(folder / name, digest, card_path) for name, digest in named.items()}
    except ModelError as error:
        raise TrainingError(str(error)) from error


def stamp(card_path: Path) -> ModelCard:
    """Write what a card says into its weights file, and the new digests into the card; its twin's file likewise.

    Raises TrainingError, and changes nothing, where a file is not the one that the card names.
    """
    card, files = verified(card_path)
    written = {name: stamped(onnx.load_from_string(content), said_of(card)) for name, content in files.items()}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in written.items()}
    card = card.model_copy(update={"digest": digests[card.weights]})
    if card.int8 is not None:
        card = card.model_copy(update={"int8": card.int8.model_copy(update={"digest": digests[card.int8.weights]})})
    for name, content in written.items():
        write_whole(store_of(card_path) / "weights" / name, content)
    write_whole(card_path, card_text(card).encode())
    return card
