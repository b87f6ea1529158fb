"""The outbox keeps its last 90 days: what is older than its newest row by so much may be deleted, nothing else."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KEPT_NS = 90 * 24 * 3600 * 1_000_000_000
TOO_NEW = f"OLD.at_ns > (SELECT at_ns FROM outbox ORDER BY id DESC LIMIT 1) - {KEPT_NS}"  # noqa: S608
WHY = "only grows, save that what is 90 days older than its newest row may go"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER outbox_no_delete")
        op.execute(
            f"CREATE TRIGGER outbox_no_delete BEFORE DELETE ON outbox WHEN {TOO_NEW} "
            f"BEGIN SELECT RAISE(ABORT, 'outbox {WHY}'); END"
        )
        return
    op.execute("DROP TRIGGER outbox_only_grows ON outbox")
    op.execute(
        "CREATE TRIGGER outbox_only_grows BEFORE UPDATE OR TRUNCATE ON outbox "
        "FOR EACH STATEMENT EXECUTE FUNCTION only_grows()"
    )
    op.execute(
        "CREATE FUNCTION keeps_what_is_new() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {TOO_NEW} THEN RAISE EXCEPTION 'outbox {WHY}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "RETURN OLD; END $$"
    )
    op.execute(
        "CREATE TRIGGER outbox_keeps_new BEFORE DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION keeps_what_is_new()"
    )
