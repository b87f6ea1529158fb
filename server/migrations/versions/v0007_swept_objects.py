"""What the sweep of the object store deleted, by reason."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "swept_objects",
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("objects", WHOLE, nullable=False),
        sa.Column("size_bytes", WHOLE, nullable=False),
        sa.Column("last_ns", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("reason", name=op.f("pk_swept_objects")),
    )
