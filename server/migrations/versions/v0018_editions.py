"""The setup of a city is kept in editions, each with all that holds from a moment on; the first is what it began with.
Of grids only the ids stay beside it, since cases name them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from server.migrations.growing import grow_only

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IN_SETTINGS = ("city", "calendar", "taxonomy", "stays", "bins", "fill")
SETTING = sa.table("setting", sa.column("key", sa.String()), sa.column("value", sa.JSON()))
EDITION = sa.table("edition", sa.column("from_ns", WHOLE), sa.column("content", sa.JSON()))
JSONS = ("geometry", "properties", "weekdays")
LISTS = {
    "grids": ("grid", ("id", "name_zh", "name_en", "geometry"), "id"),
    "zones": ("zone", ("id", "kind", "properties", "geometry"), "id"),
    "rota": ("duty", ("grid_id", "person_id", "weekdays", "start_min", "end_min"), "id"),
}


def upgrade() -> None:
    op.create_table(
        "edition",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("from_ns", WHOLE, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint("from_ns", name=op.f("uq_edition_from_ns")),
    )
    bind = op.get_bind()
    told = SETTING.c.key.in_(IN_SETTINGS)
    content: dict[str, Any] = {row.key: row.value for row in bind.execute(sa.select(SETTING).where(told))}
    if "city" in content:
        content |= {part: _rows(bind, *where) for part, where in LISTS.items()}
        bind.execute(sa.insert(EDITION), [{"from_ns": 0, "content": content}])
        bind.execute(sa.delete(SETTING).where(told))
    grow_only("edition")
    op.drop_table("duty")
    op.drop_table("zone")
    for column in ("name_zh", "name_en", "geometry"):
        op.drop_column("grid", column)


def _rows(bind: sa.Connection, name: str, columns: tuple[str, ...], by: str) -> list[dict[str, Any]]:
    table = sa.table(name, *(sa.column(one, sa.JSON() if one in JSONS else sa.String()) for one in columns))
    return [dict(row) for row in bind.execute(sa.select(table).order_by(sa.column(by))).mappings()]
