"""Cases in a box are found row by row of a grid on SQLite; PostgreSQL has had a spatial index for that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_case_place", "case")
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_case_row", "case", [sa.text("CAST(lat * 1000 AS INTEGER)"), "lon"])
