"""Who has left the service is found without reading everybody, as each traverse asks it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_person_left", "person", ["id"], sqlite_where=sa.text("active = 0"), postgresql_where=sa.text("NOT active")
    )
