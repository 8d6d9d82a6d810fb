"""Denied decisions are counted by the minute; those that there are already too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision = "0024"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "verifier_denials",
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("denied", sa.BigInteger(), nullable=False),
        sa.Column("erased", sa.BigInteger(), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("leaf", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("erased BETWEEN 0 AND denied", name=op.f("ck_verifier_denials_erased_range")),
        sa.CheckConstraint(
            "(salt IS NULL) = (leaf IS NULL) AND (verifier IS NULL) = (leaf IS NULL)",
            name=op.f("ck_verifier_denials_closed_whole"),
        ),
        sa.CheckConstraint("length(salt) = 32", name=op.f("ck_verifier_denials_salt_length")),
        sa.CheckConstraint("length(leaf) = 32", name=op.f("ck_verifier_denials_leaf_length")),
        sa.PrimaryKeyConstraint("minute", name=op.f("pk_verifier_denials")),
    )
    op.execute(
        "INSERT INTO verifier_denials (minute, denied, erased) SELECT decided_at / 60, count(*), 0 "
        "FROM verifier_decisions WHERE decision = 'denied' GROUP BY decided_at / 60"
    )


def downgrade() -> None:
    op.drop_table("verifier_denials")
