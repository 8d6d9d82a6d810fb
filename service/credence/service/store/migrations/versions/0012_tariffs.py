"""Tariff versions: what was announced, from when it counts, and the signature."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision = "0011"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "verifier_tariff_versions",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("announced_at", sa.BigInteger(), nullable=False),
        sa.Column("activates_at", sa.BigInteger(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_verifier_tariff_versions_version_positive")),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_verifier_tariff_versions_digest_length")),
        sa.CheckConstraint("announced_at <= activates_at", name=op.f("ck_verifier_tariff_versions_times_ordered")),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_verifier_tariff_versions")),
    )


def downgrade() -> None:
    op.drop_table("verifier_tariff_versions")
