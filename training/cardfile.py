"""A model's card: the draft that a recipe gives, and the TOML file that `models.card.read_card` reads back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from models.card import ModelCard, Preprocessing
from training.errors import TrainingError
from training.recipe import Recipe

LICENCE: Final = "AGPL-3.0-only (fine-tuned from Ultralytics YOLO11n, which is AGPL-3.0)"
UNWEIGHED: Final = 0.25
"""The operating score of every label until held-out photos have chosen one."""


def draft(recipe: Recipe, weights: str) -> ModelCard:
    """The card of weights that were not measured yet: how they are fed is right, the digest is to come."""
    size = recipe.publish
    return ModelCard(
        name=recipe.name,
        version=recipe.version,
        weights=weights,
        digest="0" * 64,
        labels=recipe.labels,
        thresholds=dict.fromkeys(recipe.labels, UNWEIGHED),
        nms_iou=size.nms_iou,
        preprocessing=Preprocessing(
            width_px=size.width_px, height_px=size.width_px, rectangular=True, most_pixels=size.square_px**2
        ),
        licence=LICENCE,
        weaknesses=size.weaknesses,
    )


def store_of(card: Path) -> Path:
    """The folder that holds a card's `cards/` and `weights/`. Raises TrainingError where the file lies in no `cards/`:
    whoever opened it by that folder and its name would open another card of the same name.
    """
    if card.absolute().parent.name != "cards" or card.suffix != ".toml":
        raise TrainingError(
            f"{card}: a card is a .toml file in a folder `cards/` beside its `weights/`, such as "
            "models/cards/street.toml."
        )
    return card.absolute().parent.parent


def card_text(card: ModelCard) -> str:
    """The card as TOML; a field that is None or empty is left out."""
    lines = [f"# The card of {card.weights}, written by `steward train publish`.", *_table(card.model_dump(), "")]
    return "\n".join(lines) + "\n"


def _table(fields: Mapping[str, Any], where: str) -> Iterator[str]:
    """A table's own values, then its tables, then its lists of tables."""
    used = {key: value for key, value in fields.items() if value not in (None, (), {})}
    tables = {key: value for key, value in used.items() if isinstance(value, dict)}
    arrays = {key: rows for key, rows in used.items() if isinstance(rows, tuple) and isinstance(rows[0], dict)}
    for key, value in used.items():
        if key not in tables and key not in arrays:
            yield f"{key} = {_value(value)}"
    for key, value in tables.items():
        yield from ("", f"[{where}{key}]", *_table(value, f"{where}{key}."))
    for key, rows in arrays.items():
        for row in rows:
            yield from ("", f"[[{where}{key}]]", *_table(row, f"{where}{key}."))


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        inner = ", ".join(_value(part) for part in value)
        return f"[{inner}]" if len(inner) < 90 else "[\n" + "".join(f"    {_value(part)},\n" for part in value) + "]"
    return json.dumps(value, ensure_ascii=False)
