"""Tables of the organisation."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from services.scheduler.store.base import ResourceId, SortKey, metadata

unit = Table(
    "unit",
    metadata,
    Column("id", ResourceId, primary_key=True),
    Column("parent_id", ForeignKey("unit.id"), nullable=True, index=True),
    Column("display_name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("valid_from", Date, nullable=True),
    Column("valid_to", Date, nullable=True),
    Column("successor_id", ForeignKey("unit.id"), nullable=True),
    Column("protocol_order", Integer, nullable=False),
    Column("path", SortKey, nullable=False, unique=True),
    Column("rank", SortKey, nullable=False, unique=True),
    # Folded words of the row, for search without diacritics.
    Column("search", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    CheckConstraint("valid_to IS NULL OR valid_from IS NULL OR valid_from < valid_to", name="valid_dates"),
)

point = Table(
    "point",
    metadata,
    Column("id", ResourceId, primary_key=True),
    Column("unit_id", ForeignKey("unit.id"), nullable=False, index=True),
    Column("display_name", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("seats", Integer, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("down_kbps", Integer, nullable=False),
    Column("up_kbps", Integer, nullable=False),
    Column("it_contact_name", Text, nullable=False),
    Column("it_contact_phone", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("retired", Boolean, nullable=False),
    Column("search", Text, nullable=False),
    Column("sort_name", SortKey, nullable=False),
    Column("revision", Integer, nullable=False),
)

person = Table(
    "person",
    metadata,
    Column("id", ResourceId, primary_key=True),
    Column("unit_id", ForeignKey("unit.id"), nullable=True, index=True),
    Column("display_name", Text, nullable=False),
    Column("position", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text, nullable=False),
    # NULL, not empty, without an account: NULLs do not clash.
    Column("username", Text, nullable=True),
    Column("password_hash", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False),
    Column("retired", Boolean, nullable=False),
    Column("search", Text, nullable=False),
    Column("sort_name", SortKey, nullable=False),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("username"),
)

# One row, counted up by whoever changes units or points, so that readers know whether what they keep still holds.
org_version = Table(
    "org_version",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
)

role_grant = Table(
    "role_grant",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("role", Text, nullable=False),
    # NULL: the whole organisation.
    Column("unit_id", ForeignKey("unit.id"), nullable=True),
    UniqueConstraint("person_id", "role", "unit_id"),
)
Index(None, role_grant.c.role, role_grant.c.unit_id)
