"""A report may be sent again under its token, where its answer was lost: its photo is known again by its digest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("report", sa.Column("photo_sha256", sa.String(64), nullable=True))
