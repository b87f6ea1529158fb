"""How often somebody tried in vain is counted in the records, and no longer by each process for itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "tries",
        sa.Column("source_sha256", sa.String(64), nullable=False),
        sa.Column("at_ns", sa.JSON(), nullable=False),
        sa.Column("last_ns", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("source_sha256", name=op.f("pk_tries")),
    )
    op.create_index(op.f("ix_tries_last_ns"), "tries", ["last_ns"])
