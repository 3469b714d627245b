"""Messages, recipients, reminders, events seen."""

import sqlalchemy as sa
from alembic import op

from giaoban.sql.engine import UtcDateTime

revision = "0001_ledger"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    _inbox_seen()
    _delivery()
    _recipient()
    _reminder()


def downgrade() -> None:
    """Removes everything; the data is lost."""
    for table in ("reminder", "recipient", "delivery", "inbox_seen"):
        op.drop_table(table)


def _inbox_seen() -> None:
    op.create_table(
        "inbox_seen",
        sa.Column("consumer", sa.String(64), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("consumer", "key", name="pk_inbox_seen"),
    )


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("briefing", sa.String(100), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("invitee", sa.String(200), nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("host_unit_path", sa.Text, nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("stamp", UtcDateTime, nullable=False),
        sa.Column("start_time", UtcDateTime, nullable=False),
        sa.Column("end_time", UtcDateTime, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("message_id", sa.String(320), nullable=True),
        sa.Column("content", sa.LargeBinary, nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("attempt_count", sa.Integer, nullable=False),
        sa.Column("next_attempt_time", UtcDateTime, nullable=False),
        sa.Column("expire_time", UtcDateTime, nullable=False),
        sa.Column("create_time", UtcDateTime, nullable=False),
        sa.Column("update_time", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("key", name="uq_delivery_key"),
        sa.UniqueConstraint("message_id", name="uq_delivery_message_id"),
    )
    _partial_index("ix_delivery_waiting", "delivery", "next_attempt_time", "state = 'PENDING'")
    _partial_index("ix_delivery_under_way", "delivery", "invitee", "state = 'SENDING'")
    op.create_index("ix_delivery_briefing", "delivery", ["briefing", "id"])
    op.create_index("ix_delivery_invitee", "delivery", ["invitee", "revision"])


def _recipient() -> None:
    op.create_table(
        "recipient",
        sa.Column("invitee", sa.String(200), nullable=False),
        sa.Column("briefing", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("unit_name", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("join_path", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("organizer_address", sa.Text, nullable=False),
        sa.Column("organizer_name", sa.Text, nullable=False),
        sa.Column("host_unit_path", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("invitee", name="pk_recipient"),
    )


def _reminder() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("briefing", sa.String(100), nullable=False),
        sa.Column("invitee", sa.String(200), nullable=False),
        sa.Column("offset_minutes", sa.Integer, nullable=False),
        sa.Column("occ_rev", sa.BigInteger, nullable=False),
        sa.Column("start_time", UtcDateTime, nullable=False),
        sa.Column("due_time", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("update_time", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reminder"),
        sa.UniqueConstraint("invitee", "offset_minutes", "occ_rev", name="uq_reminder_occasion"),
    )
    _partial_index("ix_reminder_due", "reminder", "due_time", "state = 'PENDING'")


def _partial_index(name: str, table: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)
