"""How many reports wait for a telephone number is asked with each report that leaves one."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_contact_phone"), "contact", ["phone"])
