"""Which sightings may have to do with which cases: the few of all N × M that are of one category and within reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from server.association.plane import Floats


class Categorised(Protocol):
    """What is of a category: a sighting, a case."""

    @property
    def category(self) -> str: ...


def alike(these: Sequence[Categorised], those: Sequence[Categorised]) -> NDArray[np.bool_]:
    """[N, M] whether the two are of one category."""
    number: dict[str, int] = {}
    mine = [number.setdefault(one.category, len(number)) for one in these]
    its = [number.get(one.category, -1) for one in those]
    return np.asarray(np.array(mine, np.intp)[:, None] == np.array(its, np.intp))


def squares(place: Floats, others: Floats) -> Floats:
    """[N, M] squared distances between places [N, 2] and [M, 2]."""
    east, north = place[:, :1] - others[:, 0], place[:, 1:] - others[:, 1]
    return np.asarray(east * east + north * north)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """P of N × M pairs, row by row.

    rows, columns [P], and flat [P]: where in N × M; slot [N, M]: the index of a pair, −1 where the two are none;
    filled: the rows that have any, and starts: where theirs begin.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    flat: NDArray[np.intp]
    slot: NDArray[np.intp]
    filled: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, chosen: NDArray[np.bool_]) -> Self:
        """Those that a mask [N, M] chooses."""
        (flat,), slot = chosen.reshape(-1).nonzero(), np.full(chosen.shape, -1, np.intp)
        rows, columns = np.divmod(flat, max(chosen.shape[1], 1))
        slot.reshape(-1)[flat] = np.arange(len(flat))
        first = np.ones(len(rows), np.bool_)
        np.not_equal(rows[1:], rows[:-1], out=first[1:])
        return cls(rows, columns, flat, slot, rows[first], first.nonzero()[0])

    def only(self, kept: NDArray[np.bool_]) -> Self:
        """Those of the pairs that a mask [P] picks."""
        chosen = np.zeros(self.slot.shape, np.bool_)
        chosen.reshape(-1)[self.flat[kept]] = True
        return type(self).of(chosen)

    def summed(self, terms: Floats) -> Floats:
        """[..., N] the sums of terms [..., P] over the pairs of each row."""
        if len(self.starts) == len(self.slot):
            return np.asarray(np.add.reduceat(terms, self.starts, axis=-1))
        out = np.zeros((*terms.shape[:-1], len(self.slot)))
        if len(self.starts):
            out[..., self.filled] = np.add.reduceat(terms, self.starts, axis=-1)
        return out

    def table(self, terms: Floats, blank: float) -> Floats:
        """[N, M] the terms [P] where they belong, `blank` where the two are no pair."""
        out = np.full(self.slot.size, blank)
        out[self.flat] = terms
        return out.reshape(self.slot.shape)
