"""The report's words in Chinese and English: read from one catalogue, which has every text in both."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CATALOGUE: Final = Path(__file__).with_name("texts.toml")


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts by key and language. `{name}` in a text is filled in where it is said."""

    words: Mapping[str, Mapping[str, str]]
    languages: tuple[str, ...] = ("en", "zh")

    def say(self, key: str, language: str, **values: object) -> str:
        """A text in a language; raises KeyError for a key that the catalogue lacks."""
        return self.words[key][language].format(**values) if values else self.words[key][language]

    def name(self, label: str, language: str) -> str:
        """What people call a label of the detector; itself where the catalogue does not know it."""
        entry = self.words.get(f"label_{label}")
        return label if entry is None else entry[language]


def read_texts(path: Path = CATALOGUE) -> Texts:
    """The catalogue of the page."""
    return Texts(tomllib.loads(path.read_text("utf-8")))
