"""Who was put on everyone's stage."""

import sqlalchemy as sa
from alembic import op

revision = "0006_stage"
down_revision = "0005_room_policy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; the stages of open rooms are who speaks, as before."""
    op.add_column("room_policy", sa.Column("stage_identity", sa.Text(), nullable=True))
    op.add_column("room_policy", sa.Column("stage_screen", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Forgets it."""
    op.drop_column("room_policy", "stage_screen")
    op.drop_column("room_policy", "stage_identity")
