"""A step that a person asks for: taken by the state table, or refused with words that say what stands in the way."""

from __future__ import annotations

from sqlalchemy.orm import Session

from server.access.people import SignedIn
from server.cases.casework import step_of, take_and_send
from server.cases.inputs import StepInput
from server.cases.journal import entering
from server.cases.lifecycle import Event, Finding, Refusal, Refused
from server.context import Context
from server.errors import ApiError, Conflict, Forbidden, Invalid
from server.records.tables import CaseRow


def step_or_raise(
    session: Session,
    context: Context,
    case: CaseRow,
    event: Event,
    person: SignedIn,
    reason: str | None = None,
    has_after_photo: bool = False,
    finding: Finding | None = None,
) -> None:
    """Take a step; a case that comes to be filed by it is dispatched at once where it can be."""
    entry = StepInput(case.id, event, person.role, person.id, reason, has_after_photo, finding)
    with entering(session, context, entry) as context:
        done = take_and_send(session, context, case, step_of(entry, context.now_ns()))
        if isinstance(done, Refused):
            raise refusal_of(done.reason, case.state, event, person)


def refusal_of(reason: Refusal, state: str, event: Event, person: SignedIn) -> ApiError:
    """The answer that says why a step was not taken."""
    words = event.value.replace("_", " ")
    match reason:
        case Refusal.WRONG_STATE:
            return Conflict(reason, f"a case that is {state} does not take the step: {words}", "path.id")
        case Refusal.WRONG_ROLE:
            return Forbidden(reason, f"a {person.role.value} may not {words} a case that is {state}")
        case Refusal.NOBODY_ON_DUTY:
            return Conflict(reason, "the case has no grid, or the rota has nobody for it; the desk keeps it", "path.id")
        case Refusal.REASON_MISSING:
            return Invalid(reason, f"to {words} needs a reason", "body.reason")
        case Refusal.AFTER_PHOTO_MISSING:
            return Conflict(reason, "the after-photo is missing", "path.id")
        case Refusal.HANDLER_IS_HERE:
            return Conflict(reason, "only the work order of somebody who has left is handed over", "path.id")
        case Refusal.NOT_THE_HANDLER:
            return Forbidden(reason, "this work order is somebody else's")
        case Refusal.IS_THE_HANDLER:
            return Forbidden(reason, "who handled a case does not verify it; another reviewer has to")
