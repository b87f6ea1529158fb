"""What a verdict needs: the model that made a sighting, where in its picture it lies, why its case was dismissed."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("declared_evidence", sa.Column("box", sa.JSON(), nullable=True))
    op.add_column("case_event", sa.Column("finding", sa.String(length=32), nullable=True))
    op.add_column("observation", sa.Column("model_digest", sa.String(length=80), nullable=False, server_default=""))
    _fill_model_digests()


def _fill_model_digests() -> None:
    """The digests of the observations received so far stand in the traverses' bodies."""
    connection = op.get_bind()
    traverse = sa.table("traverse", sa.column("id"), sa.column("body"))
    observation = sa.table("observation", sa.column("id"), sa.column("model_digest"))
    for ident in connection.execute(sa.select(traverse.c.id)).scalars().all():
        body = connection.execute(sa.select(traverse.c.body).where(traverse.c.id == ident)).scalar_one()
        for seen in json.loads(body)["observations"]:
            connection.execute(
                observation.update().where(observation.c.id == seen["id"]).values(model_digest=seen["model_digest"])
            )
