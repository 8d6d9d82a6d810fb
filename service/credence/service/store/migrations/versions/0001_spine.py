"""The spine: clients, cases, attestations, policies, sessions, decisions, the log and its outboxes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "auth_clients",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_clients")),
    )
    op.create_table(
        "issuer_cases",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("opened_by", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("identity_tag", sa.LargeBinary(), nullable=False),
        sa.Column("evidence_digest", sa.LargeBinary(), nullable=False),
        sa.Column("evidence_salt", sa.LargeBinary(), nullable=False),
        sa.Column("evidence_commitment", sa.LargeBinary(), nullable=False),
        sa.Column("vendor", sa.String(length=64), nullable=False),
        sa.Column("vendor_reference", sa.String(length=128), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("kyc_level", sa.Integer(), nullable=True),
        sa.Column("risk_tier", sa.String(length=16), nullable=True),
        sa.Column("diligence", sa.String(length=32), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("screening", sa.Text(), nullable=False),
        sa.Column("offer_key_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=128), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "NOT state IN ('approved', 'review', 'issued') OR (kyc_level IS NOT NULL AND risk_tier IS NOT NULL)",
            name=op.f("ck_issuer_cases_judged_whole"),
        ),
        sa.CheckConstraint("risk_tier IN ('low', 'standard', 'enhanced')", name=op.f("ck_issuer_cases_tier_known")),
        sa.CheckConstraint(
            "state IN ('received', 'verified', 'screened', 'approved', 'review', 'declined', 'issued')",
            name=op.f("ck_issuer_cases_state_known"),
        ),
        sa.CheckConstraint("kyc_level BETWEEN 1 AND 3", name=op.f("ck_issuer_cases_level_range")),
        sa.CheckConstraint("length(evidence_commitment) = 32", name=op.f("ck_issuer_cases_commitment_length")),
        sa.CheckConstraint("length(evidence_digest) = 32", name=op.f("ck_issuer_cases_digest_length")),
        sa.CheckConstraint("length(evidence_salt) = 32", name=op.f("ck_issuer_cases_salt_length")),
        sa.CheckConstraint("length(identity_tag) = 32", name=op.f("ck_issuer_cases_tag_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer_cases")),
        sa.UniqueConstraint("evidence_digest", name=op.f("uq_issuer_cases_evidence_digest")),
    )
    with op.batch_alter_table("issuer_cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuer_cases_identity_tag"), ["identity_tag"], unique=False)

    op.create_table(
        "issuer_documents",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_issuer_documents_digest_length")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_issuer_documents")),
    )
    op.create_table(
        "issuer_outbox",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("created_epoch", sa.Integer(), nullable=False),
        sa.Column("entry_index", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer_outbox")),
        sa.UniqueConstraint("leaf", name=op.f("uq_issuer_outbox_leaf")),
    )
    with op.batch_alter_table("issuer_outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuer_outbox_entry_index"), ["entry_index"], unique=False)

    op.create_table(
        "ledger_checkpoints",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_ledger_checkpoints")),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("outbox_id", sa.String(length=36), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.CheckConstraint('"index" >= 0', name=op.f("ck_ledger_entries_index_not_negative")),
        sa.CheckConstraint("length(leaf) = 32", name=op.f("ck_ledger_entries_leaf_length")),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("source", "outbox_id", name=op.f("uq_ledger_entries_source_outbox_id")),
    )
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_entries_leaf"), ["leaf"], unique=False)

    op.create_table(
        "verifier_outbox",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("created_epoch", sa.Integer(), nullable=False),
        sa.Column("entry_index", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifier_outbox")),
    )
    with op.batch_alter_table("verifier_outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verifier_outbox_entry_index"), ["entry_index"], unique=False)

    op.create_table(
        "verifier_policies",
        sa.Column("venue", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("policy_hash", sa.LargeBinary(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(policy_hash) = 32", name=op.f("ck_verifier_policies_hash_length")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_verifier_policies_version_positive")),
        sa.PrimaryKeyConstraint("venue", "name", "version", name=op.f("pk_verifier_policies")),
    )
    op.create_table(
        "verifier_spent_nonces",
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("spent_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(nonce) = 32", name=op.f("ck_verifier_spent_nonces_nonce_length")),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_verifier_spent_nonces")),
    )
    op.create_table(
        "auth_keys",
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("mac_key_id", sa.String(length=32), nullable=False),
        sa.Column("scopes", sa.String(length=400), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(mac) = 32", name=op.f("ck_auth_keys_mac_length")),
        sa.ForeignKeyConstraint(["client_id"], ["auth_clients.id"], name=op.f("fk_auth_keys_client_id_auth_clients")),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_auth_keys")),
    )
    with op.batch_alter_table("auth_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_auth_keys_client_id"), ["client_id"], unique=False)

    op.create_table(
        "issuer_attestations",
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
        sa.Column("commitment_request", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("issued_epoch < expiry_epoch", name=op.f("ck_issuer_attestations_epochs_ordered")),
        sa.CheckConstraint("length(commitment_point) = 48", name=op.f("ck_issuer_attestations_point_length")),
        sa.CheckConstraint("length(commitment_request) = 32", name=op.f("ck_issuer_attestations_request_length")),
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
    )
    with op.batch_alter_table("issuer_attestations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuer_attestations_case_id"), ["case_id"], unique=False)

    op.create_table(
        "verifier_sessions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("venue", sa.String(length=128), nullable=False),
        sa.Column("policy_name", sa.String(length=64), nullable=False),
        sa.Column("policy_version", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("channel", sa.LargeBinary(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("volume_30d_usd", sa.String(length=40), nullable=True),
        sa.Column("maker_share", sa.String(length=40), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.CheckConstraint("state IN ('open', 'accepted', 'denied')", name=op.f("ck_verifier_sessions_state_known")),
        sa.CheckConstraint("attempts BETWEEN 0 AND 5", name=op.f("ck_verifier_sessions_attempts_range")),
        sa.CheckConstraint("length(nonce) = 32", name=op.f("ck_verifier_sessions_nonce_length")),
        sa.CheckConstraint("requested_at < expires_at", name=op.f("ck_verifier_sessions_times_ordered")),
        sa.ForeignKeyConstraint(
            ["venue", "policy_name", "policy_version"],
            ["verifier_policies.venue", "verifier_policies.name", "verifier_policies.version"],
            name="fk_verifier_sessions_policy",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifier_sessions")),
        sa.UniqueConstraint("nonce", name=op.f("uq_verifier_sessions_nonce")),
    )
    op.create_table(
        "verifier_decisions",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(decision = 'accepted') = (reason = 'accepted')", name=op.f("ck_verifier_decisions_reason_fits")
        ),
        sa.CheckConstraint("decision = 'accepted' OR pseudonym IS NULL", name=op.f("ck_verifier_decisions_denied_unnamed")),
        sa.CheckConstraint("decision IN ('accepted', 'denied')", name=op.f("ck_verifier_decisions_decision_known")),
        sa.CheckConstraint("length(pseudonym) = 48", name=op.f("ck_verifier_decisions_pseudonym_length")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["verifier_sessions.id"], name=op.f("fk_verifier_decisions_session_id_verifier_sessions")
        ),
        sa.PrimaryKeyConstraint("session_id", "attempt", name=op.f("pk_verifier_decisions")),
    )
    with op.batch_alter_table("verifier_decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verifier_decisions_pseudonym"), ["pseudonym"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("verifier_decisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verifier_decisions_pseudonym"))

    op.drop_table("verifier_decisions")
    op.drop_table("verifier_sessions")
    with op.batch_alter_table("issuer_attestations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuer_attestations_case_id"))

    op.drop_table("issuer_attestations")
    with op.batch_alter_table("auth_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_auth_keys_client_id"))

    op.drop_table("auth_keys")
    op.drop_table("verifier_spent_nonces")
    op.drop_table("verifier_policies")
    with op.batch_alter_table("verifier_outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verifier_outbox_entry_index"))

    op.drop_table("verifier_outbox")
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_entries_leaf"))

    op.drop_table("ledger_entries")
    op.drop_table("ledger_checkpoints")
    with op.batch_alter_table("issuer_outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuer_outbox_entry_index"))

    op.drop_table("issuer_outbox")
    op.drop_table("issuer_documents")
    with op.batch_alter_table("issuer_cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuer_cases_identity_tag"))

    op.drop_table("issuer_cases")
    op.drop_table("auth_clients")
