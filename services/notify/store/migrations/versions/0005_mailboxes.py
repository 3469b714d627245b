"""What is told is told to a mailbox, whomever it serves."""

import sqlalchemy as sa
from alembic import op

from giaoban.sql.engine import UtcDateTime

revision = "0005_mailboxes"
down_revision = "0004_tellings"
branch_labels = None
depends_on = None

_SENDING, _PENDING = sa.text("state = 'SENDING'"), sa.text("state = 'PENDING'")
_MAILBOX = sa.String(400)
_KEPT = ("language", "organizer_address", "organizer_name", "host_unit_path")


def upgrade() -> None:
    """Gives what was written its mailbox; of two rows about one, one stays."""
    op.add_column("delivery", sa.Column("mailbox", _MAILBOX, nullable=False, server_default=""))
    op.execute(
        "UPDATE delivery SET mailbox = CASE WHEN address = '' THEN invitee ELSE briefing || '/' || lower(address) END"
    )
    op.drop_index("ix_delivery_under_way", "delivery")
    op.drop_index("ix_delivery_invitee", "delivery")
    op.create_index("ix_delivery_under_way", "delivery", ["mailbox"], sqlite_where=_SENDING, postgresql_where=_SENDING)
    op.create_index("ix_delivery_mailbox", "delivery", ["mailbox", "revision"])

    connection = op.get_bind()
    recipients = connection.execute(sa.text("SELECT * FROM recipient")).mappings().all()
    reminder = sa.table(
        "reminder",
        *(sa.column(name) for name in ("id", "briefing", "invitee", "offset_minutes", "occ_rev", "state", "reason")),
        *(sa.column(name, UtcDateTime()) for name in ("start_time", "due_time", "update_time")),
    )
    reminders = connection.execute(sa.select(reminder)).mappings().all()
    mailboxes = {
        row["invitee"]: f"{row['briefing']}/{row['address'].lower()}" if row["address"] else row["invitee"]
        for row in recipients
    }
    op.drop_table("recipient")
    op.drop_index("ix_reminder_due", "reminder")
    op.drop_table("reminder")
    new_recipient = op.create_table(
        "recipient",
        sa.Column("mailbox", _MAILBOX, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("organizer_address", sa.Text, nullable=False),
        sa.Column("organizer_name", sa.Text, nullable=False),
        sa.Column("host_unit_path", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("mailbox", name="pk_recipient"),
    )
    new_reminder = op.create_table(
        "reminder",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("briefing", sa.String(100), nullable=False),
        sa.Column("mailbox", _MAILBOX, nullable=False),
        sa.Column("offset_minutes", sa.Integer, nullable=False),
        sa.Column("occ_rev", sa.BigInteger, nullable=False),
        sa.Column("start_time", UtcDateTime, nullable=False),
        sa.Column("due_time", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("update_time", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reminder"),
        sa.UniqueConstraint("mailbox", "offset_minutes", "occ_rev", name="uq_reminder_occasion"),
    )
    op.create_index("ix_reminder_due", "reminder", ["due_time"], sqlite_where=_PENDING, postgresql_where=_PENDING)
    kept = {mailboxes[row["invitee"]]: {name: row[name] for name in _KEPT} for row in recipients}
    if kept:
        connection.execute(sa.insert(new_recipient), [{"mailbox": box, **facts} for box, facts in kept.items()])
    booked: dict[tuple[str, int, int], dict[str, object]] = {}
    for row in reminders:
        if (box := mailboxes.get(row["invitee"])) is not None:
            occasion = {name: value for name, value in row.items() if name != "invitee"} | {"mailbox": box}
            booked.setdefault((box, row["offset_minutes"], row["occ_rev"]), occasion)
    if booked:
        connection.execute(sa.insert(new_reminder), list(booked.values()))


def downgrade() -> None:
    """Cannot be undone: who shared a mailbox is not kept.

    Raises:
        NotImplementedError: Always; restore the backup made before the upgrade.
    """
    raise NotImplementedError("restore the backup made before the upgrade")
