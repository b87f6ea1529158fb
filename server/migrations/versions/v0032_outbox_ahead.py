"""Of a row of the outbox that is later than the newest one the clock was ahead. It may be deleted: else it would stay,
and all after it, until that time has come."""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

KEPT_NS = 90 * 24 * 3600 * 1_000_000_000
NEWEST = "(SELECT at_ns FROM outbox ORDER BY id DESC LIMIT 1)"
TOO_NEW = f"OLD.at_ns > {NEWEST} - {KEPT_NS} AND OLD.at_ns <= {NEWEST}"
WHY = "only grows, save that what is 90 days older than its newest row may go"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER outbox_no_delete")
        op.execute(
            f"CREATE TRIGGER outbox_no_delete BEFORE DELETE ON outbox WHEN {TOO_NEW} "
            f"BEGIN SELECT RAISE(ABORT, 'outbox {WHY}'); END"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION keeps_what_is_new() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {TOO_NEW} THEN RAISE EXCEPTION 'outbox {WHY}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "RETURN OLD; END $$"
    )
