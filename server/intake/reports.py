"""Reports: one observation of one place by a person or a sensor, kept as a traverse without a path.

So everything that is done with a traverse is done with it: each exactly once, associated by the same engine, refolded
when people split a case, replayed from its body.
"""

from __future__ import annotations

import math
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from pipeline.observation import Observation, SourceKind
from pipeline.traverse import Traverse
from pipeline.wire import TraverseWire, from_wire, to_wire
from server.cases.candidates import box_of
from server.cases.inputs import ReportInput
from server.cases.journal import entering
from server.cases.voices import VOICES
from server.context import Context
from server.intake.keeping import Body
from server.intake.linking import fold_traverse
from server.intake.receipts import ObservationLink

LOOKED_ROUND_M: Final = 200.0
"""As far as this, at most, the cases are loaded that a report may mean whose place is not sure."""


def report_of(ident: UUID, device_id: str, seen: Observation) -> Traverse:
    """The traverse that a report is kept as."""
    spread = 0.0 if seen.covariance is None else math.sqrt(seen.covariance.ee + seen.covariance.nn)
    return Traverse(
        id=ident,
        device=device_id,
        source_kind=seen.source_kind,
        clock=seen.clock,
        poses=(),
        observations=(seen,),
        hfov_deg=360.0,
        view_range_m=min(max(3.0 * spread, 1.0), LOOKED_ROUND_M),
    )


def take_in_report(session: Session, context: Context, report: Traverse) -> ObservationLink:
    """Take in a report within a transaction that holds its place (`holding.hold_traverses`); what became of it."""
    body = Body.of(to_wire(report).model_dump_json().encode())
    entry = ReportInput(str(report.id), report.device, report.source_kind)
    with entering(session, context, entry, box_of(report)) as inside:
        return fold_report(session, inside, entry, body)


def fold_report(session: Session, context: Context, entry: ReportInput, body: Body) -> ObservationLink:
    """Write a report that is new, and all that follows from it; what became of its observation."""
    traverse = from_wire(TraverseWire.model_validate_json(body.content))
    [link] = fold_traverse(session, context, entry.device_id, traverse, body, VOICES[SourceKind(entry.source)])
    return link
