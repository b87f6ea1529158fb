"""What a writer takes hold of before it reads, where others write at the same time: the places, then the cases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.traverse import Traverse
from server.cases.candidates import REACH_M, box_of, wider_by
from server.cases.family import members_of, root_of
from server.records.locks import hold, many_writers, shards_of
from server.records.nearby import Box
from server.records.tables import CaseRow

SLACK_M: Final = 60.0
"""A new case may come to lie so far outside the reach, since the pass was shifted as a whole."""


def hold_traverses(session: Session, traverses: Iterable[Traverse]) -> None:
    """Wait until nobody else writes where these traverses may."""
    if many_writers(session):
        boxes = (box_of(traverse, SLACK_M) for traverse in traverses)
        hold(session, _shards(box for box in boxes if box is not None))


def hold_cases(session: Session, case_ids: Iterable[str]) -> None:
    """Wait until nobody else writes around these cases, all that is one with them among them, or changes one of them.

    Unknown ids are passed over.
    """
    if not many_writers(session):
        return
    found = [case for case in (session.get(CaseRow, case_id) for case_id in case_ids) if case is not None]
    family = members_of(session, {root_of(session, case).id for case in found} | {case.id for case in found})
    places = session.execute(select(CaseRow.lat, CaseRow.lon).where(CaseRow.id.in_(family)))
    hold(session, _shards([_around(lat, lon) for lat, lon in places]))
    locked = select(CaseRow).where(CaseRow.id.in_(family)).order_by(CaseRow.id).with_for_update(key_share=True)
    session.scalars(locked.execution_options(populate_existing=True)).all()


def _shards(boxes: Iterable[Box]) -> set[int]:
    return {shard for box in boxes for shard in shards_of(box.south, box.north, box.west, box.east)}


def _around(lat: float, lon: float) -> Box:
    return wider_by(Box(lat, lat, lon, lon), REACH_M + SLACK_M)
