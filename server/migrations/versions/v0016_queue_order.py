"""The cases of one state are read in the order of the queue, however many have the same worth."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_case_queue", "case")
    op.create_index("ix_case_queue", "case", ["state", sa.text("worth DESC"), "id"])
