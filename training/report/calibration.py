"""Whether a score of 0.8 is right eight times in ten: reliability in bins of equal count, and the expected error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from training.scoring import F64, Answers, Mask

BINS: Final = 15
WEAKEST: Final = 0.05
"""Detections below it are used by nothing, and there are so many that they would drown the others."""
OVERLAP: Final = 0.5


@dataclass(frozen=True, slots=True)
class Bin:
    """Detections next to one another by score: how many, their mean score, and the share of them that is true."""

    n: int
    mean_score: float
    share_true: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A label's reliability. error: the expected calibration error, NaN where nothing was found."""

    dataset: str
    truth: str
    label: str
    n: int
    error: float
    bins: tuple[Bin, ...]


def calibration(of: Answers, key: tuple[str, str], label: str) -> Calibration:
    """How a label's scores from WEAKEST on relate to being true at an overlap of 0.5."""
    kept = of.counted(OVERLAP) & (of.score >= WEAKEST)
    bins = reliability(of.score[kept], of.hits(OVERLAP)[kept])
    return Calibration(*key, label, int(kept.sum()), expected_error(bins), bins)


def reliability(score: F64, true: Mask, bins: int = BINS) -> tuple[Bin, ...]:
    """At most `bins` bins of as equal a count as can be, lowest scores first."""
    order = np.argsort(score, kind="stable")
    parts = (part for part in np.array_split(order, bins) if len(part))
    return tuple(Bin(len(part), float(score[part].mean()), float(true[part].mean())) for part in parts)


def expected_error(bins: tuple[Bin, ...]) -> float:
    """ECE over equal-mass bins: the mean of |mean score - share true|, each bin weighing as many as it holds.

    Naeini et al., AAAI 2015, with the adaptive bins of Nixon et al., CVPR workshops 2019. In 0..1; NaN without a bin.
    """
    total = sum(one.n for one in bins)
    return sum(one.n * abs(one.mean_score - one.share_true) for one in bins) / total if total else float("nan")
