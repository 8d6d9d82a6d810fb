"""Revocation: the accumulators, who was revoked, and what was handed to the log of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "issuer_accumulators",
        sa.Column("accumulator_id", sa.String(length=32), nullable=False),
        sa.Column("issuer", sa.String(length=128), nullable=False),
        sa.Column("schema_id", sa.String(length=64), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint('"index" >= 0', name=op.f("ck_issuer_accumulators_index_not_negative")),
        sa.CheckConstraint("length(value) = 48", name=op.f("ck_issuer_accumulators_value_length")),
        sa.PrimaryKeyConstraint("accumulator_id", name=op.f("pk_issuer_accumulators")),
    )
    op.create_table(
        "issuer_checkpoints",
        sa.Column("accumulator_id", sa.String(length=32), nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("minute", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(leaf) = 32", name=op.f("ck_issuer_checkpoints_leaf_length")),
        sa.CheckConstraint("length(value) = 48", name=op.f("ck_issuer_checkpoints_value_length")),
        sa.ForeignKeyConstraint(
            ["accumulator_id"],
            ["issuer_accumulators.accumulator_id"],
            name=op.f("fk_issuer_checkpoints_accumulator_id_issuer_accumulators"),
        ),
        sa.PrimaryKeyConstraint("accumulator_id", "index", "minute", name=op.f("pk_issuer_checkpoints")),
        sa.UniqueConstraint("leaf", name=op.f("uq_issuer_checkpoints_leaf")),
    )
    op.create_table(
        "issuer_revocations",
        sa.Column("accumulator_id", sa.String(length=32), nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("handle", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("attestation_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("revoked_by", sa.String(length=128), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint('"index" >= 1', name=op.f("ck_issuer_revocations_index_from_one")),
        sa.CheckConstraint("length(handle) = 32", name=op.f("ck_issuer_revocations_handle_length")),
        sa.CheckConstraint("length(value) = 48", name=op.f("ck_issuer_revocations_value_length")),
        sa.ForeignKeyConstraint(
            ["accumulator_id"],
            ["issuer_accumulators.accumulator_id"],
            name=op.f("fk_issuer_revocations_accumulator_id_issuer_accumulators"),
        ),
        sa.ForeignKeyConstraint(
            ["attestation_id"],
            ["issuer_attestations.id"],
            name=op.f("fk_issuer_revocations_attestation_id_issuer_attestations"),
        ),
        sa.PrimaryKeyConstraint("accumulator_id", "index", name=op.f("pk_issuer_revocations")),
        sa.UniqueConstraint("attestation_id", name=op.f("uq_issuer_revocations_attestation_id")),
        sa.UniqueConstraint("handle", name=op.f("uq_issuer_revocations_handle")),
    )
    with op.batch_alter_table("issuer_revocations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuer_revocations_revoked_at"), ["revoked_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("issuer_revocations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuer_revocations_revoked_at"))

    op.drop_table("issuer_revocations")
    op.drop_table("issuer_checkpoints")
    op.drop_table("issuer_accumulators")
