"""Exposure: what a venue states of positions, by session and by person, and the facts that a decision was priced by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision = "0012"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "verifier_persons",
        sa.Column("venue", sa.String(length=128), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("accounts", sa.Text(), nullable=False),
        sa.Column("stated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(pseudonym) = 48", name=op.f("ck_verifier_persons_pseudonym_length")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_verifier_persons_revision_positive")),
        sa.PrimaryKeyConstraint("venue", "pseudonym", name=op.f("pk_verifier_persons")),
    )
    with op.batch_alter_table("verifier_persons", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verifier_persons_stated_at"), ["stated_at"], unique=False)
    with op.batch_alter_table("verifier_sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("exposure", sa.Text(), nullable=True))
    with op.batch_alter_table("verifier_decisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("facts", sa.Text(), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f("ck_verifier_decisions_denied_unpriced"), "decision = 'accepted' OR facts IS NULL"
        )


def downgrade() -> None:
    with op.batch_alter_table("verifier_decisions", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_verifier_decisions_denied_unpriced"), type_="check")
        batch_op.drop_column("facts")
    with op.batch_alter_table("verifier_sessions", schema=None) as batch_op:
        batch_op.drop_column("exposure")
    op.drop_table("verifier_persons")
