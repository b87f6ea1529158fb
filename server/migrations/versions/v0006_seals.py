"""The seals by which devices sign what they recorded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("traverse_id", sa.String(length=36), nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("received_ns", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["traverse_id"], ["traverse.id"], name=op.f("fk_seal_traverse_id_traverse")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_seal")),
    )
    op.create_index(op.f("ix_seal_traverse_id"), "seal", ["traverse_id"])
