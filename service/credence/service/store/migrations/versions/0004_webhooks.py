"""Webhooks: where venues are told of decisions, and what is to be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "verifier_endpoints",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("venue", sa.String(length=128), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.String(length=200), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("secret_before", sa.LargeBinary(), nullable=True),
        sa.Column("before_ends_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("slot BETWEEN 1 AND 5", name=op.f("ck_verifier_endpoints_slot_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifier_endpoints")),
        sa.UniqueConstraint("venue", "slot", name=op.f("uq_verifier_endpoints_venue_slot")),
    )
    op.create_table(
        "verifier_deliveries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("endpoint_id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'waiting') = (settled_at IS NULL)", name=op.f("ck_verifier_deliveries_settled_when_done")
        ),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name=op.f("ck_verifier_deliveries_state_known")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["verifier_endpoints.id"], name=op.f("fk_verifier_deliveries_endpoint_id_verifier_endpoints")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["verifier_sessions.id"], name=op.f("fk_verifier_deliveries_session_id_verifier_sessions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifier_deliveries")),
        sa.UniqueConstraint(
            "endpoint_id", "session_id", "event", name=op.f("uq_verifier_deliveries_endpoint_id_session_id_event")
        ),
    )
    with op.batch_alter_table("verifier_deliveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verifier_deliveries_session_id"), ["session_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_verifier_deliveries_state_due_at"), ["state", "due_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("verifier_deliveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verifier_deliveries_state_due_at"))
        batch_op.drop_index(batch_op.f("ix_verifier_deliveries_session_id"))

    op.drop_table("verifier_deliveries")
    op.drop_table("verifier_endpoints")
