"""The queue of a category or of a grid begins at an index as that of a state does, and what is counted of all cases and
work orders is read from indexes alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

WORTHY = (sa.text("worth DESC"), "id")
CLOSED = sa.text("closed_ns IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_case_queue", "case")
    op.create_index("ix_case_queue", "case", ["state", *WORTHY, "sightings"])
    op.create_index("ix_case_category", "case", ["category", "state", *WORTHY])
    op.create_index("ix_case_grid", "case", ["grid_id", "state", *WORTHY])
    _closed_orders("closed_ns", "number", "outcome")


def _closed_orders(*columns: str) -> None:
    op.drop_index("ix_work_order_closed", "work_order")
    op.create_index("ix_work_order_closed", "work_order", [*columns], sqlite_where=CLOSED, postgresql_where=CLOSED)
