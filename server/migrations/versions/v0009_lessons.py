"""Which memory of the engine's an input was folded with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("journal", sa.Column("lessons", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
