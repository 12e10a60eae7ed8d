"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _owner() -> sa.ForeignKey:
    return sa.ForeignKey("profile.id", ondelete="CASCADE")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "profile",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("hide_numbers", sa.Boolean, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
    )
    op.create_table(
        "check_in",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("profile_id", sa.Integer, _owner(), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("intensity", sa.Integer),
        sa.Column("sleep_hours", sa.Double),
        sa.Column("caffeine_mg", sa.Double),
        sa.Column("alcohol_units", sa.Double),
        sa.Column("fluids_litres", sa.Double),
        sa.Column("exercise_minutes", sa.Double),
        sa.Column("stress", sa.Integer),
        sa.Column("medicines", sa.JSON, nullable=False),
        sa.Column("abilities", sa.JSON, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("written", sa.DateTime, nullable=False),
        sa.UniqueConstraint("profile_id", "day"),
        sa.CheckConstraint("intensity is null or intensity between 0 and 10"),
    )
    op.create_table(
        "moment",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("profile_id", sa.Integer, _owner(), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("site", sa.String(100)),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_index("moment_profile_at", "moment", ["profile_id", "at"])
    op.create_table(
        "stored_case",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("profile_id", sa.Integer, _owner(), nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("case", sa.JSON, nullable=False),
        sa.Column("assessment", sa.JSON),
    )
    op.create_index("stored_case_profile", "stored_case", ["profile_id", "created"])
    op.create_table(
        "stored_recording",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("profile_id", sa.Integer, _owner(), nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("file", sa.String(255), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("analysis", sa.JSON),
    )
    op.create_index("stored_recording_profile", "stored_recording", ["profile_id", "created"])
    op.create_table(
        "event_review",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "recording_id",
            sa.Integer,
            sa.ForeignKey("stored_recording.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("event", sa.Integer, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("unit", sa.Integer),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_index("event_review_recording", "event_review", ["recording_id", "id"])
    op.create_table(
        "trial",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("profile_id", sa.Integer, _owner(), nullable=False),
        sa.Column("factor", sa.String(64), nullable=False),
        sa.Column("start", sa.Date, nullable=False),
        sa.Column("block_days", sa.Integer, nullable=False),
        sa.Column("blocks", sa.JSON, nullable=False),
        sa.Column("stopped", sa.Date),
    )
