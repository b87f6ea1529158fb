"""Transactions that PostgreSQL took back because another one came in between are run again, a few times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError

from server.log import log_of

TRIES: Final = 4
COLLISIONS: Final = frozenset({"40001", "40P01", "23505"})
"""SQLSTATE of a serialization failure, of a deadlock, and of a row that another transaction added first."""

T = TypeVar("T")
_log = log_of(__name__)


def retried(transaction: Callable[[], T]) -> T:
    """The transaction's answer. What it does must all lie in the database."""
    for left in reversed(range(TRIES)):
        try:
            return transaction()
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state not in COLLISIONS or not left:
                raise
            _log.info("a transaction collided and is run again", sqlstate=state, tries_left=left)
    raise AssertionError("unreachable")
