"""Who was passed over at dispatch since they had left the service."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("journal", sa.Column("leavers", sa.JSON(), nullable=True))
