"""Why something is not taken further: the reasons, and the answer that carries one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why something was skipped, quarantined or rejected. Every member has a counter and a line in docs/reasons.md."""

    # frames
    TOO_CLOSE = "too_close"
    STANDSTILL = "standstill"
    BLURRED = "blurred"
    DARK = "dark"
    COVERED = "covered"
    NO_FIX = "no_fix"
    TOO_WARM = "too_warm"
    DECODE_ERROR = "decode_error"
    OTHER_SIZE = "other_size"
    OVERTAKEN = "overtaken"
    # tracks and observations
    FEW_HITS = "few_hits"
    LOW_SCORE = "low_score"
    ABOVE_HORIZON = "above_horizon"
    TOO_FAR = "too_far"
    POOR_GEOMETRY = "poor_geometry"
    UNLOCATED = "unlocated"
    MOVING = "moving"
    OUTSIDE_ZONE = "outside_zone"
    NOT_A_PROBLEM = "not_a_problem"
    JOINED = "joined"
    TOLD_BEFORE = "told_before"
    # telemetry
    NO_POSITION = "no_position"
    ZERO_POSITION = "zero_position"
    OUT_OF_RANGE = "out_of_range"
    BAD_TIME = "bad_time"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Rejected:
    """An expected 'no', with its reason."""

    reason: Reason
