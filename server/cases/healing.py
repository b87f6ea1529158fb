"""Two cases that later passes show to be one problem become one: one of them goes on, the other closes as merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from server.association.merge import Merge
from server.association.state import from_state
from server.cases.advertisers import keep_numbers
from server.cases.caseload import confirm_if_it_stayed, place_case, system_step
from server.cases.casework import SYSTEM, Step
from server.cases.lifecycle import Event, State
from server.context import Context
from server.records.tables import CaseRow

PROGRESS: Final = {
    State.WATCHING: 0,
    State.FILED: 1,
    State.SUSPENDED: 2,
    State.DISPATCHED: 3,
    State.HANDLING: 4,
    State.FED_BACK: 5,
}
MERGEABLE: Final = frozenset({State.WATCHING, State.FILED, State.DISPATCHED})


def heal_cases(
    session: Session, context: Context, cases: Mapping[str, CaseRow], merges: Iterable[Merge], now_ns: int
) -> None:
    """Merge pairs that the engine found to be one. The one further on its way stays, else the one the engine keeps.

    A job that a crew has accepted is never taken away: where both are that far, both go on and people decide.
    """
    for merge in merges:
        kept, gone = cases[merge.kept], cases[merge.gone]
        if kept.closed_ns is not None or gone.closed_ns is not None:
            continue
        folded = from_state(kept.memory)
        if PROGRESS[State(gone.state)] > PROGRESS[State(kept.state)]:
            kept, gone = gone, kept
        if gone.state not in MERGEABLE:
            continue
        gone.merged_into = kept.id
        reason = f"the same problem as case {kept.number}"
        system_step(session, context, gone, Step(Event.MERGE, SYSTEM, now_ns, reason))
        place_case(kept, replace(folded, case_id=kept.id))
        kept.first_seen_ns = min(kept.first_seen_ns, gone.first_seen_ns)
        kept.last_seen_ns = max(kept.last_seen_ns, gone.last_seen_ns)
        confirm_if_it_stayed(session, context, kept, now_ns)
        keep_numbers(session, context, [kept.id])
