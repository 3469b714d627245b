"""Briefings: series with their dates, claims, invitees, revisions, attendance, outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from giaoban.sql.engine import UtcDateTime
from services.scheduler.store.briefing_guard import create_guard

revision = "0002_briefings"
down_revision = "0001_organisation"
branch_labels = None
depends_on = None

_ID = sa.String(64)
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SORT_KEY = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes the tables and the guard against double booking."""
    _series()
    _claims()
    _invitees()
    _revisions()
    _rooms()
    _events()
    create_guard(op.get_bind())


def downgrade() -> None:
    """Removes all briefings; the data is lost. The guard goes with its table."""
    for table in (
        "inbox_seen",
        "outbox",
        "line_test",
        "speaking_request",
        "headcount",
        "attendance_interval",
        "working_day",
        "request_memo",
        "briefing_revision",
        "invitee",
        "claim",
        "resource",
        "occurrence",
        "override",
        "series",
    ):
        op.drop_table(table)


def _series() -> None:
    op.create_table(
        "series",
        sa.Column("id", _ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("organizer_email", sa.Text(), nullable=False),
        sa.Column("organizer_display_name", sa.Text(), nullable=False),
        sa.Column("host_unit_id", _ID, nullable=False),
        sa.Column("host_display_name", sa.Text(), nullable=False),
        sa.Column("host_path", _SORT_KEY, nullable=False),
        sa.Column("chair_id", _ID, nullable=False),
        sa.Column("chair_display_name", sa.Text(), nullable=False),
        sa.Column("secretary_id", _ID, nullable=False),
        sa.Column("secretary_display_name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("agenda_json", sa.Text(), nullable=False),
        sa.Column("attendees_json", sa.Text(), nullable=False),
        sa.Column("rule_json", sa.Text(), nullable=True),
        sa.Column("tz", sa.Text(), nullable=False),
        sa.Column("local_start", sa.DateTime(), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("horizon_to", UtcDateTime(), nullable=True),
        sa.Column("itip_sequence", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("revised_at", UtcDateTime(), nullable=False),
        sa.Column("point_count", sa.Integer(), nullable=False),
        sa.Column("person_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["chair_id"], ["person.id"], name="fk_series_chair_id_person"),
        sa.ForeignKeyConstraint(["host_unit_id"], ["unit.id"], name="fk_series_host_unit_id_unit"),
        sa.ForeignKeyConstraint(["secretary_id"], ["person.id"], name="fk_series_secretary_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.UniqueConstraint("uid", name="uq_series_uid"),
    )
    op.create_index("ix_series_host_path", "series", ["host_path"], unique=False)
    op.create_index("ix_series_host_unit_id", "series", ["host_unit_id"], unique=False)
    op.create_table(
        "override",
        sa.Column("series_id", _ID, nullable=False),
        sa.Column("recurrence_id", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts", UtcDateTime(), nullable=True),
        sa.Column("ends", UtcDateTime(), nullable=True),
        sa.Column("patch_json", sa.Text(), nullable=True),
        sa.Column("itip_sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name="fk_override_series_id_series"),
        sa.PrimaryKeyConstraint("series_id", "recurrence_id", name="pk_override"),
    )
    op.create_table(
        "occurrence",
        sa.Column("id", _ID, nullable=False),
        sa.Column("series_id", _ID, nullable=False),
        sa.Column("recurrence_id", UtcDateTime(), nullable=False),
        sa.Column("starts", UtcDateTime(), nullable=False),
        sa.Column("ends", UtcDateTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cancel_reason", sa.Text(), nullable=False),
        sa.Column("room_open", sa.Boolean(), nullable=False),
        sa.CheckConstraint("ends > starts", name="ck_occurrence_positive"),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name="fk_occurrence_series_id_series"),
        sa.PrimaryKeyConstraint("id", name="pk_occurrence"),
        sa.UniqueConstraint("series_id", "recurrence_id", name="uq_occurrence_series_id_recurrence_id"),
    )
    op.create_index("ix_occurrence_starts_id", "occurrence", ["starts", "id"], unique=False)
    op.create_index("ix_occurrence_state_starts", "occurrence", ["state", "starts"], unique=False)


def _claims() -> None:
    op.create_table(
        "resource",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_resource"),
    )
    op.create_table(
        "claim",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("occurrence_id", _ID, nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("unit_no", sa.Integer(), nullable=False),
        sa.Column("starts", UtcDateTime(), nullable=False),
        sa.Column("ends", UtcDateTime(), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.CheckConstraint("ends > starts", name="ck_claim_positive"),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name="fk_claim_occurrence_id_occurrence"),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name="fk_claim_resource_id_resource"),
        sa.PrimaryKeyConstraint("id", name="pk_claim"),
        sa.UniqueConstraint("occurrence_id", "resource_id", name="uq_claim_occurrence_id_resource_id"),
    )
    op.create_index("ix_claim_resource_id_starts_ends", "claim", ["resource_id", "starts", "ends"], unique=False)


def _invitees() -> None:
    op.create_table(
        "invitee",
        sa.Column("id", _ID, nullable=False),
        sa.Column("occurrence_id", _ID, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("unit_display_name", sa.Text(), nullable=False),
        sa.Column("unit_path", _SORT_KEY, nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("rank", _SORT_KEY, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("response_time", UtcDateTime(), nullable=True),
        sa.Column("override_reason", sa.Text(), nullable=False),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name="fk_invitee_occurrence_id_occurrence"),
        sa.PrimaryKeyConstraint("id", name="pk_invitee"),
        sa.UniqueConstraint("occurrence_id", "subject", name="uq_invitee_occurrence_id_subject"),
    )
    op.create_index("ix_invitee_subject", "invitee", ["subject"], unique=False)


def _revisions() -> None:
    op.create_table(
        "briefing_revision",
        sa.Column("occurrence_id", _ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("snapshot_json", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name="fk_briefing_revision_occurrence_id_occurrence"
        ),
        sa.PrimaryKeyConstraint("occurrence_id", "revision", name="pk_briefing_revision"),
    )
    op.create_table(
        "request_memo",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("occurrence_id", _ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name="fk_request_memo_occurrence_id_occurrence"),
        sa.PrimaryKeyConstraint("request_id", name="pk_request_memo"),
    )
    op.create_index("ix_request_memo_made", "request_memo", ["made"], unique=False)
    op.create_table(
        "working_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_working_day"),
    )


def _rooms() -> None:
    op.create_table(
        "attendance_interval",
        sa.Column("occurrence_id", _ID, nullable=False),
        sa.Column("participant_sid", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("join_time", UtcDateTime(), nullable=True),
        sa.Column("leave_time", UtcDateTime(), nullable=True),
        sa.Column("leave_assumed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name="fk_attendance_interval_occurrence_id_occurrence"
        ),
        sa.PrimaryKeyConstraint("occurrence_id", "participant_sid", name="pk_attendance_interval"),
    )
    op.create_table(
        "headcount",
        sa.Column("invitee_id", _ID, nullable=False),
        sa.Column("occurrence_id", _ID, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["invitee_id"], ["invitee.id"], name="fk_headcount_invitee_id_invitee"),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name="fk_headcount_occurrence_id_occurrence"),
        sa.PrimaryKeyConstraint("invitee_id", name="pk_headcount"),
    )
    op.create_index("ix_headcount_occurrence_id", "headcount", ["occurrence_id"], unique=False)
    op.create_table(
        "speaking_request",
        sa.Column("occurrence_id", _ID, nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("invitee_id", _ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("asked", UtcDateTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("floor_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["invitee_id"], ["invitee.id"], name="fk_speaking_request_invitee_id_invitee"),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name="fk_speaking_request_occurrence_id_occurrence"
        ),
        sa.PrimaryKeyConstraint("occurrence_id", "identity", name="pk_speaking_request"),
    )
    op.create_table(
        "line_test",
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("occurrence_id", _ID, nullable=False),
        sa.Column("invitee_id", _ID, nullable=False),
        sa.Column("started", UtcDateTime(), nullable=False),
        sa.Column("verdict_json", sa.Text(), nullable=True),
        sa.Column("finished", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["invitee_id"], ["invitee.id"], name="fk_line_test_invitee_id_invitee"),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name="fk_line_test_occurrence_id_occurrence"),
        sa.PrimaryKeyConstraint("room", name="pk_line_test"),
    )
    op.create_index("ix_line_test_invitee_id", "line_test", ["invitee_id"], unique=False)


def _events() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
    )
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("published_at IS NULL"),
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "inbox_seen",
        sa.Column("consumer", _ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "key", name="pk_inbox_seen"),
    )
