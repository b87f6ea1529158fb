"""One message to a reporter who left a telephone number: when the problem is really fixed, and only then.

The number lies apart from the report and is deleted when the message was handed over, or after 90 days. A message is
claimed before it is sent, so nobody is told twice; where the server dies between the two, somebody is not told. A
number is told once of one case and waits for few reports, so that nobody can flood somebody else's telephone.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from sqlalchemy import String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipeline.numbering import kept_form
from server.cases.lifecycle import CloseReason
from server.citizens.following import Becoming, Followed, ReportRow, follow, newest_of
from server.context import Context
from server.log import log_of
from server.measures import NOTICES
from server.notifier import Notice
from server.records.tables import Base, CaseRow, Digest, ObservationRow

Language = Literal["zh-CN", "en"]
KEPT_NS: Final = 90 * 24 * 3600 * 1_000_000_000
MOST_WAITING: Final = 5
"""For so many reports one number waits; who makes more than these at a time is told by their pages."""
WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "zh-CN": "您上报的问题（{name}，{number} 号案件）已解决并经核查。如未解决，请在您保存的查询网页上告诉我们。",
        "en": "What you reported ({name}, case {number}) is fixed and checked. If it is not, tell us on the page "
        "that you were given.",
    }
)

_log = log_of(__name__)


class ContactRow(Base):
    """A telephone number, in its kept form where it is one by the plan (pipeline/numbering.py), by the digest of the
    report's token. claimed_ns: when its message was about to be sent."""

    __tablename__ = "contact"
    token_sha256: Mapped[str] = mapped_column(Digest, primary_key=True)
    phone: Mapped[str] = mapped_column(String(16), index=True)
    language: Mapped[str] = mapped_column(String(8))
    forget_ns: Mapped[int] = mapped_column(index=True)
    claimed_ns: Mapped[int | None]


def keep_contact(session: Session, token_sha256: str, phone: str, language: Language, now_ns: int) -> None:
    """Remember whom to tell, unless enough reports wait for this number, however each of them writes it."""
    plus = phone.startswith("+")
    phone = kept_form(phone.removeprefix("+"), plus) or phone
    waiting = session.scalar(select(func.count()).where(ContactRow.phone == phone)) or 0
    if waiting < MOST_WAITING:
        session.add(ContactRow(token_sha256=token_sha256, phone=phone, language=language, forget_ns=now_ns + KEPT_NS))


def tell_reporters(context: Context) -> int:
    """Forget numbers whose time is over, and tell those whose problem is fixed; how many were told."""
    now_ns = context.now_ns()
    over = ContactRow.forget_ns <= now_ns
    with context.store.read() as session:
        forgetting = session.scalar(select(ContactRow.token_sha256).where(over).limit(1)) is not None
        # Only of a case that was closed so is there anything to follow up: nearly all who wait are told by one query.
        ended = (
            select(ContactRow.token_sha256)
            .join(ReportRow, ReportRow.token_sha256 == ContactRow.token_sha256)
            .join(ObservationRow, ObservationRow.traverse_id == ReportRow.traverse_id)
            .join(CaseRow, CaseRow.id == ObservationRow.case_id)
            .where(ContactRow.claimed_ns.is_(None), CaseRow.close_reason.in_((CloseReason.FIXED, CloseReason.MERGED)))
            .distinct()
        )
        fixed = [digest for digest in session.scalars(ended).all() if _fix_of(session, digest, now_ns) is not None]
    if forgetting:
        with context.store.write() as session:
            session.execute(delete(ContactRow).where(over))
    told = 0
    for digest in fixed:
        notice = _claimed(context, digest, now_ns)
        if notice is not None:
            told += _sent(context, digest, notice)
    return told


def _claimed(context: Context, digest: str, now_ns: int) -> Notice | None:
    """The message for a contact whose problem is fixed, which nobody else sends from now on. Others of its number that
    wait for the same case are let go of."""
    phone = select(ContactRow.phone).where(ContactRow.token_sha256 == digest).scalar_subquery()
    alike = select(ContactRow).where(ContactRow.phone == phone).order_by(ContactRow.token_sha256).with_for_update()
    with context.store.write() as session:
        rows = session.scalars(alike).all()
        fixes = {row.token_sha256: (row, _fix_of(session, row.token_sha256, now_ns)) for row in rows}
        contact, one = fixes.pop(digest, (None, None))
        if contact is None or contact.claimed_ns is not None or one is None:
            return None
        same = [row for row, fix in fixes.values() if fix is not None and fix.case_number == one.case_number]
        told = any(row.claimed_ns is not None for row in same)
        for row in (*same, contact) if told else same:
            if row.claimed_ns is None:
                session.delete(row)
        if told:
            return None
        contact.claimed_ns = now_ns
        category = context.city.taxonomy.categories[one.category]
        name = category.zh if contact.language == "zh-CN" else category.en
        words = WORDS[contact.language].format(name=name, number=one.case_number)
        return Notice(contact.phone, words)


def _fix_of(session: Session, digest: str, now_ns: int) -> Followed | None:
    """What became of a report, where that is a verified fix."""
    found = newest_of(session, digest)
    one = None if found is None else follow(session, *found, now_ns)
    return one if one is not None and one.becoming is Becoming.FIXED else None


def _sent(context: Context, digest: str, notice: Notice) -> bool:
    try:
        context.notifier.send(notice)
    except OSError as error:
        NOTICES.labels("failed").inc()
        _log.warning("a message to a reporter was not handed over; it is tried again", error=str(error))
        with context.store.write() as session:
            session.get_one(ContactRow, digest).claimed_ns = None
        return False
    with context.store.write() as session:
        session.delete(session.get_one(ContactRow, digest))
    NOTICES.labels("told").inc()
    return True
