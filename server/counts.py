"""Counts of all records, which in a large town take long.

Whoever asks has it counted. Where the last count took long they are told what that came to, without waiting, while it
is counted anew for those who ask later. What took long is also kept beside the records, for who asks after a restart.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete

from server.errors import Unavailable
from server.log import log_of
from server.records.store import Store
from server.records.tables import Setting

PATIENCE_S: Final = 10.0
OTHERS_S: Final = 1.0
"""So long whoever has it counted waits, and anybody who asks meanwhile: each keeps a thread waiting."""
CHEAP_S: Final = 0.1
LONG_S: Final = 2.0
"""A count takes long where it takes more than so much of a core, or so long by the clock."""
RESTS: Final = 20
"""What takes long is begun anew when twenty times as long has passed: so it takes at most a twentieth of a core,
however many ask."""
KEPT: Final = 8
"""So many counts are remembered, those that were asked for last."""

T = TypeVar("T")

_log = log_of(__name__)


@dataclass(frozen=True, slots=True)
class Counted(Generic[T]):
    """What a count came to, of the records as they were at `at_ns`; began_s, took_s: by a clock that nobody sets;
    cpu_s: of it in this process."""

    value: T
    at_ns: int
    began_s: float
    took_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class KeptCount(Generic[T]):
    """A row among the settings. name: of the kind of count; of: of what it is, where that changes; kind: of its value.

    Of each kind one is kept; what an earlier program kept in another form is as if it were not there.
    """

    store: Store
    name: str
    of: str
    kind: TypeAdapter[T]

    @property
    def _key(self) -> str:
        return f"count:{self.name}"

    def recall(self) -> Counted[T] | None:
        """What was kept last, of the same."""
        with self.store.read() as session:
            row = session.get(Setting, self._key)
        if row is None or row.value.get("of") != self.of:
            return None
        try:
            value = self.kind.validate_python(row.value["value"])
        except ValidationError:
            return None
        return Counted(value, row.value["at_ns"], -math.inf, row.value["took_s"], row.value["cpu_s"])

    def keep(self, counted: Counted[T]) -> None:
        """In the place of the one before."""
        value: dict[str, Any] = {
            "of": self.of,
            "value": self.kind.dump_python(counted.value, mode="json"),
            "at_ns": counted.at_ns,
            "took_s": counted.took_s,
            "cpu_s": counted.cpu_s,
        }
        with self.store.write() as session:
            session.merge(Setting(key=self._key, value=value))

    def forget(self) -> None:
        """Keep none any more."""
        with self.store.write() as session:
            session.execute(delete(Setting).where(Setting.key == self._key))


@dataclass(slots=True, eq=False)
class _Run:
    """A count on its way; error: what it ended with, if not with a result."""

    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None


class Counts:
    """Counts by what they are of; of each there is one on its way at most."""

    def __init__(
        self,
        patience_s: float = PATIENCE_S,
        clock_s: Callable[[], float] = time.monotonic,
        cheap_s: float = CHEAP_S,
        long_s: float = LONG_S,
    ) -> None:
        self._patience_s = patience_s
        self._clock_s = clock_s
        self._cheap_s = cheap_s
        self._long_s = min(long_s, patience_s)
        self._lock = threading.Lock()
        self._last: dict[Hashable, Counted[Any]] = {}
        self._runs: dict[Hashable, _Run] = {}

    def ask(self, what: Hashable, count: Callable[[], T], now_ns: int, kept: KeptCount[T] | None = None) -> Counted[T]:
        """The count as it is now or, where that takes long, as it was last, and as it was `kept` where this process has
        not counted yet. Raises Unavailable where there was none yet, and what the count itself raises."""
        if kept is not None:
            self._recall(what, kept)
        begin = partial(self._run, what, count, now_ns, kept)
        run, mine = begin()
        if run is not None and not self._takes_long(what):
            self._wait(run, mine, begin)
        with self._lock:
            last = self._last.get(what)
        if last is None:
            words = "this is being counted for the first time; ask again in a minute"
            raise Unavailable("being_counted", words, retry_after_s=60)
        return last

    def _recall(self, what: Hashable, kept: KeptCount[T]) -> None:
        """Have what was kept told as the last count, where this process has not counted it itself."""
        with self._lock:
            counted = what in self._last or what in self._runs
        if not counted and (last := kept.recall()) is not None:
            with self._lock:
                self._last.setdefault(what, last)

    def _wait(self, run: _Run | None, mine: bool, begin: Callable[[], tuple[_Run | None, bool]]) -> None:
        """Wait for a count that was begun now; for one that was on its way and may have missed what came since, and
        then for another."""
        until_s = self._clock_s() + (self._patience_s if mine else min(self._patience_s, OTHERS_S))
        while run is not None and run.done.wait(max(until_s - self._clock_s(), 0.0)):
            if mine and run.error is not None:
                raise run.error
            if mine:
                return
            run, mine = begin()

    def _run(
        self, what: Hashable, count: Callable[[], T], now_ns: int, kept: KeptCount[T] | None
    ) -> tuple[_Run | None, bool]:
        """The count on its way, and whether it was begun now; None where the last one is good for some time yet."""
        with self._lock:
            if (run := self._runs.get(what)) is not None:
                return run, False
            if (last := self._last.get(what)) is not None and self._rests(last):
                return None, False
            run = self._runs[what] = _Run()
        # A daemon, since nobody waits for it when the process ends.
        counting = partial(self._count, what, count, now_ns, kept, run)
        threading.Thread(target=counting, name="count", daemon=True).start()
        return run, True

    def _takes_long(self, what: Hashable) -> bool:
        with self._lock:
            last = self._last.get(what)
        return last is not None and self._is_long(last)

    def _is_long(self, last: Counted[Any]) -> bool:
        return last.cpu_s > self._cheap_s or last.took_s > self._long_s

    def _rests(self, last: Counted[Any]) -> bool:
        return self._is_long(last) and self._clock_s() < last.began_s + (1 + RESTS) * last.took_s

    def _count(self, what: Hashable, count: Callable[[], T], now_ns: int, kept: KeptCount[T] | None, run: _Run) -> None:
        began_s, found, before = self._clock_s(), None, None
        try:
            found = Counted(count(), now_ns, began_s, self._clock_s() - began_s, time.thread_time())
        except Exception as error:  # noqa: BLE001 - whoever asked is told of it
            run.error = error
        with self._lock:
            del self._runs[what]
            if found is not None:
                before = self._last.pop(what, None)
                self._last[what] = found
                for oldest in list(self._last)[:-KEPT]:
                    del self._last[oldest]
        run.done.set()
        if found is None or kept is None:
            return
        try:
            if self._is_long(found):
                kept.keep(found)
            elif before is not None and self._is_long(before):
                kept.forget()
        except Exception:  # noqa: BLE001 - it was counted and is told; after a restart it is counted anew
            _log.exception("a count was not kept")
