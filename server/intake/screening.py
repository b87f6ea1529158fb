"""Which observations can become part of a case, before the engine is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Self

from pipeline.observation import Observation
from pipeline.reasons import Reason
from pipeline.traverse import Traverse
from server.cases.candidates import box_of
from server.context import Context
from server.duty.dispatch import zone_of
from server.records.nearby import Box
from server.setup.city import City

FUTURE_NS: Final = 24 * 3600 * 1_000_000_000


class IntakeReason(StrEnum):
    """Why the server rejects an observation; those that the pipeline shares carry the pipeline's word."""

    UNKNOWN_CATEGORY = "unknown_category"
    UNLOCATED = Reason.UNLOCATED.value
    OUTSIDE_ZONE = Reason.OUTSIDE_ZONE.value
    BAD_TIME = Reason.BAD_TIME.value


@dataclass(frozen=True, slots=True)
class Screened:
    """A traverse; why each of its observations cannot become part of a case, None where it can; and the traverse with
    those alone that can, when that began, and where it can touch cases (None where nothing of it has a place)."""

    traverse: Traverse
    reasons: tuple[IntakeReason | None, ...]
    fit: Traverse
    first_ns: int
    box: Box | None

    @classmethod
    def of(cls, context: Context, traverse: Traverse) -> Self:
        now_ns = context.now_ns()
        city = context.city
        reasons = tuple([screen(city, seen, now_ns) for seen in traverse.observations])
        fit = traverse
        if any(reasons):
            both = zip(traverse.observations, reasons, strict=True)
            fit = replace(traverse, observations=tuple(seen for seen, reason in both if reason is None))
        times = [pose.utc_ns for pose in fit.poses] + [seen.utc_ns for seen in fit.observations]
        return cls(traverse, reasons, fit, min(times, default=now_ns), box_of(fit))

    @property
    def whole_box(self) -> Box | None:
        """The same for all of its observations."""
        return self.box if self.fit is self.traverse else box_of(self.traverse)


def screen(city: City, seen: Observation, now_ns: int) -> IntakeReason | None:
    """Why an observation cannot become part of a case, None where it can."""
    if seen.category not in city.taxonomy.categories:
        return IntakeReason.UNKNOWN_CATEGORY
    if seen.lat is None or seen.lon is None or seen.covariance is None:
        return IntakeReason.UNLOCATED
    if seen.utc_ns > now_ns + FUTURE_NS:
        return IntakeReason.BAD_TIME
    stay = city.stays.get(seen.category)
    if stay is None or not stay.zone_kinds or "zone_id" in dict(seen.attributes):
        return None
    slack_m = 2.0 * max(seen.covariance.ee, seen.covariance.nn) ** 0.5
    inside = zone_of(seen.lat, seen.lon, city.zones_at(seen.utc_ns), stay.zone_kinds, slack_m)
    return None if inside is not None else IntakeReason.OUTSIDE_ZONE
