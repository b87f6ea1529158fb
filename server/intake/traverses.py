"""Traverses as they come in: each exactly once, its observations, cases, history and outbox in one transaction."""

from __future__ import annotations

import math
from functools import cache
from typing import Final

from sqlalchemy import ARRAY, String, Text, any_, bindparam, func, select
from sqlalchemy.orm import Session

from pipeline.seal import Seal
from pipeline.traverse import Traverse
from pipeline.wire import TraverseWire, from_wire
from server.access.fleet import no_device
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
from server.records.engines import written
from server.records.locks import many_writers
from server.records.prepared import Prepared
from server.records.retries import retried
from server.records.tables import Device, ObservationRow, TraverseRow

WIDEST_M: Final = 5_000.0
_BEFORE: Final = Prepared(
    select(Device.revoked_ns, TraverseRow.body_sha256, TraverseRow.device_id)
    .outerjoin(TraverseRow, TraverseRow.id == bindparam("ident"))
    .where(Device.id == bindparam("device"))
)


def receive(context: Context, device_id: str, wire: TraverseWire, sealed: Seal | None = None) -> Receipt:
    """Take in a traverse, and the seal that came with it; answered after commit. Raises Conflict for an id that came
    with another body, Unauthenticated for a device that is not, or no longer, the city's."""
    body = Body.of(wire.model_dump_json().encode())
    traverse = _traverse_of(wire)
    return retried(lambda: _take_in(context, device_id, traverse, body, sealed))


def _take_in(context: Context, device_id: str, traverse: Traverse, body: Body, sealed: Seal | None) -> Receipt:
    traverse_id = str(traverse.id)
    with context.store.write() as session:
        hold_traverse(session, traverse)
        asked = {"ident": traverse_id, "device": device_id}
        revoked_ns, *before = _BEFORE.one(session, asked) or (0, None, None)
        if revoked_ns is not None:
            raise no_device()
        if before != [None, None]:
            if before != [body.sha256, device_id]:
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
    many = many_writers(session)
    known = _known(many).one(session, {"ids": ids if many else written(ids)})
    if known is not None:
        raise Conflict("known_observation", f"observation {known[0]} came with another traverse", "body.observations")


@cache
def _known(many: bool) -> Prepared:
    """The first of some observations that is there: an array of ids for PostgreSQL, for SQLite their JSON."""
    one = ObservationRow.id
    asked = bindparam("ids", type_=ARRAY(String) if many else Text)
    among = one == any_(asked) if many else one.in_(select(func.json_each(asked).table_valued("value").c.value))
    return Prepared(select(one).where(among).limit(1))
