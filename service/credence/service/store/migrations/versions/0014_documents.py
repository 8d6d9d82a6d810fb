"""The issuer's documents are numbered, so that no two continue the same one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision = "0013"
branch_labels: None = None
depends_on: None = None

_NUMBER = """
UPDATE issuer_documents SET number = (
    SELECT count(*) FROM issuer_documents AS earlier
    WHERE earlier.published_at < issuer_documents.published_at
       OR (earlier.published_at = issuer_documents.published_at AND earlier.digest < issuer_documents.digest)
)
"""


def upgrade() -> None:
    with op.batch_alter_table("issuer_documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.BigInteger(), nullable=True))
    op.execute(_NUMBER)
    with op.batch_alter_table("issuer_documents", schema=None) as batch_op:
        batch_op.alter_column("number", existing_type=sa.BigInteger(), nullable=False)
        batch_op.create_unique_constraint(op.f("uq_issuer_documents_number"), ["number"])
        batch_op.create_check_constraint(op.f("ck_issuer_documents_number_not_negative"), "number >= 0")


def downgrade() -> None:
    with op.batch_alter_table("issuer_documents", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_issuer_documents_number_not_negative"), type_="check")
        batch_op.drop_constraint(op.f("uq_issuer_documents_number"), type_="unique")
        batch_op.drop_column("number")
