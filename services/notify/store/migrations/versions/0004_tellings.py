"""Revisions that are to be told, and the hold of all mail."""

import sqlalchemy as sa
from alembic import op

from giaoban.sql.engine import UtcDateTime

revision = "0004_tellings"
down_revision = "0003_turns"
branch_labels = None
depends_on = None

_OPEN = sa.text("done_time IS NULL")


def upgrade() -> None:
    """Makes the tables; what was told before is found by its deliveries, so nobody is told again."""
    op.create_table(
        "telling",
        sa.Column("briefing", sa.String(100), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("turn_time", UtcDateTime, nullable=False),
        sa.Column("next_try_time", UtcDateTime, nullable=False),
        sa.Column("done_time", UtcDateTime, nullable=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("error", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("briefing", "revision", name="pk_telling"),
    )
    op.create_index("ix_telling_open", "telling", ["turn_time"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_table(
        "mail_hold",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("released", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mail_hold"),
    )


def downgrade() -> None:
    """Forgets what is to be told."""
    op.drop_table("mail_hold")
    op.drop_table("telling")
