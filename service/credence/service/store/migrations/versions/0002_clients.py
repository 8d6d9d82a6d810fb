"""Clients: registrations and their outbox, public keys, used-up token ids, the day a key was last used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "auth_outbox",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("created_epoch", sa.Integer(), nullable=False),
        sa.Column("entry_index", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_outbox")),
        sa.UniqueConstraint("leaf", name=op.f("uq_auth_outbox_leaf")),
    )
    with op.batch_alter_table("auth_outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_auth_outbox_entry_index"), ["entry_index"], unique=False)

    op.create_table(
        "auth_spent_ids",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_auth_spent_ids_digest_length")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_auth_spent_ids")),
    )
    with op.batch_alter_table("auth_spent_ids", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_auth_spent_ids_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "auth_public_keys",
        sa.Column("thumbprint", sa.String(length=43), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("jwk", sa.Text(), nullable=False),
        sa.Column("scopes", sa.String(length=400), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_day", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["auth_clients.id"], name=op.f("fk_auth_public_keys_client_id_auth_clients")),
        sa.PrimaryKeyConstraint("thumbprint", name=op.f("pk_auth_public_keys")),
        sa.UniqueConstraint("client_id", "kid", name=op.f("uq_auth_public_keys_client_id_kid")),
    )
    op.create_table(
        "auth_registrations",
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(leaf) = 32", name=op.f("ck_auth_registrations_leaf_length")),
        sa.CheckConstraint("length(salt) = 32", name=op.f("ck_auth_registrations_salt_length")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["auth_clients.id"], name=op.f("fk_auth_registrations_client_id_auth_clients")
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_auth_registrations")),
        sa.UniqueConstraint("leaf", name=op.f("uq_auth_registrations_leaf")),
    )
    with op.batch_alter_table("auth_keys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_used_day", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("auth_keys", schema=None) as batch_op:
        batch_op.drop_column("last_used_day")

    op.drop_table("auth_registrations")
    op.drop_table("auth_public_keys")
    with op.batch_alter_table("auth_spent_ids", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_auth_spent_ids_expires_at"))

    op.drop_table("auth_spent_ids")
    with op.batch_alter_table("auth_outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_auth_outbox_entry_index"))

    op.drop_table("auth_outbox")
