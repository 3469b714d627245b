"""Tables of briefings. A series has one row here per date (`occurrence`), which is what people call a briefing.

`claim` is the only table asked for conflicts; its times are those of the occurrence, copied. The database itself refuses
two overlapping hard claims on one resource (`briefing_guard`).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from giaoban.sql.engine import UtcDateTime
from giaoban.sql.outbox import ledger_table, outbox_table
from services.scheduler.store.base import ResourceId, SortKey, metadata

# `points/{point}` and `people/{person}`.
_Subject = Text

series = Table(
    "series",
    metadata,
    Column("id", ResourceId, primary_key=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("organizer_email", Text, nullable=False),
    Column("organizer_display_name", Text, nullable=False),
    Column("host_unit_id", ForeignKey("unit.id"), nullable=False, index=True),
    Column("host_display_name", Text, nullable=False),
    Column("host_path", SortKey, nullable=False, index=True),
    Column("chair_id", ForeignKey("person.id"), nullable=False),
    Column("chair_display_name", Text, nullable=False),
    Column("secretary_id", ForeignKey("person.id"), nullable=False),
    Column("secretary_display_name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Column("agenda_json", Text, nullable=False),
    Column("attendees_json", Text, nullable=False),
    # A series of one date has no rule; the wall clock of the first date is kept beside the instants.
    Column("rule_json", Text, nullable=True),
    Column("tz", Text, nullable=False),
    Column("local_start", DateTime, nullable=False),
    Column("duration_minutes", Integer, nullable=False),
    Column("until", UtcDateTime, nullable=True),
    Column("count", Integer, nullable=True),
    Column("horizon_to", UtcDateTime, nullable=True),
    Column("itip_sequence", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("revised_at", UtcDateTime, nullable=False),
    Column("point_count", Integer, nullable=False),
    Column("person_count", Integer, nullable=False),
)

override = Table(
    "override",
    metadata,
    Column("series_id", ForeignKey("series.id"), nullable=False),
    Column("recurrence_id", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("starts", UtcDateTime, nullable=True),
    Column("ends", UtcDateTime, nullable=True),
    Column("patch_json", Text, nullable=True),
    Column("itip_sequence", Integer, nullable=False),
    PrimaryKeyConstraint("series_id", "recurrence_id"),
)

occurrence = Table(
    "occurrence",
    metadata,
    Column("id", ResourceId, primary_key=True),
    Column("series_id", ForeignKey("series.id"), nullable=False),
    Column("recurrence_id", UtcDateTime, nullable=False),
    Column("starts", UtcDateTime, nullable=False),
    Column("ends", UtcDateTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("cancel_reason", Text, nullable=False),
    Column("room_open", Boolean, nullable=False),
    UniqueConstraint("series_id", "recurrence_id"),
    CheckConstraint("ends > starts", name="positive"),
)
Index(None, occurrence.c.starts, occurrence.c.id)
Index(None, occurrence.c.state, occurrence.c.starts)

resource = Table(
    "resource",
    metadata,
    Column("id", _Subject, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("policy", Text, nullable=False),
    Column("valid_from", Date, nullable=True),
    Column("valid_to", Date, nullable=True),
)

claim = Table(
    "claim",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("occurrence_id", ForeignKey("occurrence.id"), nullable=False),
    Column("resource_id", ForeignKey("resource.id"), nullable=False),
    Column("unit_no", Integer, nullable=False),
    Column("starts", UtcDateTime, nullable=False),
    Column("ends", UtcDateTime, nullable=False),
    Column("hard", Boolean, nullable=False),
    Column("live", Boolean, nullable=False),
    UniqueConstraint("occurrence_id", "resource_id"),
    CheckConstraint("ends > starts", name="positive"),
)
Index(None, claim.c.resource_id, claim.c.starts, claim.c.ends)

invitee = Table(
    "invitee",
    metadata,
    Column("id", ResourceId, primary_key=True),
    Column("occurrence_id", ForeignKey("occurrence.id"), nullable=False),
    Column("subject", _Subject, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("unit_display_name", Text, nullable=False),
    Column("unit_path", SortKey, nullable=False),
    Column("part", Text, nullable=False),
    Column("rank", SortKey, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("response_time", UtcDateTime, nullable=True),
    Column("override_reason", Text, nullable=False),
    Column("link_version", Integer, nullable=False),
    Column("removed", Boolean, nullable=False),
    UniqueConstraint("occurrence_id", "subject"),
)

briefing_revision = Table(
    "briefing_revision",
    metadata,
    Column("occurrence_id", ForeignKey("occurrence.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("snapshot_json", Text, nullable=False),
    PrimaryKeyConstraint("occurrence_id", "revision"),
)

attendance_interval = Table(
    "attendance_interval",
    metadata,
    Column("occurrence_id", ForeignKey("occurrence.id"), nullable=False),
    Column("participant_sid", Text, nullable=False),
    Column("subject", _Subject, nullable=False),
    Column("join_time", UtcDateTime, nullable=True),
    Column("leave_time", UtcDateTime, nullable=True),
    Column("leave_assumed", Boolean, nullable=False),
    PrimaryKeyConstraint("occurrence_id", "participant_sid"),
)

headcount = Table(
    "headcount",
    metadata,
    Column("invitee_id", ForeignKey("invitee.id"), primary_key=True),
    Column("occurrence_id", ForeignKey("occurrence.id"), nullable=False, index=True),
    Column("people", Integer, nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
)

speaking_request = Table(
    "speaking_request",
    metadata,
    Column("occurrence_id", ForeignKey("occurrence.id"), nullable=False),
    Column("identity", _Subject, nullable=False),
    Column("invitee_id", ForeignKey("invitee.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("asked", UtcDateTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("floor_time", UtcDateTime, nullable=True),
    PrimaryKeyConstraint("occurrence_id", "identity"),
)

room_policy = Table(
    "room_policy",
    metadata,
    Column("occurrence_id", ForeignKey("occurrence.id"), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("microphones_locked", Boolean, nullable=False),
    Column("stage_identity", _Subject, nullable=True),
    Column("stage_screen", Boolean, nullable=False, server_default=false()),
)

room_standing = Table(
    "room_standing",
    metadata,
    Column("occurrence_id", ForeignKey("occurrence.id"), nullable=False),
    Column("identity", _Subject, nullable=False),
    Column("admission", Integer, nullable=False),
    Column("out", Boolean, nullable=False),
    Column("microphone", Text, nullable=False),
    Column("may_share", Boolean, nullable=False),
    PrimaryKeyConstraint("occurrence_id", "identity"),
)

line_test = Table(
    "line_test",
    metadata,
    Column("room", Text, primary_key=True),
    Column("occurrence_id", ForeignKey("occurrence.id"), nullable=False),
    Column("invitee_id", ForeignKey("invitee.id"), nullable=False, index=True),
    Column("started", UtcDateTime, nullable=False),
    Column("verdict_json", Text, nullable=True),
    Column("finished", UtcDateTime, nullable=True),
)

request_memo = Table(
    "request_memo",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("actor", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("occurrence_id", ForeignKey("occurrence.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("made", UtcDateTime, nullable=False, index=True),
)

working_day = Table(
    "working_day",
    metadata,
    Column("day", Date, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("display_name", Text, nullable=False),
)

reader_position = Table(
    "reader_position",
    metadata,
    Column("reader", String(64), primary_key=True),
    Column("position", Text, nullable=False),
)

outbox = outbox_table(metadata)
inbox_seen = ledger_table(metadata)
