"""The quality history."""

import sqlalchemy as sa
from alembic import op

from giaoban.sql.engine import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table of samples."""
    op.create_table(
        "quality_samples",
        sa.Column("key", sa.String(512), nullable=False),
        sa.Column("room", sa.String(128), nullable=False),
        sa.Column("identity", sa.String(256), nullable=False),
        sa.Column("participant_sid", sa.String(32), nullable=False),
        sa.Column("unit_path", sa.String(1024), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("display_name", sa.String(256), nullable=False),
        sa.Column("window_end_time", UtcDateTime(), nullable=False),
        sa.Column("loss_up_percent", sa.Double()),
        sa.Column("jitter_up_ms", sa.Double()),
        sa.Column("bitrate_up_bps", sa.Double()),
        sa.Column("loss_down_percent", sa.Double()),
        sa.Column("jitter_down_ms", sa.Double()),
        sa.Column("bitrate_down_bps", sa.Double()),
        sa.Column("round_trip_ms", sa.Double()),
        sa.Column("score", sa.Double()),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("worst_metric", sa.String(16), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_quality_samples"),
    )
    op.create_index("ix_quality_samples_identity_window", "quality_samples", ["identity", "window_end_time"])
    op.create_index("ix_quality_samples_window", "quality_samples", ["window_end_time"])


def downgrade() -> None:
    """Drops the history."""
    op.drop_table("quality_samples")
