"""Reports of people: the token under which their reporter asks what became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("traverse_id", sa.String(length=36), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_ns", WHOLE, nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["traverse_id"], ["traverse.id"], name=op.f("fk_report_traverse_id_traverse")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_report_person_id_person")),
        sa.PrimaryKeyConstraint("traverse_id", name=op.f("pk_report")),
    )
    op.create_index(op.f("ix_report_token_sha256"), "report", ["token_sha256"])
    op.create_index(op.f("ix_report_made_ns"), "report", ["made_ns"])
