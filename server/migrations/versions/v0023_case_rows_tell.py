"""Which cases in a box were closed long ago is told by the index of their places, on SQLite, without reading them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0021"
branch_labels = None
depends_on = None

PLACE: list[str | sa.TextClause] = [sa.text("CAST(lat * 1000 AS INTEGER)"), "lon"]


def upgrade() -> None:
    _index([*PLACE, "lat", "closed_ns", "close_reason"])


def _index(columns: list[str | sa.TextClause]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_case_row", "case")
        op.create_index("ix_case_row", "case", columns)
