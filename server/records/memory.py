"""What the engine learned about looks, as the whole city shares it: read without waiting, kept one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydantic_core import from_json
from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from server.association.lessons import added_up
from server.association.memory import Memory
from server.records.damage import decoding
from server.records.locks import Lock, hold
from server.records.prepared import Prepared
from server.records.tables import Setting

MEMORY_KEY: Final = "association_memory"
LESSONS: Final = "lessons"
_KEPT: Final = Prepared(select(cast(Setting.value, Text)).where(Setting.key == MEMORY_KEY))


@dataclass(frozen=True, slots=True)
class Recalled:
    """The memory as it was after so many lessons. Where many write, an input may be folded with one that is not the
    newest; which one it was is part of the input."""

    memory: Memory
    lessons: int


def recall(session: Session) -> Recalled:
    """The newest memory."""
    kept = _KEPT.one(session)
    return Recalled(Memory(), 0) if kept is None else _read(kept[0])


def recalled_once(recall: Callable[[Session], Recalled]) -> Callable[[Session], Recalled]:
    """Recalls in one transaction what it recalled first."""
    found: list[Recalled] = []

    def recalled(session: Session) -> Recalled:
        if not found:
            found.append(recall(session))
        return found[0]

    return recalled


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one traverse taught: the memory that it was folded with, and that memory with what it showed."""

    before: Memory
    after: Memory


def keep_lessons(session: Session, lessons: Sequence[Lesson]) -> None:
    """Keep what traverses taught, one after the other. What others taught since `before` was read stays: `lessons`
    adds the two up."""
    if not lessons:
        return
    hold(session, [Lock.MEMORY])
    kept = session.get(Setting, MEMORY_KEY, populate_existing=True)
    memory, count = (Memory(), 0) if kept is None else (_of(kept).memory, _of(kept).lessons)
    for lesson in lessons:
        memory = added_up(lesson.before, lesson.after, memory)
    value = {**memory.to_state(), LESSONS: count + len(lessons)}
    if kept is None:
        session.add(Setting(key=MEMORY_KEY, value=value))
    else:
        kept.value = value
    session.flush()


def _of(kept: Setting) -> Recalled:
    return Recalled(Memory.from_state(kept.value), int(kept.value.get(LESSONS, 0)))


@lru_cache(maxsize=4)
def _read(text: str) -> Recalled:
    with decoding("what the engine learned"):
        state = from_json(text)
        return Recalled(Memory.from_state(state), int(state.get(LESSONS, 0)))
