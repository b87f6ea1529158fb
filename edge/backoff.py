"""How long to wait before what failed is tried again."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Exponential with full jitter, so that a fleet that lost the same server does not come back at one moment.

    Half of the time since something last passed bounds a wait too: a link that loses every other exchange is not a
    server that is gone, and would otherwise spend its hours waiting.
    """

    rng: random.Random
    base_s: float = 1.0
    cap_s: float = 300.0
    failures: int = 0
    passed_s: float = float("-inf")

    def next_s(self, now_s: float = math.inf) -> float:
        """Seconds until the next attempt: uniform in [base/2, min(cap, base·2ⁿ, quiet/2)] after n failures in a row.

        now_s: left out where nobody says when something passed; then quiet is without end.
        """
        self.failures += 1
        quiet_s = max(self.base_s, (now_s - self.passed_s) / 2.0)
        ceiling = min(self.cap_s, self.base_s * 2.0 ** min(self.failures, 30), quiet_s)
        return self.rng.uniform(self.base_s / 2.0, ceiling)

    def passed(self, now_s: float) -> None:
        """An exchange went well."""
        self.reset()
        self.passed_s = now_s

    def reset(self) -> None:
        self.failures = 0
