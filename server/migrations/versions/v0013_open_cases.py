"""The queue of open cases is read in its order, however many there are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

OPEN = sa.text("closed_ns IS NULL")


def upgrade() -> None:
    op.create_index("ix_case_open", "case", [sa.text("worth DESC"), "id"], sqlite_where=OPEN, postgresql_where=OPEN)
