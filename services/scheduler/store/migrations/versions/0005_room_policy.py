"""What those who lead a briefing decided about its participants."""

import sqlalchemy as sa
from alembic import op

revision = "0005_room_policy"
down_revision = "0004_readers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "room_policy",
        sa.Column("occurrence_id", sa.String(64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("microphones_locked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("occurrence_id", name="pk_room_policy"),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name="fk_room_policy_occurrence_id_occurrence"),
    )
    op.create_table(
        "room_standing",
        sa.Column("occurrence_id", sa.String(64), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("admission", sa.Integer(), nullable=False),
        sa.Column("out", sa.Boolean(), nullable=False),
        sa.Column("microphone", sa.Text(), nullable=False),
        sa.Column("may_share", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("occurrence_id", "identity", name="pk_room_standing"),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name="fk_room_standing_occurrence_id_occurrence"),
    )


def downgrade() -> None:
    """Forgets it: who was sent out may come in again."""
    op.drop_table("room_standing")
    op.drop_table("room_policy")
