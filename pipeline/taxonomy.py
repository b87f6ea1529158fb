"""Labels of the detector and categories of problems, read from `datasets/taxonomy.toml`.

A label is what a model sees ("car"); a category is what a city acts on ("improper_parking"). Chinese and English
names live in the file, never in code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, ValidationError

from pipeline.table import Table, fault_at, toml_of

Kind = Literal["part", "event"]


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of problem. `code` is only meaningful together with `kind`: part and event codes overlap.

    spacing_m: distance under which two problems of this category are hardly ever distinct.
    life_h: hours after which an unattended problem has typically gone.
    """

    key: str
    kind: Kind
    code: str
    zh: str
    en: str
    labels: tuple[str, ...]
    clock_working_h: float
    spacing_m: float
    life_h: float


class _Entry(Table):
    """A category as the file has it; its fields are those of `Category`."""

    key: Annotated[str, Field(min_length=1, max_length=64)]
    kind: Kind
    code: str
    zh: str
    en: str
    labels: tuple[str, ...]
    clock_working_h: Annotated[float, Field(gt=0)]
    spacing_m: Annotated[float, Field(gt=0)]
    life_h: Annotated[float, Field(gt=0)]


class _File(BaseModel):
    """What is read of the file; a city may write more into it, as which edition of the codes it is."""

    labels: tuple[str, ...]
    category: tuple[_Entry, ...]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The labels in model order and the categories by key."""

    labels: tuple[str, ...]
    categories: Mapping[str, Category]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a taxonomy from TOML text; raises ValueError naming the entry that is wrong."""
        try:
            read = _File.model_validate(toml_of(text))
        except ValidationError as error:
            raise ValueError(fault_at("taxonomy", error)) from error
        categories: dict[str, Category] = {}
        for entry in read.category:
            unknown = set(entry.labels) - set(read.labels)
            if unknown:
                raise ValueError(f"category {entry.key}: labels {sorted(unknown)} are not among the detector's labels")
            if entry.key in categories:
                raise ValueError(f"category {entry.key} stands twice")
            categories[entry.key] = Category(**entry.model_dump())
        return cls(labels=read.labels, categories=categories)

    def category_of(self, label: str) -> Category | None:
        """The category a label can become, or None for labels that are no problem by themselves (bin, person)."""
        return next((category for category in self.categories.values() if label in category.labels), None)
