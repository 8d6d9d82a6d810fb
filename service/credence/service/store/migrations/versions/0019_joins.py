"""Joinings: that two persons are one, because a document's tags lead to both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision = "0018"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    table = "issuer_person_joins"
    op.create_table(
        table,
        sa.Column("first", sa.LargeBinary(), nullable=False),
        sa.Column("second", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(first) = 32", name=op.f(f"ck_{table}_first_length")),
        sa.CheckConstraint("length(second) = 32", name=op.f(f"ck_{table}_second_length")),
        sa.CheckConstraint("first < second", name=op.f(f"ck_{table}_in_order")),
        sa.PrimaryKeyConstraint("first", "second", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_second"), table, ["second"], unique=False)


def downgrade() -> None:
    """Loses which persons are one: a release of before takes them for two."""
    op.drop_table("issuer_person_joins")
