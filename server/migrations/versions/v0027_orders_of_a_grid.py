"""The work orders of a grid are found without reading those of all others: the open ones by deadline, and the closed
ones by when they were closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, column, which in (
        ("ix_work_order_grid_due", "due_ns", sa.text("closed_ns IS NULL")),
        ("ix_work_order_grid_closed", "closed_ns", sa.text("closed_ns IS NOT NULL")),
    ):
        columns = ["grid_id", column, "number"]
        op.create_index(name, "work_order", columns, sqlite_where=which, postgresql_where=which)
