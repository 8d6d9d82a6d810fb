"""Standings: sessions in which a venue's standing is asked for, and the record of each that was signed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision = "0021"
branch_labels: None = None
depends_on: None = None

_BASES = "legal_basis IN ('amlr-77', 'contract', 'legitimate-interest')"
_HOLDS = "legal_hold IN ('litigation', 'court-order', 'audit', 'complaint')"
_WHOLE = "(legal_hold IS NULL) = (held_by IS NULL) AND (legal_hold IS NULL) = (held_at IS NULL)"


def upgrade() -> None:
    table = "issuer_renewals"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("venue", sa.String(length=257), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(nonce) = 32", name=op.f(f"ck_{table}_nonce_length")),
        sa.CheckConstraint("refused BETWEEN 0 AND 5", name=op.f(f"ck_{table}_refused_range")),
        sa.CheckConstraint("requested_at < expires_at", name=op.f(f"ck_{table}_times_ordered")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("nonce", name=op.f(f"uq_{table}_nonce")),
    )
    op.create_index(op.f(f"ix_{table}_expires_at"), table, ["expires_at"], unique=False)
    table = "issuer_standings"
    op.create_table(
        table,
        sa.Column("retain_until", sa.BigInteger(), nullable=False),
        sa.Column("legal_basis", sa.String(length=32), nullable=False),
        sa.Column("legal_hold", sa.String(length=16), nullable=True),
        sa.Column("held_by", sa.String(length=128), nullable=True),
        sa.Column("held_at", sa.BigInteger(), nullable=True),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("attestation_id", sa.String(length=32), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("expires_on", sa.Integer(), nullable=False),
        sa.Column("point", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(point) = 32", name=op.f(f"ck_{table}_point_length")),
        sa.CheckConstraint("length(salt) = 32", name=op.f(f"ck_{table}_salt_length")),
        sa.CheckConstraint("length(digest) = 32", name=op.f(f"ck_{table}_digest_length")),
        sa.CheckConstraint("length(leaf) = 32", name=op.f(f"ck_{table}_leaf_length")),
        sa.CheckConstraint(_BASES, name=op.f(f"ck_{table}_basis_known")),
        sa.CheckConstraint(_HOLDS, name=op.f(f"ck_{table}_hold_known")),
        sa.CheckConstraint(_WHOLE, name=op.f(f"ck_{table}_hold_whole")),
        sa.PrimaryKeyConstraint("session_id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("attestation_id", name=op.f(f"uq_{table}_attestation_id")),
        sa.UniqueConstraint("leaf", name=op.f(f"uq_{table}_leaf")),
    )
    op.create_index(op.f(f"ix_{table}_retain_until"), table, ["retain_until"], unique=False)


def downgrade() -> None:
    op.drop_table("issuer_standings")
    op.drop_table("issuer_renewals")
