"""By how much a camera's clock is ahead of its receiver's, told by motion that both have seen.

The receiver tells speed and course; the camera's own pictures tell how it turned and how fast things came by
(pipeline/own_motion.py). For every offset within reach both accounts are correlated (pipeline/clock_signals.py). With
Gaussian errors of unknown size a normalised correlation r over n independent samples has the log-likelihood
−n/2·ln(1 − r²); how many samples are independent is told by how long what does not fit hangs together. Turn and speed
add up. What comes out is a distribution over offsets: narrow where the drive had stops and corners, wide where nothing
changed, with several peaks where it repeated itself. Only a narrow one is an estimate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.clock_signals import LASTING, SMOOTH_S, STEP_S, Pair, Seen, paired
from pipeline.tracklog import Tracklog

Array = NDArray[np.float64]
LEAST_S: Final = 8.0
FLOOR_SIGMA_S: Final = 0.03
"""What receivers' own filters and the grid leave, however long the drive."""


class Unclear(StrEnum):
    """Why no offset is told. Every member has a line in docs/reasons.md."""

    TOO_SHORT = "too_short"
    NOTHING_CHANGES = "nothing_changes"
    UNDECIDED = "undecided"
    NO_MATCH = "no_match"
    PARTS_DISAGREE = "parts_disagree"
    OUT_OF_REACH = "out_of_reach"


@dataclass(frozen=True, slots=True)
class Estimated:
    """offset_s: by how much the camera's clock is ahead; sigma_s: its 1-sigma error; match: correlation there."""

    offset_s: float
    sigma_s: float
    match: float


@dataclass(frozen=True, slots=True)
class Flagged:
    """The offset cannot be told from this footage."""

    reason: Unclear


@dataclass(frozen=True, slots=True)
class OffsetRules:
    """reach_s: offsets looked at, both ways. most_sigma_s, most_doubt: above that spread, or that chance of being
    farther than far_s away, nothing is told. least_match: least correlation."""

    reach_s: float = 8.0
    most_sigma_s: float = 0.065
    far_s: float = 0.3
    most_doubt: float = 0.002
    least_match: float = 0.6
    least_turn_dps: float = 0.5
    least_pace: float = 0.25


def clock_offset(seen: Sequence[Seen], log: Tracklog, rules: OffsetRules = OffsetRules()) -> Estimated | Flagged:
    """The offset of the camera's clock, its fixes laid at their own time as if there were none."""
    reach = round(rules.reach_s / STEP_S)
    lags = np.arange(-reach, reach + 1, dtype=np.float64) * STEP_S
    stretches = [one for one in seen if len(one.at_s) > 3]
    if sum(float(one.at_s[-1] - one.at_s[0]) for one in stretches) < LEAST_S:
        return Flagged(Unclear.TOO_SHORT)
    turns = [paired(one.at_s, one.turn_dps, log, lags, turning=True) for one in stretches]
    paces = [paired(one.at_s, one.pace, log, lags, turning=False) for one in stretches]
    told = [pairs for pairs, least in ((turns, rules.least_turn_dps), (paces, rules.least_pace))
            if _changes(pairs) >= least]  # fmt: skip
    if not told:
        return Flagged(Unclear.NOTHING_CHANGES)
    whole = _Belief.of(told, lags)
    if whole is None:
        return Flagged(Unclear.TOO_SHORT)
    if whole.match < rules.least_match:
        return Flagged(Unclear.NO_MATCH)
    if abs(whole.best_s) > rules.reach_s - 1.0:
        return Flagged(Unclear.OUT_OF_REACH)
    if whole.sigma_s > rules.most_sigma_s or whole.doubt(rules.far_s) > rules.most_doubt:
        return Flagged(Unclear.UNDECIDED)
    for part in _parts(told):
        half = _Belief.of(part, lags)
        if half is not None and half.density(whole.best_s) < 0.01 * half.density(half.best_s):
            return Flagged(Unclear.PARTS_DISAGREE)
    return Estimated(whole.best_s, whole.sigma_s, whole.match)


def nothing_changes(spans: Sequence[tuple[float, float]], log: Tracklog, rules: OffsetRules = OffsetRules()) -> bool:
    """Whether the receiver tells no change in spans of footage (seconds) long enough: then no picture can tell more."""
    if sum(end - start for start, end in spans) < LEAST_S:
        return False
    for turning, least in ((True, rules.least_turn_dps), (False, rules.least_pace)):
        pairs = [paired(np.array(span), np.zeros(2), log, np.zeros(1), turning=turning) for span in spans]
        if _changes(pairs) >= least:
            return False
    return True


def _changes(pairs: Sequence[Pair]) -> float:
    """How much what was told changes, in its own unit (standard deviation at no offset)."""
    told = np.concatenate([pair.told[:, pair.told.shape[1] // 2] for pair in pairs])
    told = told[np.isfinite(told)]
    return float(np.std(told)) if len(told) > 2 else 0.0


def _parts(told: Sequence[Sequence[Pair]]) -> list[list[list[Pair]]]:
    """Halves in time, and the signals apart: each must agree with the whole."""
    first = [[Pair(p.seen[: len(p.seen) // 2], p.told[: len(p.seen) // 2]) for p in pairs] for pairs in told]
    second = [[Pair(p.seen[len(p.seen) // 2 :], p.told[len(p.seen) // 2 :]) for p in pairs] for pairs in told]
    apart = [[list(pairs)] for pairs in told] if len(told) > 1 else []
    return [first, second, *apart]


@dataclass(frozen=True, slots=True, eq=False)
class _Belief:
    """How likely each offset is: log [L] up to a constant. match: correlation of the best signal at the best offset."""

    lags: Array
    log: Array
    best_s: float
    sigma_s: float
    match: float

    @classmethod
    def of(cls, told: Sequence[Sequence[Pair]], lags: Array) -> _Belief | None:
        """None where too little of the footage is covered by fixes at every offset."""
        log, match = np.zeros(len(lags)), np.zeros(len(lags))
        for pairs in told:
            first = _matched(pairs)
            if first is None:
                return None
            one = _matched([pair.whitened(first.lasting) for pair in pairs]) or first
            log += one.log
            match = np.maximum(match, first.match)
        best = int(np.argmax(log))
        peak_s = float(lags[best])
        share = np.exp(log - log.max())
        near = np.abs(lags - peak_s) <= 1.0
        centre, spread = peak_s, float(np.sqrt((share[near] * (lags[near] - peak_s) ** 2).sum() / share[near].sum()))
        if 0 < best < len(lags) - 1:
            left, top, right = log[best - 1 : best + 2]
            bend = left - 2.0 * top + right
            if bend < 0.0:
                centre += float(STEP_S * 0.5 * (left - right) / bend)
                spread = max(spread, STEP_S / math.sqrt(-bend)) if spread > STEP_S else STEP_S / math.sqrt(-bend)
        return cls(lags, log, centre, math.hypot(spread, FLOOR_SIGMA_S), float(match[best]))

    def density(self, offset_s: float) -> float:
        return float(np.exp(np.interp(offset_s, self.lags, self.log) - self.log.max()))

    def doubt(self, far_s: float) -> float:
        """The chance that the offset is farther than that from the best."""
        share = np.exp(self.log - self.log.max())
        return float(share[np.abs(self.lags - self.best_s) > far_s].sum() / share.sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Match:
    """log [L]: likelihood of every offset; match [L]: correlation there, 0 where negative; lasting: share of what does
    not fit that is still there LASTING steps later."""

    log: Array
    match: Array
    lasting: float


def _matched(pairs: Sequence[Pair]) -> _Match | None:
    """How well a signal fits at every offset; None where fixes cover too little of it."""
    seen = np.concatenate([pair.seen for pair in pairs])[:, None]
    told = np.concatenate([pair.told for pair in pairs])
    known = np.isfinite(told)
    count = known.sum(axis=0)
    if count.max(initial=0) * STEP_S < LEAST_S / 2.0:
        return None
    off_t, off_s = _centred(np.where(known, told, 0.0), known), _centred(np.where(known, seen, 0.0), known)
    power = np.sqrt((off_t**2).sum(axis=0) * (off_s**2).sum(axis=0))
    match = np.maximum((off_t * off_s).sum(axis=0) / np.maximum(power, 1e-12), 0.0)
    match = np.where(count >= 0.8 * count.max(), match, 0.0)
    best = int(np.argmax(match))
    slope = float((off_t[:, best] * off_s[:, best]).sum() / max(1e-12, float((off_t[:, best] ** 2).sum())))
    rest = (off_s[:, best] - slope * off_t[:, best])[known[:, best]]
    samples = count[best] / _together(rest)
    lasting = float((rest[LASTING:] * rest[:-LASTING]).sum() / max(1e-12, float((rest**2).sum())))
    return _Match(-0.5 * samples * np.log(np.maximum(1.0 - match**2, 1e-6)), match, min(max(lasting, 0.0), 0.95))


def _centred(values: Array, known: NDArray[np.bool_]) -> Array:
    """Columns less their means over what is known, 0 elsewhere."""
    mean = values.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known, values - mean, 0.0)


def _together(rest: Array) -> float:
    """How many grid steps of a residual hang together: the sum of its autocorrelation up to where it first vanishes."""
    rest = rest - rest.mean()
    power = float((rest**2).sum())
    if power <= 0.0:
        return 1.0
    total = 1.0
    for lag in range(1, len(rest) // 2):
        alike = float((rest[lag:] * rest[:-lag]).sum()) / power
        if alike <= 0.0:
            break
        total += 2.0 * alike
    return max(total, 2.0 * math.sqrt(math.pi) * SMOOTH_S / STEP_S)
