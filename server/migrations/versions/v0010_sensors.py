"""Bin sensors: where each sits, and what it read last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sensor",
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("bin_id", sa.String(length=64), nullable=False),
        sa.Column("read_ns", WHOLE, nullable=True),
        sa.Column("fill_percent", sa.Double(), nullable=True),
        sa.Column("battery_percent", sa.Double(), nullable=True),
        sa.Column("told_full_ns", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_sensor_device_id_device")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_sensor")),
    )
    op.create_index(op.f("ix_sensor_bin_id"), "sensor", ["bin_id"])
