"""What the engine believes before it has seen anything, read from `priors.toml`; every number there has a meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, Field, ValidationError

from pipeline.table import Table, fault_at, toml_of

DEFAULT: Final = "default"


class _Parameter(Table):
    value: float
    meaning: Annotated[str, Field(min_length=1)]


class _Category(Table):
    life_h: int | float
    spacing_m: int | float
    stock_per_km: int | float
    company: int | float
    refill: int | float


class _File(BaseModel):
    parameter: dict[str, _Parameter]
    category: dict[str, _Category]
    category_meaning: dict[str, str]


@dataclass(frozen=True, slots=True)
class CategoryPrior:
    """What is known about one kind of problem; `[category_meaning]` in priors.toml explains each field."""

    life_h: float
    spacing_m: float
    stock_per_km: float
    company: float
    refill: float


@dataclass(frozen=True, slots=True)
class Priors:
    """All parameters of the engine; `[parameter.*].meaning` in priors.toml explains each field."""

    bias_memory_s: float
    fix_noise_m: float
    heading_bias_deg: float
    odometer_scale: float
    path_noise_m: float
    own_floor_m: float
    object_extent_m: float
    shared_floor_m: float
    reach_m: float
    astray: float
    astray_m: float
    view_near_m: float
    detect_near: float
    detect_far: float
    occluded: float
    corner_hidden: float
    faint_detect: float
    faint_share: float
    faint_life_h: float
    life_spread: float
    false_per_km: float
    fragment_share: float
    street_width_m: float
    company_radius_m: float
    appearance_min: float
    appearance_turn_deg: float
    appearance_outlier: float
    plate_misread: float
    plate_vehicles: float
    issue_sightings: float
    issue_worth: float
    retire_gone: float
    false_new: float
    merge_log_odds: float
    exchange_log_odds: float
    categories: Mapping[str, CategoryPrior]

    def of(self, category: str) -> CategoryPrior:
        """The prior of a category, or the default one for a category that the file does not name."""
        return self.categories.get(category) or self.categories[DEFAULT]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read priors from TOML text; a ValueError names the parameter that is missing, unknown or unexplained."""
        try:
            read = _File.model_validate(toml_of(text))
        except ValidationError as error:
            raise ValueError(fault_at("priors", error)) from error
        _same_names("parameter", set(read.parameter), {field.name for field in fields(cls)} - {"categories"})
        _same_names("category_meaning", set(read.category_meaning), set(_Category.model_fields))
        if DEFAULT not in read.category:
            raise ValueError("category.default is missing")
        return cls(
            **{name: entry.value for name, entry in read.parameter.items()},
            categories={name: CategoryPrior(**entry.model_dump()) for name, entry in read.category.items()},
        )


def _same_names(where: str, found: set[str], wanted: set[str]) -> None:
    if found != wanted:
        raise ValueError(f"{where}: missing {sorted(wanted - found)}, unknown {sorted(found - wanted)}")


@cache
def default_priors() -> Priors:
    """The priors that ship with the server."""
    return Priors.parse((Path(__file__).parent / "priors.toml").read_text(encoding="utf-8"))
