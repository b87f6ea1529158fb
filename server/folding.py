"""The fold: one input taken in by the very functions that took it in when it came."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from sqlalchemy.orm import Session

from pipeline.wire import TraverseWire, from_wire
from server.cases import Refused
from server.casework import step_of, take_and_send
from server.context import Context
from server.inputs import Input, LapseInput, StepInput, TraverseInput
from server.intake import fold_traverse
from server.sweeps import fold_lapse
from server.tables import CaseRow


class Unfoldable(Exception):
    """An input that was taken in once and now cannot be: the records disagree with the journal, or the program does."""


def fold(session: Session, context: Context, entry: Input, body_of: Callable[[str], bytes]) -> None:
    """Take in one input. body_of: a traverse's body as received. Raises Unfoldable."""
    match entry:
        case TraverseInput():
            body = body_of(entry.traverse_id)
            traverse = from_wire(TraverseWire.model_validate_json(body))
            fold_traverse(session, context, entry.device_id, traverse, body)
        case StepInput():
            done = take_and_send(session, context, _case(session, entry.case_id), step_of(entry, context.now_ns()))
            if isinstance(done, Refused):
                raise Unfoldable(f"the step {entry.event.value} is now refused: {done.reason.value}")
        case LapseInput():
            fold_lapse(session, context, entry.case_ids)
        case _:
            assert_never(entry)


def _case(session: Session, case_id: str) -> CaseRow:
    found = session.get(CaseRow, case_id)
    if found is None:
        raise Unfoldable(f"there is no case {case_id}")
    return found
