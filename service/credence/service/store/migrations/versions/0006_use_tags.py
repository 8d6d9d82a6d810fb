"""Rate limits: the uses that were spent, what a registration lets a venue ask for, presentations that seal a handle."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision = "0005"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "verifier_use_tags",
        sa.Column("venue", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(tag) = 48", name=op.f("ck_verifier_use_tags_tag_length")),
        sa.PrimaryKeyConstraint("venue", "name", "epoch", "tag", name=op.f("pk_verifier_use_tags")),
    )
    with op.batch_alter_table("verifier_use_tags", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verifier_use_tags_ends_at"), ["ends_at"], unique=False)
    with op.batch_alter_table("verifier_decisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sealed", sa.Text(), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f("ck_verifier_decisions_denied_unsealed"), "decision = 'accepted' OR sealed IS NULL"
        )
    with op.batch_alter_table("auth_registrations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("disclose", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("auth_registrations", schema=None) as batch_op:
        batch_op.drop_column("disclose")
    with op.batch_alter_table("verifier_decisions", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_verifier_decisions_denied_unsealed"), type_="check")
        batch_op.drop_column("sealed")
    op.drop_table("verifier_use_tags")
