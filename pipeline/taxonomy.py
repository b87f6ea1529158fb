"""Labels of the detector and categories of problems, read from `datasets/taxonomy.toml`.

A label is what a model sees ("car"); a category is what a city acts on ("improper_parking"). Chinese and English
names live in the file, never in code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of problem. `code` is only meaningful together with `kind`: part and event codes overlap.

    spacing_m: distance under which two problems of this category are hardly ever distinct.
    life_h: hours after which an unattended problem has typically gone.
    """

    key: str
    kind: Literal["part", "event"]
    code: str
    zh: str
    en: str
    labels: tuple[str, ...]
    clock_working_h: float
    spacing_m: float
    life_h: float


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The labels in model order and the categories by key."""

    labels: tuple[str, ...]
    categories: Mapping[str, Category]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a taxonomy from TOML text; raises ValueError naming the entry that is wrong."""
        raw: dict[str, Any] = tomllib.loads(text)
        labels = tuple(raw["labels"])
        categories: dict[str, Category] = {}
        for entry in raw["category"]:
            category = Category(**{**entry, "labels": tuple(entry["labels"])})
            unknown = set(category.labels) - set(labels)
            if unknown:
                raise ValueError(
                    f"category {category.key}: labels {sorted(unknown)} are not among the detector's labels"
                )
            if category.key in categories:
                raise ValueError(f"category {category.key} stands twice")
            categories[category.key] = category
        return cls(labels=labels, categories=categories)

    def category_of(self, label: str) -> Category | None:
        """The category a label can become, or None for labels that are no problem by themselves (bin, person)."""
        return next((category for category in self.categories.values() if label in category.labels), None)
