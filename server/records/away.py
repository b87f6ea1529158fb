"""What an error says of a database, a store or a disk that is away, full or damaged."""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from server.errors import Damaged

AWAY: Final = (OperationalError, InterfaceError, PoolTimeout, OSError, Damaged)
"""What somebody can mend who keeps the database, the store or the disk: no traceback says more of it."""


def said_by(error: Exception) -> str:
    """What the driver said, without the statement that SQLAlchemy writes around it."""
    return str(getattr(error, "orig", error))
