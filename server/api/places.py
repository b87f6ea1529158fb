"""The map: grids, zones and cases as GeoJSON (lon, lat, WGS-84)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import exists
from sqlalchemy.orm import Session

from server.api.access import CASEWORKERS_ONLY, Caseworker, ContextOf
from server.api.cases import Category, GridId, States
from server.api.queue import Asked
from server.api.shapes import Out, errors
from server.records.tables import CaseRow, WorkOrder
from server.setup.edition import edition_at

router = APIRouter(tags=["map"])

TOLD: Final = ("number", "category", "state", "worth", "grid_id")
"""What a point tells of its case, beside whether its work order is overdue."""
POINT: Final = (CaseRow.id, CaseRow.lon, CaseRow.lat, *(getattr(CaseRow, name) for name in TOLD))

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[121.473, 31.23], [121.475, 31.23], [121.475, 31.232], [121.473, 31.232], [121.473, 31.23]]],
}


class Feature(Out):
    type: Literal["Feature"] = "Feature"
    id: str = Field(examples=["grid-a"])
    geometry: dict[str, Any] = Field(examples=[SQUARE])
    properties: dict[str, Any] = Field(examples=[{"name_zh": "第一网格", "name_en": "Grid A"}])


class FeatureCollection(Out):
    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature]


@router.get("/api/map", responses=errors(401, 403, 422))
def get_map(
    person: Caseworker,
    context: ContextOf,
    state: States = None,
    category: Category = None,
    grid: GridId = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 5_000,
) -> FeatureCollection:
    """Cases as points, the most worthy first; properties: number, category, state, worth, grid_id, overdue."""
    overdue = exists().where(
        WorkOrder.case_id == CaseRow.id, WorkOrder.closed_ns.is_(None), WorkOrder.due_ns < context.now_ns()
    )
    query = Asked(person, state or (), category, grid).first(limit).with_only_columns(*POINT, overdue)
    with context.store.read() as session:
        return FeatureCollection(features=[_point(*row) for row in session.execute(query)])


@router.get("/api/grids", responses=errors(401, 403), dependencies=[CASEWORKERS_ONLY])
def get_grids(context: ContextOf) -> FeatureCollection:
    """Responsibility grids; properties: name_zh, name_en."""
    with context.store.read() as session:
        return grids_of(session, context.now_ns())


@router.get("/api/zones", responses=errors(401, 403), dependencies=[CASEWORKERS_ONLY])
def get_zones(context: ContextOf) -> FeatureCollection:
    """Places with a rule; properties: kind and what the city's file says."""
    with context.store.read() as session:
        return FeatureCollection(
            features=[
                Feature(id=one["id"], geometry=one["geometry"], properties={**one["properties"], "kind": one["kind"]})
                for one in edition_at(session, context.now_ns()).content["zones"]
            ]
        )


def grids_of(session: Session, at_ns: int) -> FeatureCollection:
    """Every responsibility grid that there is at a moment, with its names."""
    return FeatureCollection(
        features=[
            Feature(
                id=one["id"],
                geometry=one["geometry"],
                properties={"name_zh": one["name_zh"], "name_en": one["name_en"]},
            )
            for one in edition_at(session, at_ns).content["grids"]
        ]
    )


def _point(ident: str, lon: float, lat: float, *told: object) -> Feature:
    """told: what TOLD names, and whether the case is overdue."""
    return Feature(
        id=ident,
        geometry={"type": "Point", "coordinates": [lon, lat]},
        properties=dict(zip((*TOLD, "overdue"), told, strict=True)),
    )
