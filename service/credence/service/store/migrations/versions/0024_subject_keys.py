"""Rows are found by the key that seals them: whether a key is still named is asked at every erasure."""

from __future__ import annotations

from alembic import op

revision: str = "0024"
down_revision = "0023"
branch_labels: None = None
depends_on: None = None

_TABLES = (
    "issuer_attestations",
    "issuer_cases",
    "issuer_comments",
    "issuer_shown_again",
    "issuer_vendor_results",
    "verifier_decisions",
)


def upgrade() -> None:
    for table in _TABLES:
        op.create_index(op.f(f"ix_{table}_subject_key"), table, ["subject_key"])


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_index(op.f(f"ix_{table}_subject_key"), table_name=table)
