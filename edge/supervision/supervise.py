"""When a worker is started, ended and given a rest: the supervisor's decisions, without a clock or a process.

A worker that ends on its own with its work done is left alone. One that dies, or shows no progress, is started again:
at once, as long as that happens no more than `restarts` times in `within_s`; after that each start follows a longer
rest, and the supervisor never gives up. A worker that stays alive for `within_s` has earned a full budget again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, assert_never

DONE_CODES: Final = frozenset({0, 3})
"""All was inspected and sent; or all was, and the server refused something for good."""
BAD_INPUT: Final = 2
AT_ONCE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Budget:
    """start_s: until the first sign of life; hung_s: between two of them; grace_s: between SIGTERM and SIGKILL.

    rests_s: the pauses once the budget is spent, one after the other; the last one repeats.
    """

    hung_s: float = 120.0
    start_s: float = 600.0
    grace_s: float = 20.0
    restarts: int = 5
    within_s: float = 600.0
    rests_s: Sequence[float] = (60.0, 120.0, 300.0, 600.0)


class Phase(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    ENDING = "ending"
    RESTING = "resting"
    DONE = "done"


class Order(StrEnum):
    """What the shell is to do now."""

    NOTHING = "nothing"
    START = "start"
    TERMINATE = "terminate"
    KILL = "kill"


@dataclass(frozen=True, slots=True)
class Beat:
    """The worker showed progress."""


@dataclass(frozen=True, slots=True)
class Exited:
    """The worker is gone; a negative code is the signal that ended it."""

    code: int


@dataclass(frozen=True, slots=True)
class StopAsked:
    """Somebody wants the supervisor to end."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Nothing happened but time."""


Event = Beat | Exited | StopAsked | Tick


@dataclass(frozen=True, slots=True)
class Ward:
    """What is known of the worker. phase_s: since when; heard_s: its last sign of life; started_s: its last start.

    restarts_s: when it was started again, within the budget's time; rests: long pauses in a row; ever_well: has any
    worker of this supervisor lived; why: the last thing that went wrong; code: how it ended, in DONE; until_s: the end
    of a rest.
    """

    phase: Phase
    phase_s: float
    started_s: float
    heard_s: float
    restarts_s: tuple[float, ...] = ()
    rests: int = 0
    total: int = 0
    ever_well: bool = False
    stopping: bool = False
    why: str = ""
    code: int = 0
    until_s: float = 0.0


def begin(now_s: float) -> tuple[Ward, Order]:
    """The first start."""
    return Ward(Phase.STARTING, now_s, now_s, now_s), Order.START


def step(ward: Ward, event: Event, now_s: float, budget: Budget) -> tuple[Ward, Order]:
    """What an event at a monotonic time means."""
    match event:
        case Beat():
            return _heard(ward, now_s), Order.NOTHING
        case Exited():
            return _exited(ward, event.code, now_s, budget), Order.NOTHING
        case StopAsked():
            return _stop(ward, now_s)
        case Tick():
            return _tick(ward, now_s, budget)
        case other:
            assert_never(other)


def _heard(ward: Ward, now_s: float) -> Ward:
    if ward.phase is Phase.STARTING:
        return replace(ward, phase=Phase.RUNNING, phase_s=now_s, heard_s=now_s, ever_well=True)
    return replace(ward, heard_s=now_s) if ward.phase is Phase.RUNNING else ward


def _exited(ward: Ward, code: int, now_s: float, budget: Budget) -> Ward:
    if ward.phase in (Phase.RESTING, Phase.DONE):
        return ward
    if ward.stopping or code in DONE_CODES or (code == BAD_INPUT and not ward.ever_well):
        return replace(ward, phase=Phase.DONE, phase_s=now_s, code=code)
    why = ward.why if ward.phase is Phase.ENDING else said_of(code)
    ward = replace(ward, why=why)
    if now_s - ward.started_s >= budget.within_s:
        ward = replace(ward, rests=0, restarts_s=())
    spent = len(_recent(ward, now_s, budget)) >= budget.restarts
    if spent or ward.rests:
        rest_s = budget.rests_s[min(ward.rests, len(budget.rests_s) - 1)]
        ward = replace(ward, rests=ward.rests + 1)
    else:
        rest_s = AT_ONCE_S
    return replace(ward, phase=Phase.RESTING, phase_s=now_s, until_s=now_s + rest_s)


def _stop(ward: Ward, now_s: float) -> tuple[Ward, Order]:
    ward = replace(ward, stopping=True)
    if ward.phase is Phase.RESTING:
        return replace(ward, phase=Phase.DONE, phase_s=now_s), Order.NOTHING
    if ward.phase in (Phase.STARTING, Phase.RUNNING):
        return replace(ward, phase=Phase.ENDING, phase_s=now_s), Order.TERMINATE
    return ward, Order.NOTHING


def _tick(ward: Ward, now_s: float, budget: Budget) -> tuple[Ward, Order]:
    silent_s = now_s - ward.heard_s
    match ward.phase:
        case Phase.RESTING if now_s >= ward.until_s:
            recent = (*_recent(ward, now_s, budget), now_s)
            started = replace(
                ward, phase=Phase.STARTING, phase_s=now_s, started_s=now_s, heard_s=now_s, restarts_s=recent,
                total=ward.total + 1,
            )  # fmt: skip
            return started, Order.START
        case Phase.STARTING if silent_s >= budget.start_s:
            why = f"no sign of life within {budget.start_s:.0f} s of its start"
            return replace(ward, phase=Phase.ENDING, phase_s=now_s, why=why), Order.TERMINATE
        case Phase.RUNNING if silent_s >= budget.hung_s:
            why = f"no progress for {budget.hung_s:.0f} s"
            return replace(ward, phase=Phase.ENDING, phase_s=now_s, why=why), Order.TERMINATE
        case Phase.ENDING if now_s - ward.phase_s >= budget.grace_s:
            return replace(ward, phase_s=now_s), Order.KILL
        case _:
            return ward, Order.NOTHING


def _recent(ward: Ward, now_s: float, budget: Budget) -> tuple[float, ...]:
    return tuple(at for at in ward.restarts_s if now_s - at < budget.within_s)


def said_of(code: int) -> str:
    """An exit code in words."""
    return f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
