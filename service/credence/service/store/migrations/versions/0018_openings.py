"""Openings: notices of warrants, the shares that trustees handed in, what the log is told, and what issuers look for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision = "0017"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "auditor_warrants",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("authority", sa.String(length=128), nullable=False),
        sa.Column("basis", sa.String(length=256), nullable=False),
        sa.Column("trustees", sa.String(length=128), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("shares", sa.Integer(), nullable=False),
        sa.Column("opening_leaf", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_auditor_warrants_digest_length")),
        sa.CheckConstraint("length(leaf) = 32", name=op.f("ck_auditor_warrants_leaf_length")),
        sa.CheckConstraint("length(opening_leaf) = 32", name=op.f("ck_auditor_warrants_opening_leaf_length")),
        sa.CheckConstraint("threshold BETWEEN 2 AND 32", name=op.f("ck_auditor_warrants_threshold_range")),
        sa.CheckConstraint("shares >= 0", name=op.f("ck_auditor_warrants_shares_counted")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_auditor_warrants")),
        sa.UniqueConstraint("leaf", name=op.f("uq_auditor_warrants_leaf")),
        sa.UniqueConstraint("opening_leaf", name=op.f("uq_auditor_warrants_opening_leaf")),
    )
    op.create_index(op.f("ix_auditor_warrants_authority"), "auditor_warrants", ["authority"], unique=False)
    op.create_table(
        "auditor_shares",
        sa.Column("warrant", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 32", name=op.f("ck_auditor_shares_number_range")),
        sa.ForeignKeyConstraint(
            ["warrant"], ["auditor_warrants.digest"], name=op.f("fk_auditor_shares_warrant_auditor_warrants")
        ),
        sa.PrimaryKeyConstraint("warrant", "number", name=op.f("pk_auditor_shares")),
    )
    op.create_table(
        "auditor_outbox",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("created_epoch", sa.Integer(), nullable=False),
        sa.Column("entry_index", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auditor_outbox")),
        sa.UniqueConstraint("leaf", name=op.f("uq_auditor_outbox_leaf")),
    )
    op.create_index(op.f("ix_auditor_outbox_entry_index"), "auditor_outbox", ["entry_index"], unique=False)
    op.create_table(
        "issuer_findings",
        sa.Column("warrant", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_by", sa.String(length=128), nullable=False),
        sa.Column("approved_by", sa.String(length=128), nullable=True),
        sa.CheckConstraint("length(warrant) = 32", name=op.f("ck_issuer_findings_warrant_length")),
        sa.CheckConstraint("approved_by <> proposed_by", name=op.f("ck_issuer_findings_four_eyes")),
        sa.PrimaryKeyConstraint("warrant", name=op.f("pk_issuer_findings")),
    )


def downgrade() -> None:
    op.drop_table("issuer_findings")
    op.drop_table("auditor_outbox")
    op.drop_table("auditor_shares")
    op.drop_table("auditor_warrants")
