"""What goes first, and the problem of the mail server."""

import sqlalchemy as sa
from alembic import op

from giaoban.sql.engine import UtcDateTime

revision = "0003_turns"
down_revision = "0002_doubt"
branch_labels = None
depends_on = None

_PENDING = sa.text("state = 'PENDING'")
_LATER = sa.text("state = 'PENDING' AND turn = 2")


def upgrade() -> None:
    """Adds the column, an index that a look needs not sort behind, and the table."""
    op.add_column("delivery", sa.Column("turn", sa.Integer, nullable=False, server_default="2"))
    op.drop_index("ix_delivery_waiting", "delivery")
    columns = ["turn", "next_attempt_time", "id"]
    op.create_index("ix_delivery_waiting", "delivery", columns, sqlite_where=_PENDING, postgresql_where=_PENDING)
    op.create_index("ix_delivery_later", "delivery", ["start_time"], sqlite_where=_LATER, postgresql_where=_LATER)
    op.create_index(
        "ix_delivery_expiring", "delivery", ["expire_time"], sqlite_where=_PENDING, postgresql_where=_PENDING
    )
    op.create_table(
        "mail_problem",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("settings_mark", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("next_try_time", UtcDateTime, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mail_problem"),
    )


def downgrade() -> None:
    """Forgets what goes first."""
    op.drop_table("mail_problem")
    op.drop_index("ix_delivery_expiring", "delivery")
    op.drop_index("ix_delivery_later", "delivery")
    op.drop_index("ix_delivery_waiting", "delivery")
    op.create_index(
        "ix_delivery_waiting", "delivery", ["next_attempt_time"], sqlite_where=_PENDING, postgresql_where=_PENDING
    )
    op.drop_column("delivery", "turn")
