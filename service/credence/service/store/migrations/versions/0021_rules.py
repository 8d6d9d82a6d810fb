"""The verifier's rules: published editions, and the marks of its policies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision = "0020"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "verifier_rules_editions",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_verifier_rules_editions_digest_length")),
        sa.CheckConstraint("number >= 0", name=op.f("ck_verifier_rules_editions_number_not_negative")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_verifier_rules_editions")),
        sa.UniqueConstraint("digest", name=op.f("uq_verifier_rules_editions_digest")),
    )
    op.create_table(
        "verifier_policy_marks",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(mark) = 32", name=op.f("ck_verifier_policy_marks_mark_length")),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_verifier_policy_marks")),
    )
    op.create_index(op.f("ix_verifier_policy_marks_number"), "verifier_policy_marks", ["number"])


def downgrade() -> None:
    op.drop_index(op.f("ix_verifier_policy_marks_number"), table_name="verifier_policy_marks")
    op.drop_table("verifier_policy_marks")
    op.drop_table("verifier_rules_editions")
