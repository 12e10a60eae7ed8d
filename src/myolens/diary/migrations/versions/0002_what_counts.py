"""Recordings and the diary can be left out of answers; a recording's file is known by its fingerprint."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Everything kept so far counts."""
    for table, name in (("profile", "diary_counted"), ("stored_recording", "counted")):
        op.add_column(table, sa.Column(name, sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column(
        "stored_recording", sa.Column("fingerprint", sa.String(64), nullable=False, server_default="")
    )
    op.drop_table("trial")  # was never written to
    # Analyses are kept in another form from here on: what was analysed is analysed again, and decisions,
    # which name an event by its place, begin anew (the copy made before this holds the old ones).
    op.execute("update stored_recording set state = 'waiting', analysis = null where state = 'done'")
    op.execute("delete from event_review")
