"""The tables of the ledger. What a migration makes must equal this; a test compares them."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
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

inbox_seen: Final = ledger_table(metadata)
"""Events that had their effect."""

PENDING: Final = text("state = 'PENDING'")
"""The condition of the partial indexes, word for word: SQLite uses one only for a query that says the same."""

PENDING_REMINDER: Final = text("reminder.state = 'PENDING'")
"""The same for a query that joins the recipient."""

SENDING: Final = text("state = 'SENDING'")

delivery: Final = Table(
    "delivery",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("briefing", String(100), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("invitee", String(200), nullable=False),
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
    Column("content", LargeBinary),
    Column("state", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("attempt_count", Integer, nullable=False),
    Column("next_attempt_time", UtcDateTime, nullable=False),
    Column("expire_time", UtcDateTime, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
    Column("may_have_arrived", Boolean, nullable=False, server_default=false()),
    Index("ix_delivery_waiting", "next_attempt_time", sqlite_where=PENDING, postgresql_where=PENDING),
    Index("ix_delivery_under_way", "invitee", sqlite_where=SENDING, postgresql_where=SENDING),
    Index("ix_delivery_briefing", "briefing", "id"),
    Index("ix_delivery_invitee", "invitee", "revision"),
)
"""One message to one invitee. `content` is what goes out, on every try the same bytes.

`may_have_arrived` says that a person had it repeated although the fate of an earlier try is unknown.
"""

recipient: Final = Table(
    "recipient",
    metadata,
    Column("invitee", String(200), primary_key=True),
    Column("briefing", String(100), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("part", String(16), nullable=False),
    Column("display_name", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("join_path", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("phone", Text, nullable=False),
    Column("organizer_address", Text, nullable=False),
    Column("organizer_name", Text, nullable=False),
    Column("host_unit_path", Text, nullable=False),
)
"""Each invitee as it was last written to, for reminders."""

reminder: Final = Table(
    "reminder",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("briefing", String(100), nullable=False),
    Column("invitee", String(200), nullable=False),
    Column("offset_minutes", Integer, nullable=False),
    Column("occ_rev", BigInteger, nullable=False),
    Column("start_time", UtcDateTime, nullable=False),
    Column("due_time", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
    UniqueConstraint("invitee", "offset_minutes", "occ_rev", name="uq_reminder_occasion"),
    Index("ix_reminder_due", "due_time", sqlite_where=PENDING, postgresql_where=PENDING),
)
"""Reminders: `occ_rev` is the revision of the briefing that gave it its present time."""
