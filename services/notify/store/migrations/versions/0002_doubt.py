"""Deliveries that were repeated although a server may have taken them."""

import sqlalchemy as sa
from alembic import op

revision = "0002_doubt"
down_revision = "0001_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the mark; what was repeated before has none."""
    op.add_column("delivery", sa.Column("may_have_arrived", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Forgets the mark."""
    op.drop_column("delivery", "may_have_arrived")
