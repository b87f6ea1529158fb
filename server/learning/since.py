"""Which observations were seen since a moment, without looking at all that were seen before it.

An id tells a time: what it names was seen then, or before. So whatever was seen since a moment has an id from then on;
where a sender's ids tell less than that, an index of just these says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, TextClause, select, text
from sqlalchemy.orm import Session

from server.records.locks import many_writers
from server.records.tables import EARLY_POSTGRES, EARLY_SQLITE, ObservationRow

MS_NS: Final = 1_000_000
LOW: Final = 1 << 16

Part: TypeAlias = tuple[ColumnElement[bool] | TextClause, ...]
"""Conditions that some observations meet."""


def seen_since(session: Session, since_ns: int, after_id: str = "") -> list[Part]:
    """The observations seen at `since_ns` or later whose ids follow `after_id`, in one part or in two: then the ids of
    the first are before all of the second."""
    first = _first_id(since_ns)
    seen = ObservationRow.utc_ns >= since_ns
    told: Part = (ObservationRow.id > max(after_id, first), seen)
    if after_id >= first:
        return [told]
    return [(_is_early(session), ObservationRow.id > after_id, ObservationRow.id < first, seen), told]


def in_pieces(session: Session, since_ns: int, size: int) -> Iterator[Part]:
    """All observations seen at `since_ns` or later in pieces of `size` at most."""
    after_id: str | None = ""
    while after_id is not None:
        part, *more = seen_since(session, since_ns, after_id)
        ids = select(ObservationRow.id).where(*part).order_by(ObservationRow.id)
        last = session.scalar(ids.offset(size - 1).limit(1))
        yield part if last is None else (*part, ObservationRow.id <= last)
        after_id = last or (_first_id(since_ns) if more else None)


def _first_id(utc_ns: int) -> str:
    """What sorts before every UUIDv7 of this time or a later one, and after every one of an earlier millisecond."""
    high, low = divmod(utc_ns // MS_NS, LOW)
    return f"{high:08x}-{low:04x}"


def _is_early(session: Session) -> TextClause:
    words = EARLY_POSTGRES if many_writers(session) else EARLY_SQLITE
    return text(words.format(id="observation.id", utc_ns="observation.utc_ns"))
