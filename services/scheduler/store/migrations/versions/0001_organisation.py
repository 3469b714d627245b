"""Organisation, accounts, audit log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from giaoban.sql.engine import UtcDateTime

revision = "0001_organisation"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.String(64)
_POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_SORT_KEY = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes the tables and closes the audit log against changes."""
    _units()
    _points()
    _people()
    _audit()


def downgrade() -> None:
    """Removes everything; the data is lost."""
    _open_audit()
    for table in ("audit_entry", "audit_head", "role_grant", "person", "point", "unit"):
        op.drop_table(table)


def _units() -> None:
    op.create_table(
        "unit",
        sa.Column("id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unit"),
        sa.Column("parent_id", _ID, sa.ForeignKey("unit.id", name="fk_unit_parent_id_unit"), nullable=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=True),
        sa.Column("valid_to", sa.Date, nullable=True),
        sa.Column("successor_id", _ID, sa.ForeignKey("unit.id", name="fk_unit_successor_id_unit"), nullable=True),
        sa.Column("protocol_order", sa.Integer, nullable=False),
        sa.Column("path", _SORT_KEY, nullable=False),
        sa.Column("rank", _SORT_KEY, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_from IS NULL OR valid_from < valid_to", name="ck_unit_valid_dates"
        ),
        sa.UniqueConstraint("path", name="uq_unit_path"),
        sa.UniqueConstraint("rank", name="uq_unit_rank"),
    )
    op.create_index("ix_unit_parent_id", "unit", ["parent_id"])


def _points() -> None:
    op.create_table(
        "point",
        sa.Column("id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_point"),
        sa.Column("unit_id", _ID, sa.ForeignKey("unit.id", name="fk_point_unit_id_unit"), nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("seats", sa.Integer, nullable=False),
        sa.Column("carrier", sa.Text, nullable=False),
        sa.Column("down_kbps", sa.Integer, nullable=False),
        sa.Column("up_kbps", sa.Integer, nullable=False),
        sa.Column("it_contact_name", sa.Text, nullable=False),
        sa.Column("it_contact_phone", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("sort_name", _SORT_KEY, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index("ix_point_unit_id", "point", ["unit_id"])


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.Column("unit_id", _ID, sa.ForeignKey("unit.id", name="fk_person_unit_id_unit"), nullable=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("position", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("username", sa.Text, nullable=True),
        sa.Column("password_hash", sa.Text, nullable=False, server_default=""),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("sort_name", _SORT_KEY, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.UniqueConstraint("username", name="uq_person_username"),
    )
    op.create_index("ix_person_unit_id", "person", ["unit_id"])
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_role_grant"),
        sa.Column("person_id", _ID, sa.ForeignKey("person.id", name="fk_role_grant_person_id_person"), nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("unit_id", _ID, sa.ForeignKey("unit.id", name="fk_role_grant_unit_id_unit"), nullable=True),
        sa.UniqueConstraint("person_id", "role", "unit_id", name="uq_role_grant_person_id_role_unit_id"),
    )
    op.create_index("ix_role_grant_role_unit_id", "role_grant", ["role", "unit_id"])


def _audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("position", _POSITION, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit_entry"),
        sa.Column("create_time", UtcDateTime, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("ix_audit_entry_resource", "audit_entry", ["resource"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
        sa.Column("position", _POSITION, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "position": 0, "hash": "0" * 64}])
    _close_audit()


def _close_audit() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_entry_no_{change.lower()} BEFORE {change} ON audit_entry "
                "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_entry_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log only grows' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_grows()"
    )


def _open_audit() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(f"DROP TRIGGER audit_entry_no_{change}")
        return
    op.execute("DROP TRIGGER audit_entry_grows ON audit_entry")
    op.execute("DROP FUNCTION audit_entry_grows()")
