"""Traverses as they come in: each exactly once, its observations, cases, history and outbox in one transaction.

Those that wait while others are taken in are taken in together, in one unit of work; one that comes alone is a group of
one. Where that fails for any of them, each is taken in by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from pipeline.seal import Seal
from pipeline.wire import TraverseWire
from server.cases.holding import hold_traverses
from server.cases.inputs import TraverseInput
from server.cases.journal import JOURNAL, Notes
from server.cases.unit import Unit
from server.context import Context
from server.errors import ApiError
from server.intake.before import Before
from server.intake.keeping import note_heard
from server.intake.linking import link_traverse
from server.intake.receipts import Receipt, missing_of, receipt_of
from server.intake.screening import Screened
from server.intake.seals import keep_seals
from server.intake.sent import Sent
from server.measures import GROUP, INTAKE_WAITING, OBSERVATIONS
from server.records.memory import recalled_once
from server.records.retries import retried


def receive(context: Context, device_id: str, wire: TraverseWire, sealed: Seal | None = None) -> Receipt:
    """Take in a traverse, and the seal that came with it; answered after commit. Raises Conflict for an id that came
    with another body, Unauthenticated for a device that is not, or no longer, the city's, Forbidden for one that is no
    patrol, or of another kind than the traverse says."""
    sent = Sent.of(device_id, wire, sealed)
    with INTAKE_WAITING.track_inprogress():
        return _receipt(context.store.company.ask(sent, _taking_in(context)).result())


async def receive_soon(context: Context, sent: Sent) -> Receipt:
    """The same, without keeping a thread waiting."""
    with INTAKE_WAITING.track_inprogress():
        return _receipt(await context.store.company.ask_soon(sent, _taking_in(context)))


def _taking_in(context: Context) -> Callable[[Sequence[Sent]], list[Receipt | ApiError]]:
    return lambda group: retried(lambda: take_in(context, group))


def _receipt(answer: Receipt | ApiError) -> Receipt:
    if isinstance(answer, ApiError):
        raise answer
    return answer


def take_in(context: Context, group: Sequence[Sent]) -> list[Receipt | ApiError]:
    """Take in what was sent at the same time, in this order and in one transaction: of each the receipt, or why it is
    refused, which keeps none of the others from being taken in."""
    with context.store.write() as session:
        hold_traverses(session, [sent.traverse for sent in group])
        now_ns = context.now_ns()
        context.cities.look(session, now_ns)
        context = replace(context, now_ns=lambda: now_ns, recall=recalled_once(context.recall))
        before = Before.of(session, group)
        fresh = [sent for sent in group if before.is_new(sent)]
        receipts = _fold(session, context, fresh) if fresh else {}
        taken = [sent for sent in group if before.refusal(sent) is None]
        keep_seals(session, [sent.sealed for sent in taken if sent.sealed is not None], now_ns)
        receipts |= {one.ident: receipt_of(session, one.traverse) for one in taken if one.ident not in receipts}
        answers = [before.refusal(sent) or receipts[sent.ident] for sent in group]
    GROUP.observe(len(group))
    for sent in fresh:
        OBSERVATIONS.labels(sent.traverse.source_kind).inc(len(sent.seen))
    return answers


def _fold(session: Session, context: Context, group: Sequence[Sent]) -> dict[str, Receipt]:
    """Write traverses that are new, and all that follows from them."""
    screened = [Screened.of(context, sent.traverse) for sent in group]
    unit = Unit(session, [one.box for one in screened], min(one.first_ns for one in screened))
    notes, links = Notes(context), []
    for sent, looked in zip(group, screened, strict=True):
        notes.begin()
        links.append(link_traverse(unit, notes.context, sent.device_id, looked, sent.body))
        unit.rows.add(JOURNAL, [notes.row(TraverseInput(sent.ident, sent.device_id), looked.whole_box)])
    note_heard(unit.rows, [sent.device_id for sent in group], context.now_ns())
    unit.close()
    missing = missing_of(session, [sent.traverse for sent in group])
    both = zip(group, links, missing, strict=True)
    return {sent.ident: Receipt(sent.ident, True, linked, lacking) for sent, linked, lacking in both}
