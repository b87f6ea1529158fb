"""What many writers at a time need. Nothing on SQLite, which has one."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OUTBOX_LOCK = 14


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.execute('CREATE INDEX ix_case_spot ON "case" USING gist (ST_SetSRID(ST_MakePoint(lon, lat), 4326))')
    # Rows get their numbers in the order of the commits, and whoever listens hears of each commit.
    op.execute(
        "CREATE FUNCTION one_after_the_other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"PERFORM pg_advisory_xact_lock({OUTBOX_LOCK}); PERFORM pg_notify('outbox', ''); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER outbox_in_order BEFORE INSERT ON outbox "
        "FOR EACH STATEMENT EXECUTE FUNCTION one_after_the_other()"
    )
