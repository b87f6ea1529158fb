"""The fold of one traverse: screened, associated, and written with all that follows from it.

Conservation: every observation received is attached, opened (and so attached to the case it opened), suppressed or
rejected; nothing else can happen to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from pipeline.phones import PHONES
from pipeline.traverse import Traverse
from server.association.method import MATCHERS
from server.association.outcome import Association, Attach, Open, Reject, Suppress
from server.association.priors import default_priors
from server.cases.advertisers import keep_numbers
from server.cases.candidates import Candidates
from server.cases.caseload import Caseload
from server.cases.casework import locked_case
from server.cases.family import root_of
from server.cases.healing import heal_cases
from server.cases.lines import CaseLine
from server.cases.outcomes import Outcome
from server.cases.unit import Unit
from server.cases.voices import MACHINE, Voice
from server.context import Context
from server.intake.keeping import Body, keep_observations, keep_traverse, note_heard
from server.intake.receipts import ObservationLink
from server.intake.screening import Screened
from server.records.outbox import tell


def fold_traverse(
    session: Session, context: Context, device_id: str, traverse: Traverse, body: Body, voice: Voice = MACHINE
) -> tuple[ObservationLink, ...]:
    """Write a traverse that is new, and all that follows from it; what became of each observation, in its order.
    voice: how its source is believed."""
    screened = Screened.of(context, traverse)
    unit = Unit(session, [screened.box], screened.first_ns)
    links = link_traverse(unit, context, device_id, screened, body, voice)
    note_heard(unit.rows, [device_id], context.now_ns())
    unit.close()
    session.flush()
    return links


def link_traverse(
    unit: Unit, context: Context, device_id: str, screened: Screened, body: Body, voice: Voice = MACHINE
) -> tuple[ObservationLink, ...]:
    """The same for one of the traverses of a unit of work, with which all of it is written."""
    traverse, now_ns = screened.traverse, context.now_ns()
    near = unit.near(screened.box, screened.first_ns)
    priors, memory = default_priors(), context.recall(unit.session).memory
    known = near.as_known(screened.first_ns, dismissed=voice.silenced)
    found = MATCHERS[context.city.method](screened.fit, known, priors, memory, near.parted)
    caseload = Caseload(unit, context, near, voice)
    links = _link(screened, found, near, caseload)
    caseload.keep_beliefs(found.updated)
    keep_traverse(unit.rows, device_id, traverse, body, found.shift, now_ns)
    keep_observations(unit.rows, traverse, links)
    unit.learn(memory, found.memory)
    if numbered := _numbered(traverse, links):
        unit.settle()
        roots = {root_of(unit.session, locked_case(unit.session, case_id)).id for case_id in numbered}
        keep_numbers(unit.session, context, roots)
    caseload.end_lapsed(priors.retire_gone)
    if found.merges:
        unit.settle()
        touched = {case_id for merge in found.merges for case_id in (merge.kept, merge.gone)}
        rows = {case_id: locked_case(unit.session, case_id) for case_id in sorted(touched)}
        heal_cases(unit.session, context, rows, found.merges, now_ns)
    tell(unit.session, "traverse", str(traverse.id), now_ns)
    return links


def _link(screened: Screened, found: Association, near: Candidates, caseload: Caseload) -> tuple[ObservationLink, ...]:
    """Do with the cases what the engine says of each observation."""
    told = iter([link.outcome for link in found.links])
    caseload.expect([link.outcome.case_id for link in found.links if isinstance(link.outcome, Attach)])
    opened: dict[int, CaseLine] = {}
    links = []
    for seen, reason in zip(screened.traverse.observations, screened.reasons, strict=True):
        case, outcome, why = None, Outcome.REJECTED, None if reason is None else reason.value
        match next(told) if reason is None else None:
            case Attach(case_id):
                case, outcome = near.cases[case_id], Outcome.ATTACHED
                caseload.see_again(case, seen)
            case Suppress(case_id):
                case, outcome = near.cases[case_id], Outcome.SUPPRESSED
            case Open(index) if index in opened:
                case, outcome = opened[index], Outcome.ATTACHED
                caseload.see_again(case, seen)
            case Open(index, recurs_of):
                case, outcome = caseload.open(seen, found.opened[index], recurs_of), Outcome.OPENED
                opened[index] = case
            case Reject(engine_reason):
                why = engine_reason.value
            case None:
                pass
        links.append(ObservationLink(str(seen.id), outcome, None if case is None else case.id, why))
    return tuple(links)


def _numbered(traverse: Traverse, links: Sequence[ObservationLink]) -> set[str]:
    """The cases of which this traverse read a telephone number."""
    both = zip(traverse.observations, links, strict=True)
    return {link.case_id for seen, link in both if link.case_id is not None and PHONES in dict(seen.attributes)}
