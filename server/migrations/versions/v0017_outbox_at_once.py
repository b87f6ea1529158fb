"""Many add to the outbox at once; who reads it knows by the numbers of their transactions how far it is complete."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("DROP TRIGGER outbox_in_order ON outbox")
    op.execute("DROP FUNCTION one_after_the_other()")
    op.execute(
        "CREATE FUNCTION known_before_its_rows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_current_xact_id(); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER outbox_writer BEFORE INSERT ON outbox "
        "FOR EACH STATEMENT EXECUTE FUNCTION known_before_its_rows()"
    )
