"""What was seen since a day is found by ids, which tell a time; the few that tell an earlier one than they should are
found by an index of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

SQLITE = "id < printf('%08x-%04x', utc_ns / 65536000000, utc_ns / 1000000 & 65535)"
POSTGRES = "id < lpad(to_hex(utc_ns / 65536000000), 8, '0') || '-' || lpad(to_hex(utc_ns / 1000000 & 65535), 4, '0')"


def upgrade() -> None:
    op.create_index(
        "ix_observation_early", "observation", ["id"], sqlite_where=sa.text(SQLITE), postgresql_where=sa.text(POSTGRES)
    )
