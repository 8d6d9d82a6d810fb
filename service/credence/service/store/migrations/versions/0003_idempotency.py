"""Answers by idempotency key, and sessions by their end; an attestation says once which commitment it was made for."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: None = None
depends_on: None = None

_ATTESTATIONS = "issuer_attestations"
_PAGE = 500


def upgrade() -> None:
    op.create_table(
        "idempotency_answers",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_idempotency_answers_digest_length")),
        sa.CheckConstraint("length(fingerprint) = 32", name=op.f("ck_idempotency_answers_fingerprint_length")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_idempotency_answers")),
    )
    with op.batch_alter_table("idempotency_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_answers_expires_at"), ["expires_at"], unique=False)

    with op.batch_alter_table("verifier_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verifier_sessions_state_expires_at"), ["state", "expires_at"], unique=False)

    with op.batch_alter_table(_ATTESTATIONS, copy_from=_attestations()) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_issuer_attestations_request_length"), type_="check")
        batch_op.drop_column("commitment_request")


def downgrade() -> None:
    with op.batch_alter_table(_ATTESTATIONS) as batch_op:
        batch_op.add_column(sa.Column("commitment_request", sa.LargeBinary(), nullable=True))
    _fill()
    with op.batch_alter_table(_ATTESTATIONS, copy_from=_attestations(filled=False)) as batch_op:
        batch_op.alter_column("commitment_request", existing_type=sa.LargeBinary(), nullable=False)
        if op.get_bind().dialect.name == "postgresql":  # SQLite's new table has it from the definition below
            batch_op.create_check_constraint(
                batch_op.f("ck_issuer_attestations_request_length"), "length(commitment_request) = 32"
            )

    with op.batch_alter_table("verifier_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verifier_sessions_state_expires_at"))

    with op.batch_alter_table("idempotency_answers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_answers_expires_at"))

    op.drop_table("idempotency_answers")


def _attestations(*, filled: bool = True) -> sa.Table:
    """The table before a change: SQLite makes it anew, and does not say by itself which checks it had."""
    return sa.Table(
        _ATTESTATIONS,
        sa.MetaData(),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("identity_tag", sa.LargeBinary(), nullable=False),
        sa.Column("schema_id", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("issued_epoch", sa.Integer(), nullable=False),
        sa.Column("expiry_epoch", sa.Integer(), nullable=False),
        sa.Column("resets", sa.Integer(), nullable=False),
        sa.Column("reset_day", sa.Integer(), nullable=False),
        sa.Column("revocation_handle", sa.LargeBinary(), nullable=False),
        sa.Column("subject_handle", sa.LargeBinary(), nullable=False),
        sa.Column("commitment_point", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("commitment_request", sa.LargeBinary(), nullable=not filled),
        sa.CheckConstraint("length(commitment_request) = 32", name=op.f("ck_issuer_attestations_request_length")),
        sa.CheckConstraint("issued_epoch < expiry_epoch", name=op.f("ck_issuer_attestations_epochs_ordered")),
        sa.CheckConstraint("length(commitment_point) = 48", name=op.f("ck_issuer_attestations_point_length")),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_issuer_attestations_digest_length")),
        sa.CheckConstraint("length(identity_tag) = 32", name=op.f("ck_issuer_attestations_tag_length")),
        sa.CheckConstraint("length(leaf) = 32", name=op.f("ck_issuer_attestations_leaf_length")),
        sa.CheckConstraint("length(revocation_handle) = 32", name=op.f("ck_issuer_attestations_revocation_length")),
        sa.CheckConstraint("length(salt) = 32", name=op.f("ck_issuer_attestations_salt_length")),
        sa.CheckConstraint("length(subject_handle) = 16", name=op.f("ck_issuer_attestations_subject_length")),
        sa.CheckConstraint("resets >= 0", name=op.f("ck_issuer_attestations_resets_not_negative")),
        sa.ForeignKeyConstraint(["case_id"], ["issuer_cases.id"], name=op.f("fk_issuer_attestations_case_id_issuer_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer_attestations")),
        sa.UniqueConstraint("identity_tag", name=op.f("uq_issuer_attestations_identity_tag")),
        sa.UniqueConstraint("leaf", name=op.f("uq_issuer_attestations_leaf")),
        sa.UniqueConstraint("revocation_handle", name=op.f("uq_issuer_attestations_revocation_handle")),
        sa.UniqueConstraint("subject_handle", name=op.f("uq_issuer_attestations_subject_handle")),
        sa.Index(op.f("ix_issuer_attestations_case_id"), "case_id"),
    )


def _fill() -> None:
    """The digest that the earlier release looks for: of a label and the point, each after its length."""
    label = b"CREDENCE-V01-COMMITMENT-REQUEST"
    prefix = len(label).to_bytes(4, "little") + label
    table = sa.table(
        _ATTESTATIONS,
        sa.column("id", sa.String()),
        sa.column("commitment_point", sa.LargeBinary()),
        sa.column("commitment_request", sa.LargeBinary()),
    )
    connection = op.get_bind()
    waiting = sa.select(table.c.id, table.c.commitment_point).where(table.c.commitment_request.is_(None)).limit(_PAGE)
    change = table.update().where(table.c.id == sa.bindparam("row"))
    while page := connection.execute(waiting).all():
        values = [
            {"row": name, "commitment_request": hashlib.sha256(prefix + len(point).to_bytes(4, "little") + point).digest()}
            for name, point in page
        ]
        connection.execute(change, values)
