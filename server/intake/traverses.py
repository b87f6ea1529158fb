"""Traverses as they come in: each exactly once, its observations, cases, history and outbox in one transaction."""

from __future__ import annotations

import math
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from pipeline.seal import Seal
from pipeline.types import Traverse
from pipeline.wire import TraverseWire, from_wire
from server.cases.candidates import box_of
from server.cases.holding import hold_traverse
from server.cases.inputs import TraverseInput
from server.cases.journal import entering
from server.context import Context
from server.duty.dispatch import M_PER_DEG_LAT
from server.errors import Conflict, Invalid
from server.intake.keeping import Body
from server.intake.linking import fold_traverse
from server.intake.receipts import Receipt, missing_of, receipt_of
from server.intake.seals import keep_seal
from server.records.retries import retried
from server.records.tables import ObservationRow, TraverseRow

WIDEST_M: Final = 5_000.0
AT_ONCE: Final = 500
"""So many ids are asked for in one statement."""
_BEFORE: Final = select(TraverseRow.body_sha256, TraverseRow.device_id).where(TraverseRow.id == bindparam("ident"))
_KNOWN: Final = select(ObservationRow.id).where(ObservationRow.id.in_(bindparam("ids", expanding=True))).limit(1)


def receive(context: Context, device_id: str, wire: TraverseWire, sealed: Seal | None = None) -> Receipt:
    """Take in a traverse, and the seal that came with it; answered after commit. Raises Conflict for an id that came
    with another body."""
    body = Body.of(wire.model_dump_json().encode())
    traverse = _traverse_of(wire)
    return retried(lambda: _take_in(context, device_id, traverse, body, sealed))


def _take_in(context: Context, device_id: str, traverse: Traverse, body: Body, sealed: Seal | None) -> Receipt:
    traverse_id = str(traverse.id)
    with context.store.write() as session:
        hold_traverse(session, traverse)
        before = session.connection().execute(_BEFORE, {"ident": traverse_id}).one_or_none()
        if before is not None:
            if tuple(before) != (body.sha256, device_id):
                raise Conflict("other_body", f"traverse {traverse.id} was received before with another body", "body.id")
            keep_seal(session, sealed, context.now_ns())
            return receipt_of(session, traverse_id)
        _refuse_known_observations(session, traverse)
        with entering(session, context, TraverseInput(traverse_id, device_id), box_of(traverse)) as context:
            links = fold_traverse(session, context, device_id, traverse, body)
        keep_seal(session, sealed, context.now_ns())
        declares = any(seen.evidence for seen in traverse.observations)
        return Receipt(traverse_id, True, links, missing_of(session, traverse_id) if declares else ())


def _traverse_of(wire: TraverseWire) -> Traverse:
    try:
        traverse = from_wire(wire)
    except ValueError as error:
        raise Invalid("bad_traverse", str(error), "body") from error
    width_m = _width_m(traverse)
    if width_m > WIDEST_M:
        raise Invalid("too_wide", f"a traverse is a street block; this one spans {width_m:.0f} m", "body")
    for number, seen in enumerate(traverse.observations):
        length = math.hypot(*seen.appearance)
        if seen.appearance and not 0.95 <= length <= 1.05:
            where = f"body.observations.{number}.appearance"
            raise Invalid("not_a_unit_vector", f"an appearance has the length 1, not {length:.3g}", where)
    if len({len(seen.appearance) for seen in traverse.observations if seen.appearance}) > 1:
        raise Invalid(
            "mixed_appearance", "the appearances of a traverse have one length, of one model", "body.observations"
        )
    ids = [seen.id for seen in traverse.observations]
    twice = {one for one in ids if ids.count(one) > 1} if len(set(ids)) < len(ids) else set()
    if twice:
        raise Invalid("id_twice", f"observation {min(twice)} stands twice in the traverse", "body.observations")
    return traverse


def _width_m(traverse: Traverse) -> float:
    """The diagonal of all that has a place; a bound on how much of the map one traverse can touch."""
    lats = [pose.lat for pose in traverse.poses] + [one.lat for one in traverse.observations if one.lat is not None]
    lons = [pose.lon for pose in traverse.poses] + [one.lon for one in traverse.observations if one.lon is not None]
    if not lats or not lons:
        return 0.0
    east = (max(lons) - min(lons)) * math.cos(math.radians(min(map(abs, lats))))
    return M_PER_DEG_LAT * math.hypot(max(lats) - min(lats), east)


def _refuse_known_observations(session: Session, traverse: Traverse) -> None:
    ids = [str(seen.id) for seen in traverse.observations]
    for start in range(0, len(ids), AT_ONCE):
        known = session.connection().execute(_KNOWN, {"ids": ids[start : start + AT_ONCE]}).scalar()
        if known is not None:
            raise Conflict("known_observation", f"observation {known} came with another traverse", "body.observations")
