"""The map: grids, zones and cases as GeoJSON (lon, lat, WGS-84)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from server.api.access import CASEWORKERS_ONLY, Caseworker, ContextOf
from server.api.cases import Category, GridId, States
from server.api.queue import Asked
from server.api.shapes import Out, errors
from server.records.tables import CaseRow, WorkOrder
from server.setup.edition import edition_at

router = APIRouter(tags=["map"])

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
    query = Asked(person, state or (), category, grid).first(limit).options(defer(CaseRow.memory))
    now_ns = context.now_ns()
    with context.store.read() as session:
        rows = session.scalars(query).all()
        late = set(
            session.scalars(
                select(WorkOrder.case_id).where(
                    WorkOrder.case_id.in_([row.id for row in rows]),
                    WorkOrder.closed_ns.is_(None),
                    WorkOrder.due_ns < now_ns,
                )
            )
        )
        return FeatureCollection(features=[_point(row, row.id in late) for row in rows])


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


def _point(row: CaseRow, overdue: bool) -> Feature:
    return Feature(
        id=row.id,
        geometry={"type": "Point", "coordinates": [row.lon, row.lat]},
        properties={
            "number": row.number,
            "category": row.category,
            "state": row.state,
            "worth": row.worth,
            "grid_id": row.grid_id,
            "overdue": overdue,
        },
    )
