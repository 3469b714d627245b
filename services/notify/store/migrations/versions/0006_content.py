"""What goes out lies apart from how it goes: each change of a row wrote the whole message anew."""

import sqlalchemy as sa
from alembic import op

revision = "0006_content"
down_revision = "0005_mailboxes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Moves it."""
    op.create_table(
        "delivery_content",
        sa.Column("delivery", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("delivery", name="pk_delivery_content"),
        sa.ForeignKeyConstraint(["delivery"], ["delivery.id"], name="fk_delivery_content_delivery_delivery"),
    )
    op.execute(
        "INSERT INTO delivery_content (delivery, content) SELECT id, content FROM delivery WHERE content IS NOT NULL"
    )
    # Not in a batch: that would make the table anew from what reflection sees, without the partial indexes.
    op.execute("ALTER TABLE delivery DROP COLUMN content")


def downgrade() -> None:
    """Moves it back."""
    op.execute("ALTER TABLE delivery ADD COLUMN content BYTEA")
    op.execute(
        "UPDATE delivery SET content = (SELECT content FROM delivery_content WHERE delivery_content.delivery = delivery.id)"
    )
    op.drop_table("delivery_content")
