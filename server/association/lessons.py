"""What two traverses taught at the same time, added up.

`Likeness` is running sums: what one traverse adds to them does not depend on what another adds, but for the mean that
the squares are taken from, which moves ever less. So the difference that a traverse made is put on top of the newest.
"""

from __future__ import annotations

from dataclasses import replace

from server.association.appearance import ASKED_KEPT, BIAS_MOST
from server.association.memory import Likeness, Memory


def added_up(before: Memory, after: Memory, newest: Memory) -> Memory:
    """The newest memory with what turned `before` into `after`; just `after` where nobody else taught since."""
    if newest == before:
        return after
    likeness = dict(newest.likeness)
    for name, row in after.likeness.items():
        if row != before.of(name):
            likeness[name] = _row(before.of(name), row, newest.of(name))
    return Memory(likeness)


def _row(before: Likeness, after: Likeness, newest: Likeness) -> Likeness:
    if newest == before:
        return after
    before, newest = (row.of_width(len(after.total)) for row in (before, newest))
    sums = ("count", "square", "within_n", "within", "across_n", "across", "strange_n", "strange", "asked", "bias")
    row = replace(
        newest,
        total=newest.total + after.total - before.total,
        **{name: getattr(newest, name) + getattr(after, name) - getattr(before, name) for name in sums},
    )
    return replace(
        row,
        asked=min(row.asked, ASKED_KEPT),
        bias=min(max(row.bias, -BIAS_MOST), BIAS_MOST),
    )
