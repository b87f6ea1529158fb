"""Telephone numbers of reporters who want to be told once, apart from their reports, for a limited time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "contact",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("forget_ns", WHOLE, nullable=False),
        sa.Column("claimed_ns", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_contact")),
    )
    op.create_index(op.f("ix_contact_forget_ns"), "contact", ["forget_ns"])
