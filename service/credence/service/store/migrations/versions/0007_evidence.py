"""Evidence: challenges that a holder answers once, what identity vendors say of their results."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision = "0006"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    for table in ("issuer_challenges", "issuer_spent_challenges"):
        columns: list[sa.Column[object]] = [sa.Column("nonce", sa.LargeBinary(), nullable=False)]
        if table == "issuer_challenges":
            columns.append(sa.Column("client_id", sa.String(length=128), nullable=False))
        op.create_table(
            table,
            *columns,
            sa.Column("expires_at", sa.BigInteger(), nullable=False),
            sa.CheckConstraint("length(nonce) = 32", name=op.f(f"ck_{table}_nonce_length")),
            sa.PrimaryKeyConstraint("nonce", name=op.f(f"pk_{table}")),
        )
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f"ix_{table}_expires_at"), ["expires_at"], unique=False)
    op.create_table(
        "issuer_vendor_notices",
        sa.Column("vendor", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_issuer_vendor_notices_digest_length")),
        sa.PrimaryKeyConstraint("vendor", "digest", name=op.f("pk_issuer_vendor_notices")),
    )
    op.create_table(
        "issuer_vendor_results",
        sa.Column("vendor", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("standing", sa.String(length=8), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "standing IN ('pending', 'approved', 'declined')", name=op.f("ck_issuer_vendor_results_standing_known")
        ),
        sa.PrimaryKeyConstraint("vendor", "reference", name=op.f("pk_issuer_vendor_results")),
    )
    with op.batch_alter_table("issuer_vendor_results", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_issuer_vendor_results_vendor_standing_updated_at"),
            ["vendor", "standing", "updated_at"],
            unique=False,
        )


def downgrade() -> None:
    for table in ("issuer_vendor_results", "issuer_vendor_notices", "issuer_spent_challenges", "issuer_challenges"):
        op.drop_table(table)
