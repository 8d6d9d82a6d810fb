"""Reports of the risk desk, as they were made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision = "0022"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    table = "reputation_reports"
    op.create_table(
        table,
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("report_id", sa.String(length=22), nullable=False),
        sa.Column("as_of_day", sa.BigInteger(), nullable=False),
        sa.Column("accounts", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(report_id) = 22", name=op.f(f"ck_{table}_report_id_length")),
        sa.PrimaryKeyConstraint("client_id", "report_id", name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    """Loses the reports that were kept; the same day's are made again from what was reported."""
    op.drop_table("reputation_reports")
