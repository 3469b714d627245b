"""How far the books of readers were when they last compared them."""

import sqlalchemy as sa
from alembic import op

revision = "0004_readers"
down_revision = "0003_org_version"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "reader_position",
        sa.Column("reader", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("reader", name="pk_reader_position"),
        sa.Column("position", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """Forgets it; a restored reader is not noticed before it has compared once more."""
    op.drop_table("reader_position")
