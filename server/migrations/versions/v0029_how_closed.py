"""How cases were closed is counted from an index alone on PostgreSQL too, where the table had to be read whole."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_case_closed", "case", ["close_reason"], postgresql_where=sa.text("closed_ns IS NOT NULL"))
