"""The first tables, and the triggers that keep history and audit from being rewritten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.migrations.growing import grow_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
GROW_ONLY = ("case_event", "audit_row", "frame_tally", "outbox")


def upgrade() -> None:
    op.create_table(
        "device",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=True),
        sa.Column("enrolled_ns", WHOLE, nullable=False),
        sa.Column("last_traverse_ns", WHOLE, nullable=True),
        sa.Column("revoked_ns", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_device_token_sha256")),
    )
    op.create_table(
        "grid",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name_zh", sa.String(length=128), nullable=False),
        sa.Column("name_en", sa.String(length=128), nullable=False),
        sa.Column("geometry", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("at_ns", WHOLE, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("display", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("name", name=op.f("uq_person_name")),
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "stored_picture",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("size_bytes", WHOLE, nullable=False),
        sa.Column("redaction", sa.String(length=120), nullable=False),
        sa.Column("phash", sa.String(length=16), nullable=True),
        sa.Column("stored_ns", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_stored_picture")),
    )
    op.create_table(
        "zone",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("properties", sa.JSON(), nullable=False),
        sa.Column("geometry", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
    )
    op.create_table(
        "audit_row",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("at_ns", WHOLE, nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_audit_row_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_row")),
    )
    op.create_index(op.f("ix_audit_row_person_id"), "audit_row", ["person_id"], unique=False)
    op.create_table(
        "case",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("ee", sa.Double(), nullable=False),
        sa.Column("en", sa.Double(), nullable=False),
        sa.Column("nn", sa.Double(), nullable=False),
        sa.Column("grid_id", sa.String(length=64), nullable=True),
        sa.Column("worth", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("sightings", WHOLE, nullable=False),
        sa.Column("passes", WHOLE, nullable=False),
        sa.Column("opened_ns", WHOLE, nullable=False),
        sa.Column("first_seen_ns", WHOLE, nullable=False),
        sa.Column("last_seen_ns", WHOLE, nullable=False),
        sa.Column("closed_ns", WHOLE, nullable=True),
        sa.Column("close_reason", sa.String(length=32), nullable=True),
        sa.Column("recurs_of", sa.String(length=36), nullable=True),
        sa.Column("merged_into", sa.String(length=36), nullable=True),
        sa.Column("gone", sa.Double(), nullable=False),
        sa.Column("memory", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_case_grid_id")),
        sa.ForeignKeyConstraint(["merged_into"], ["case.id"], name=op.f("fk_case_merged_into")),
        sa.ForeignKeyConstraint(["recurs_of"], ["case.id"], name=op.f("fk_case_recurs_of")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint("number", name=op.f("uq_case_number")),
    )
    op.create_index("ix_case_place", "case", ["lat", "lon"], unique=False)
    op.create_index("ix_case_queue", "case", ["state", "worth", "id"], unique=False)
    op.create_table(
        "duty",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("grid_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("start_min", WHOLE, nullable=False),
        sa.Column("end_min", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_duty_grid_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_duty_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
    )
    op.create_index(op.f("ix_duty_grid_id"), "duty", ["grid_id"], unique=False)
    op.create_table(
        "enrolment_code",
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_ns", WHOLE, nullable=False),
        sa.Column("expires_ns", WHOLE, nullable=False),
        sa.Column("used_ns", WHOLE, nullable=True),
        sa.Column("device_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_enrolment_code_device_id")),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_enrolment_code")),
    )
    op.create_table(
        "login",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("made_ns", WHOLE, nullable=False),
        sa.Column("expires_ns", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_login_person_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_login")),
    )
    op.create_index(op.f("ix_login_expires_ns"), "login", ["expires_ns"], unique=False)
    op.create_index(op.f("ix_login_person_id"), "login", ["person_id"], unique=False)
    op.create_table(
        "traverse",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_ns", WHOLE, nullable=False),
        sa.Column("observations", WHOLE, nullable=False),
        sa.Column("first_ns", WHOLE, nullable=True),
        sa.Column("last_ns", WHOLE, nullable=True),
        sa.Column("offset_east_m", sa.Double(), nullable=False),
        sa.Column("offset_north_m", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_traverse_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traverse")),
    )
    op.create_index(op.f("ix_traverse_device_id"), "traverse", ["device_id"], unique=False)
    op.create_table(
        "case_event",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("at_ns", WHOLE, nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("from_state", sa.String(length=16), nullable=True),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_event_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
    )
    op.create_index(op.f("ix_case_event_case_id"), "case_event", ["case_id"], unique=False)
    op.create_table(
        "frame_tally",
        sa.Column("traverse_id", sa.String(length=36), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("frames", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["traverse_id"], ["traverse.id"], name=op.f("fk_frame_tally_traverse_id")),
        sa.PrimaryKeyConstraint("traverse_id", "stage", "reason", name=op.f("pk_frame_tally")),
    )
    op.create_table(
        "observation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("traverse_id", sa.String(length=36), nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("utc_ns", WHOLE, nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("sigma_m", sa.Double(), nullable=True),
        sa.Column("camera_lat", sa.Double(), nullable=True),
        sa.Column("camera_lon", sa.Double(), nullable=True),
        sa.Column("camera_heading_deg", sa.Double(), nullable=True),
        sa.Column("range_m", sa.Double(), nullable=True),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("case_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_observation_case_id")),
        sa.ForeignKeyConstraint(["traverse_id"], ["traverse.id"], name=op.f("fk_observation_traverse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation")),
    )
    op.create_index("ix_observation_case", "observation", ["case_id", "utc_ns"], unique=False)
    op.create_index("ix_observation_outcome", "observation", ["outcome", "reason"], unique=False)
    op.create_index(op.f("ix_observation_traverse_id"), "observation", ["traverse_id"], unique=False)
    op.create_table(
        "work_order",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("grid_id", sa.String(length=64), nullable=False),
        sa.Column("crew_id", sa.String(length=36), nullable=False),
        sa.Column("dispatched_ns", WHOLE, nullable=False),
        sa.Column("due_ns", WHOLE, nullable=False),
        sa.Column("due_estimated", sa.Boolean(), nullable=False),
        sa.Column("accepted_ns", WHOLE, nullable=True),
        sa.Column("fed_back_ns", WHOLE, nullable=True),
        sa.Column("closed_ns", WHOLE, nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("send_backs", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_work_order_case_id")),
        sa.ForeignKeyConstraint(["crew_id"], ["person.id"], name=op.f("fk_work_order_crew_id")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_work_order_grid_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order")),
        sa.UniqueConstraint("number", name=op.f("uq_work_order_number")),
    )
    op.create_index(op.f("ix_work_order_case_id"), "work_order", ["case_id"], unique=False)
    op.create_index(op.f("ix_work_order_crew_id"), "work_order", ["crew_id"], unique=False)
    op.create_index("ix_work_order_due", "work_order", ["due_ns"], unique=False)
    op.create_index(
        "uq_work_order_one_open",
        "work_order",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("closed_ns IS NULL"),
        postgresql_where=sa.text("closed_ns IS NULL"),
    )
    op.create_table(
        "after_photo",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("work_order_id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("original_sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("uploaded_ns", WHOLE, nullable=False),
        sa.Column("taken_ns", WHOLE, nullable=True),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_after_photo_person_id")),
        sa.ForeignKeyConstraint(["sha256"], ["stored_picture.sha256"], name=op.f("fk_after_photo_sha256")),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_order.id"], name=op.f("fk_after_photo_work_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_after_photo")),
        sa.UniqueConstraint("original_sha256", name=op.f("uq_after_photo_original_sha256")),
    )
    op.create_index(op.f("ix_after_photo_work_order_id"), "after_photo", ["work_order_id"], unique=False)
    op.create_table(
        "declared_evidence",
        sa.Column("observation_id", sa.String(length=36), nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("size_bytes", WHOLE, nullable=False),
        sa.Column("redaction", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["observation_id"], ["observation.id"], name=op.f("fk_declared_evidence_observation_id")
        ),
        sa.PrimaryKeyConstraint("observation_id", "position", name=op.f("pk_declared_evidence")),
    )
    op.create_index(op.f("ix_declared_evidence_sha256"), "declared_evidence", ["sha256"], unique=False)
    for table in GROW_ONLY:
        grow_only(table)
