"""The cases of one input: opened, looked at once more, and kept with what the engine now knows of them.

They are changed in memory, and written with the unit of work that the input belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from pipeline.observation import Observation
from server.association.state import OpenCase, to_state
from server.cases.candidates import Candidates
from server.cases.casework import SYSTEM, Step, file_and_dispatch, locked_case, take
from server.cases.family import parts_of, worth_of
from server.cases.filing import UNNUMBERED
from server.cases.lifecycle import Event, Refused, State, worth
from server.cases.lines import CaseLine, put_where
from server.cases.looks import count_look
from server.cases.reporters import citizens_alone
from server.cases.unit import Unit
from server.cases.voices import Voice
from server.context import Context
from server.records.outbox import tell
from server.records.tables import CaseRow
from server.setup.city import StayRule


class Caseload:
    """near: the cases around the input, as it found them; voice: how its source is believed."""

    def __init__(self, unit: Unit, context: Context, near: Candidates, voice: Voice) -> None:
        self._unit = unit
        self._context = context
        self._city = context.city
        self._near = near
        self._voice = voice
        self._now_ns = context.now_ns()
        self._opened: set[str] = set()
        self._looked: list[CaseLine] = []
        self._awaited: frozenset[str] = frozenset()

    def expect(self, case_ids: Iterable[str]) -> None:
        """Say which known cases will be seen again, before the first of them is."""
        roots = {self._near.root(case_id) for case_id in case_ids} if self._voice.dispatches else set()
        filed = [root.id for root in roots if root.state == State.FILED]
        if filed:
            self._unit.write()  # who told of them is asked of the tables
            self._awaited = citizens_alone(self._unit.session, filed)

    def open(self, seen: Observation, belief: OpenCase, recurs_of: str | None) -> CaseLine:
        """A new case for a first sighting: watched where it must stay to be a problem, else filed, and dispatched if
        the word of its source is enough for that. recurs_of: the closed case whose place this is."""
        city = self._city
        stay = city.stays.get(seen.category)
        filed = stay is None or self._voice.vouches or dwelt(seen, stay)
        case_id = str(self._context.new_id())
        case = CaseLine(
            id=case_id,
            number=UNNUMBERED,
            category=seen.category,
            state=State.FILED if filed else State.WATCHING,
            lat=belief.lat,
            lon=belief.lon,
            ee=0.0,
            en=0.0,
            nn=0.0,
            grid_id=city.home_of(belief.lat, belief.lon),
            worth=worth(seen.score, 1, city.taxonomy.categories[seen.category].clock_working_h),
            score=seen.score,
            sightings=1,
            passes=1,
            opened_ns=self._now_ns,
            first_seen_ns=seen.utc_ns,
            last_seen_ns=seen.utc_ns,
            closed_ns=None,
            close_reason=None,
            recurs_of=None if recurs_of is None else self._near.root(recurs_of).id,
            merged_into=None,
            gone=0.0,
            memory="",
        )
        case.place(replace(belief, case_id=case_id))
        self._opened.add(case_id)
        self._unit.open(case, self._now_ns)
        if filed and self._voice.dispatches:
            self._unit.filing.dispatch(self._context, case)
        return case

    def see_again(self, case: CaseLine, seen: Observation) -> None:
        """One more look at a case. A watched one that has stayed is filed and dispatched, and so is one that only
        citizens had told of until now."""
        bodies = [case] if case.id in self._opened else self._near.body(case.id)
        root = bodies[0]
        count_look(case, seen.utc_ns, seen.score)
        root.worth = worth_of(self._city, bodies)
        self._unit.see(case)
        self._unit.see(root)
        tell(self._unit.session, "case", root.id, self._now_ns)
        awaited = root.id in self._awaited and root.state == State.FILED
        if root.state == State.WATCHING and self._has_stayed(bodies, seen):
            self._unit.filing.confirm(root, self._now_ns)
            self._unit.filing.dispatch(self._context, root)
        if awaited:
            self._unit.filing.dispatch(self._context, root)

    def keep_beliefs(self, updated: Iterable[OpenCase]) -> None:
        """Take over what the engine now knows of known cases."""
        for belief in updated:
            case = self._near.cases[belief.case_id]
            if case.place(belief):
                self._unit.see(case)
            self._unit.look(case)
            self._looked.append(case)

    def end_lapsed(self, retire_gone: float) -> None:
        """End every watched case that was looked for and is no longer there with all its parts."""
        watched = {root.id: root for root in (self._near.root(case.id) for case in self._looked)}
        lapsed = [root for root in watched.values() if root.state == State.WATCHING and self._gone(root, retire_gone)]
        if lapsed:
            self._unit.settle()
        for root in lapsed:
            row = locked_case(self._unit.session, root.id)
            step = Step(Event.LAPSE, SYSTEM, self._now_ns, "later passes looked and saw nothing")
            system_step(self._unit.session, self._context, row, step)

    def _gone(self, root: CaseLine, retire_gone: float) -> bool:
        return all(body.gone > retire_gone for body in self._near.body(root.id))

    def _has_stayed(self, bodies: Sequence[CaseLine], seen: Observation) -> bool:
        stay = self._city.stays.get(bodies[0].category)
        if stay is None or self._voice.vouches or has_stayed(bodies, stay):
            return True
        seen_stay = self._city.stays.get(seen.category)
        return seen_stay is not None and dwelt(seen, seen_stay)


def confirm_if_it_stayed(session: Session, context: Context, case: CaseRow, now_ns: int) -> None:
    """File and dispatch a watched case whose sightings lie far enough apart."""
    if case.state != State.WATCHING:
        return
    stay, bodies = context.city.stays.get(case.category), [case, *parts_of(session, case.id)]
    if stay is None or has_stayed(bodies, stay):
        system_step(session, context, case, Step(Event.CONFIRM, SYSTEM, now_ns))
        file_and_dispatch(session, context, case, now_ns)


def place_case(case: CaseRow, belief: OpenCase) -> None:
    """Write what the engine knows into a case's row."""
    case.memory = to_state(belief)
    put_where(case, belief)


def has_stayed(bodies: Sequence[CaseRow] | Sequence[CaseLine], stay: StayRule) -> bool:
    """Whether the sightings of a case and its parts lie so far apart that it has stayed between them."""
    apart_ns = max(body.last_seen_ns for body in bodies) - min(body.first_seen_ns for body in bodies)
    return apart_ns >= stay.seen_again_min * 60e9


def dwelt(seen: Observation, stay: StayRule) -> bool:
    """Whether one pass saw it stand long enough."""
    dwell_s = dict(seen.attributes).get("dwell_s")
    return isinstance(dwell_s, int | float) and dwell_s >= stay.dwell_s


def system_step(session: Session, context: Context, case: CaseRow, step: Step) -> None:
    """A step of the server itself, which the table must allow."""
    done = take(session, context, case, step)
    if isinstance(done, Refused):
        raise AssertionError(f"case {case.id} in state {case.state} did not take {step.event}: {done.reason}")
