"""The categories that this city acts on, with their names."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from server.api.access import SIGNED_IN, ContextOf
from server.api.shapes import Out, errors

router = APIRouter(tags=["map"])


class CategoryOut(Out):
    key: str = Field(examples=["litter"])
    kind: str = Field(
        description="part and event codes overlap; a code means something only with its kind", examples=["event"]
    )
    code: str = Field(examples=["01-02"])
    zh: str = Field(examples=["暴露垃圾"])
    en: str = Field(examples=["Exposed litter"])
    clock_working_h: float = Field(examples=[4.0])


class TaxonomyOut(Out):
    city_zh: str = Field(examples=["示范城区"])
    city_en: str = Field(examples=["Demo district"])
    time_zone: str = Field(examples=["Asia/Shanghai"])
    categories: list[CategoryOut]


@router.get("/api/taxonomy", responses=errors(401), dependencies=[SIGNED_IN])
def get_taxonomy(context: ContextOf) -> TaxonomyOut:
    """The city's name, time zone and categories."""
    city = context.city
    return TaxonomyOut(
        city_zh=city.name_zh,
        city_en=city.name_en,
        time_zone=city.zone.key,
        categories=[
            CategoryOut(
                key=one.key, kind=one.kind, code=one.code, zh=one.zh, en=one.en, clock_working_h=one.clock_working_h
            )
            for one in city.taxonomy.categories.values()
        ],
    )
