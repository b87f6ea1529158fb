"""Lists of work orders are read in their order, and a crew's open ones are counted, however many orders there are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OPEN, CLOSED = sa.text("closed_ns IS NULL"), sa.text("closed_ns IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_work_order_due", "work_order")
    op.drop_index("ix_work_order_crew_id", "work_order")
    op.create_index("ix_work_order_crew", "work_order", ["crew_id", "closed_ns", "number"])
    for name, columns, rows in (
        ("ix_work_order_due", ["due_ns", "number"], OPEN),
        ("ix_work_order_closed", ["closed_ns", "number"], CLOSED),
    ):
        op.create_index(name, "work_order", columns, sqlite_where=rows, postgresql_where=rows)
