"""The market's series as counts by day, of rows that count once; models of belief that were promoted.

Multiples cannot become counts again: a series is taken in anew from its tables. Until then a day has a calm one's hazard.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision = "0015"
branch_labels: None = None
depends_on: None = None


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _hazards(counted: str) -> None:
    op.create_table(
        "reputation_hazards",
        sa.Column("series", sa.String(length=64), nullable=False),
        _key("day"),
        sa.Column(counted, sa.BigInteger(), nullable=False),
        sa.CheckConstraint(f"{counted} > 0", name=op.f(f"ck_reputation_hazards_{counted.split('_')[0]}_positive")),
        sa.PrimaryKeyConstraint("series", "day", name=op.f("pk_reputation_hazards")),
    )


def upgrade() -> None:
    op.drop_table("reputation_hazards")
    _hazards("liquidations")
    op.create_table(
        "reputation_hazard_rows",
        sa.Column("series", sa.String(length=64), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(name) = 16", name=op.f("ck_reputation_hazard_rows_name_length")),
        sa.PrimaryKeyConstraint("series", "name", name=op.f("pk_reputation_hazard_rows")),
    )
    op.create_table(
        "reputation_models",
        sa.Column("client_id", sa.String(length=128), nullable=False),
        _key("version"),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("promoted_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_reputation_models_version_positive")),
        sa.PrimaryKeyConstraint("client_id", "version", name=op.f("pk_reputation_models")),
    )


def downgrade() -> None:
    op.drop_table("reputation_models")
    op.drop_table("reputation_hazard_rows")
    op.drop_table("reputation_hazards")
    _hazards("multiple_ppm")
