"""A number that says whether units or points have changed."""

import sqlalchemy as sa
from alembic import op

revision = "0003_org_version"
down_revision = "0002_briefings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table with its one row."""
    table = op.create_table(
        "org_version",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("id", name="pk_org_version"),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    )
    op.bulk_insert(table, [{"id": 1, "number": 1}])


def downgrade() -> None:
    """Removes the table; nothing else refers to it."""
    op.drop_table("org_version")
