"""Which observations can become part of a case, before the engine is asked."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pipeline.observation import Observation
from pipeline.reasons import Reason
from server.context import Context
from server.duty.dispatch import zone_of

FUTURE_NS: Final = 24 * 3600 * 1_000_000_000


class IntakeReason(StrEnum):
    """Why the server rejects an observation; those that the pipeline shares carry the pipeline's word."""

    UNKNOWN_CATEGORY = "unknown_category"
    UNLOCATED = Reason.UNLOCATED.value
    OUTSIDE_ZONE = Reason.OUTSIDE_ZONE.value
    BAD_TIME = Reason.BAD_TIME.value


def screen(context: Context, seen: Observation, now_ns: int) -> IntakeReason | None:
    """Why an observation cannot become part of a case, None where it can."""
    if seen.category not in context.city.taxonomy.categories:
        return IntakeReason.UNKNOWN_CATEGORY
    if seen.lat is None or seen.lon is None or seen.covariance is None:
        return IntakeReason.UNLOCATED
    if seen.utc_ns > now_ns + FUTURE_NS:
        return IntakeReason.BAD_TIME
    stay = context.city.stays.get(seen.category)
    if stay is None or not stay.zone_kinds or "zone_id" in dict(seen.attributes):
        return None
    slack_m = 2.0 * max(seen.covariance.ee, seen.covariance.nn) ** 0.5
    inside = zone_of(seen.lat, seen.lon, context.city.zones, stay.zone_kinds, slack_m)
    return None if inside is not None else IntakeReason.OUTSIDE_ZONE
