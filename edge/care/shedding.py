"""Sheds work while the computer is too warm: sets how densely frames are looked at, and waits while it is critical."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from edge.care.thermal import PACES, Band, Limits, next_band, warmest
from edge.care.vitals import Vitals
from edge.config import ThermalTable
from pipeline.sampling import Sampler

READ_S: Final = 5.0


class Shedding:
    """Asked between two frames. `limits` may be replaced while it runs."""

    def __init__(
        self, asked: ThermalTable, vitals: Vitals, say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.limits = limits_of(asked)
        self._sensors = asked.sensors
        self._vitals, self._say, self._clock = vitals, say, clock
        self._band, self._read_s = Band.NORMAL, float("-inf")

    def band(self) -> Band:
        """The band now; the sensors are read every few seconds."""
        now_s = self._clock()
        if now_s - self._read_s >= READ_S:
            self._read_s = now_s
            celsius = warmest(self._sensors)
            band = next_band(self._band, celsius, self.limits)
            if band is not self._band:
                at = "no sensor can be read" if celsius is None else f"{celsius:.0f} °C"
                then = "" if band is Band.NORMAL else "; fewer frames are looked at"
                self._say(f"temperature: {at}, {band}{then}")
            self._band = band
            self._vitals.warmth(band.value, celsius)
        return self._band

    def apply(self, sampler: Sampler) -> None:
        """Look as densely as the band allows."""
        sampler.pace = PACES[self.band()]

    def wait(self, stop: threading.Event, turn: Callable[[], None]) -> None:
        """For recorded footage, which does not run away: stay here while the band is critical, so that no frame is
        lost to heat. turn: called every few seconds."""
        while self.band() is Band.CRITICAL and not stop.is_set():
            turn()
            stop.wait(READ_S / 5)


def limits_of(asked: ThermalTable) -> Limits:
    return Limits(asked.warm_c, asked.hot_c, asked.critical_c, asked.hysteresis_c)
