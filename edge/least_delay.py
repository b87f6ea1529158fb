"""Two clocks of which one is only heard, late by a varying delay: a camera's, a satellite receiver's.

What is heard with the least delay tells how the clocks stand to one another; that is remembered for a while, so that a
sentence or a frame held up on its way still gets the moment at which it was made.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

SECOND_NS: Final = 1_000_000_000
MOST: Final = 4096


@dataclass(slots=True)
class LeastDelay:
    """Maps a heard clock (ns) to one's own (ns). Not for several threads.

    window_ns: how long the least delay is trusted, for the clocks drift. A value that comes earlier than it can by
    early_ns, or later by late_ns, is a stray; after `strays` of them in a row that agree, the heard clock is believed
    to have been set anew.
    """

    window_ns: int = 30 * SECOND_NS
    early_ns: int = SECOND_NS
    late_ns: int = SECOND_NS
    strays: int = 3
    jumps: int = 0
    _least: deque[tuple[int, int]] = field(default_factory=deque)
    _stray: list[tuple[int, int]] = field(default_factory=list)

    @property
    def offset_ns(self) -> int | None:
        """Own minus heard; None before anything was heard."""
        return self._least[0][1] if self._least else None

    def moment(self, told_ns: int, heard_ns: int) -> int | None:
        """When, on the own clock, the heard one showed told_ns; never after heard_ns. None for a stray."""
        delay_ns = heard_ns - told_ns
        known = self.offset_ns
        if known is not None and not -self.early_ns <= delay_ns - known <= self.late_ns:
            self._stray.append((heard_ns, delay_ns))
            if len(self._stray) < self.strays or not self._agreed():
                self._stray = self._stray[-self.strays :]
                return None
            self._least.clear()
            self.jumps += 1
        self._stray.clear()
        self._keep(heard_ns, delay_ns)
        return told_ns + self._least[0][1]

    def _agreed(self) -> bool:
        """Whether the last strays tell the same new time."""
        delays = [delay for _, delay in self._stray]
        return max(delays) - min(delays) <= self.early_ns

    def _keep(self, heard_ns: int, delay_ns: int) -> None:
        """The window's least delay stands first: the rest are in rising order of delay."""
        while self._least and self._least[-1][1] >= delay_ns:
            self._least.pop()
        self._least.append((heard_ns, delay_ns))
        while self._least[0][0] < heard_ns - self.window_ns or len(self._least) > MOST:
            self._least.popleft()
