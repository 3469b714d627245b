"""The tables of the ledger. What a migration makes must equal this; a test compares them."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from giaoban.sql.engine import UtcDateTime
from giaoban.sql.outbox import ledger_table

metadata: Final = MetaData(naming_convention={"pk": "pk_%(table_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s"})

_MAILBOX: Final = String(400)

inbox_seen: Final = ledger_table(metadata)
"""Events that had their effect."""

PENDING: Final = text("state = 'PENDING'")
"""The condition of the partial indexes, word for word: SQLite uses one only for a query that says the same."""

PENDING_REMINDER: Final = text("reminder.state = 'PENDING'")
"""The same for a query that joins the recipient."""

LATER: Final = text("state = 'PENDING' AND turn = 2")

SENDING: Final = text("state = 'SENDING'")

delivery: Final = Table(
    "delivery",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("briefing", String(100), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("invitee", String(200), nullable=False),
    Column("mailbox", _MAILBOX, nullable=False, server_default=""),
    Column("display_name", Text, nullable=False),
    Column("host_unit_path", Text, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("method", String(16), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("stamp", UtcDateTime, nullable=False),
    Column("start_time", UtcDateTime, nullable=False),
    Column("end_time", UtcDateTime, nullable=False),
    Column("sender", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message_id", String(320), unique=True),
    Column("state", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("attempt_count", Integer, nullable=False),
    Column("next_attempt_time", UtcDateTime, nullable=False),
    Column("expire_time", UtcDateTime, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
    Column("may_have_arrived", Boolean, nullable=False, server_default=false()),
    Column("turn", Integer, nullable=False, server_default="2"),
    Index("ix_delivery_waiting", "turn", "next_attempt_time", "id", sqlite_where=PENDING, postgresql_where=PENDING),
    Index("ix_delivery_later", "start_time", sqlite_where=LATER, postgresql_where=LATER),
    Index("ix_delivery_expiring", "expire_time", sqlite_where=PENDING, postgresql_where=PENDING),
    Index("ix_delivery_under_way", "mailbox", sqlite_where=SENDING, postgresql_where=SENDING),
    Index("ix_delivery_briefing", "briefing", "id"),
    Index("ix_delivery_mailbox", "mailbox", "revision"),
)
"""One message to one mailbox, about `invitee` and those who share it. Without a `message_id` nothing could be rendered.

`turn` says what goes first: 0 cancellations of briefings within a day, 1 what else concerns those, 2 the rest.

`may_have_arrived` says that a person had it repeated although the fate of an earlier try is unknown.
"""

delivery_content: Final = Table(
    "delivery_content",
    metadata,
    Column("delivery", ForeignKey("delivery.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""What goes out, on every try the same bytes. Apart: each change of a row writes all of it anew, and a message has some pages."""

recipient: Final = Table(
    "recipient",
    metadata,
    Column("mailbox", _MAILBOX, primary_key=True),
    Column("language", String(8), nullable=False),
    Column("organizer_address", Text, nullable=False),
    Column("organizer_name", Text, nullable=False),
    Column("host_unit_path", Text, nullable=False),
)
"""Each mailbox as it was last written to, for reminders."""

reminder: Final = Table(
    "reminder",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("briefing", String(100), nullable=False),
    Column("mailbox", _MAILBOX, nullable=False),
    Column("offset_minutes", Integer, nullable=False),
    Column("occ_rev", BigInteger, nullable=False),
    Column("start_time", UtcDateTime, nullable=False),
    Column("due_time", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
    UniqueConstraint("mailbox", "offset_minutes", "occ_rev", name="uq_reminder_occasion"),
    Index("ix_reminder_due", "due_time", sqlite_where=PENDING, postgresql_where=PENDING),
)
"""Reminders: `occ_rev` is the revision of the briefing that gave it its present time."""

mail_problem: Final = Table(
    "mail_problem",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("settings_mark", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("next_try_time", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
)
"""At most one row: what holds the queue, under which settings."""

OPEN_TELLING: Final = text("done_time IS NULL")

telling: Final = Table(
    "telling",
    metadata,
    Column("briefing", String(100), primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("turn_time", UtcDateTime, nullable=False),
    Column("next_try_time", UtcDateTime, nullable=False),
    Column("done_time", UtcDateTime),
    Column("tries", Integer, nullable=False),
    Column("error", String(64), nullable=False),
    Index("ix_telling_open", "turn_time", sqlite_where=OPEN_TELLING, postgresql_where=OPEN_TELLING),
)
"""Revisions that are to be told, and those that were."""

mail_hold: Final = Table(
    "mail_hold",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("reason", String(32), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("released", Boolean, nullable=False),
)
"""At most one row: all mail is held until an operator releases it."""
