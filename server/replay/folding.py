"""The fold: one input taken in by the very functions that took it in when it came."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from sqlalchemy.orm import Session

from pipeline.wire import TraverseWire, from_wire
from server.cases.casework import step_of, take_and_send
from server.cases.inputs import (
    EmptiedInput,
    Input,
    LapseInput,
    MergeInput,
    ReportInput,
    SplitInput,
    StepInput,
    TraverseInput,
    UndoInput,
)
from server.cases.joining import merge
from server.cases.lifecycle import Refused
from server.cases.mending import undo
from server.cases.mends import Hindered
from server.cases.splitting import split
from server.context import Context
from server.intake.keeping import Body
from server.intake.linking import fold_traverse
from server.intake.reports import fold_report
from server.intake.sensors import fold_emptied
from server.records.tables import CaseRow
from server.upkeep.sweeps import fold_lapse


class Unfoldable(Exception):
    """An input that was taken in once and now cannot be: the records disagree with the journal, or the program does."""


def fold(session: Session, context: Context, entry: Input, body_of: Callable[[str], bytes]) -> None:
    """Take in one input. body_of: a traverse's or a report's body as received. Raises Unfoldable."""
    match entry:
        case TraverseInput():
            body = body_of(entry.traverse_id)
            traverse = from_wire(TraverseWire.model_validate_json(body))
            fold_traverse(session, context, entry.device_id, traverse, Body.of(body))
        case ReportInput():
            fold_report(session, context, entry, Body.of(body_of(entry.traverse_id)))
        case EmptiedInput():
            fold_emptied(session, context, entry)
        case StepInput():
            _done(take_and_send(session, context, _case(session, entry.case_id), step_of(entry, context.now_ns())))
        case LapseInput():
            fold_lapse(session, context, entry.case_ids)
        case MergeInput():
            _done(merge(session, context, entry))
        case SplitInput():
            _done(split(session, context, entry))
        case UndoInput():
            _done(undo(session, context, entry))
        case _:
            assert_never(entry)


def _done(outcome: object) -> None:
    if isinstance(outcome, Hindered):
        raise Unfoldable(f"it is now hindered: {outcome.words}")
    if isinstance(outcome, Refused):
        raise Unfoldable(f"it is now refused: {outcome.reason.value}")


def _case(session: Session, case_id: str) -> CaseRow:
    found = session.get(CaseRow, case_id)
    if found is None:
        raise Unfoldable(f"there is no case {case_id}")
    return found
