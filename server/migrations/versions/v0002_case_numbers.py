"""The telephone numbers that cases show, and the advertisers that they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "advertiser",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("noted_ns", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advertiser")),
        sa.UniqueConstraint("number", name=op.f("uq_advertiser_number")),
    )
    op.create_table(
        "case_number",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("advertiser_id", sa.String(length=36), nullable=False),
        sa.Column("support", sa.Double(), nullable=False),
        sa.Column("sightings", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_number_case_id")),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertiser.id"], name=op.f("fk_case_number_advertiser_id")),
        sa.PrimaryKeyConstraint("case_id", "advertiser_id", name=op.f("pk_case_number")),
    )
    op.create_index(op.f("ix_case_number_advertiser_id"), "case_number", ["advertiser_id"])
    op.create_index(op.f("ix_case_merged_into"), "case", ["merged_into"])
