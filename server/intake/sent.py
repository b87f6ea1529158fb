"""A traverse as a device sent it, with the seal that came with it; checked as far as it can be by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Self

from pipeline.seal import Seal
from pipeline.traverse import Traverse
from pipeline.wire import TraverseWire, from_wire
from server.duty.dispatch import M_PER_DEG_LAT
from server.errors import Invalid
from server.intake.keeping import Body

WIDEST_M: Final = 5_000.0


@dataclass(frozen=True, slots=True)
class Sent:
    """ident: its id; seen: the ids of its observations; says: the kinds of source that it says it comes of; ids: ident
    and seen. What has none of them in common with another is not the same once more, and can be taken in together with
    it."""

    ident: str
    device_id: str
    traverse: Traverse
    body: Body
    sealed: Seal | None
    seen: tuple[str, ...]
    says: frozenset[str]
    ids: frozenset[str]

    @classmethod
    def of(cls, device_id: str, wire: TraverseWire, sealed: Seal | None) -> Self:
        """Raises Invalid for a traverse that is none."""
        traverse = _traverse_of(wire)
        ident, seen = str(traverse.id), tuple(str(one.id) for one in traverse.observations)
        body = Body.of(wire.model_dump_json().encode())
        says = frozenset((traverse.source_kind, *(one.source_kind for one in traverse.observations)))
        return cls(ident, device_id, traverse, body, sealed, seen, says, frozenset((ident, *seen)))


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
