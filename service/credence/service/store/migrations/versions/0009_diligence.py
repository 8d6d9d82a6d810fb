"""Due diligence: the mode of a case, the factors that were weighed, how closely the person is watched, who keeps the record."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision = "0008"
branch_labels: None = None
depends_on: None = None

_CASES: Final = "issuer_cases"
_CHECKS: Final = {
    "mode_known": "mode IN ('open', 'obliged')",
    "monitoring_known": "monitoring IN ('light', 'regular', 'close')",
    "retention_range": "retention_years BETWEEN 0 AND 100",
    "obliged_recorded": "mode <> 'obliged' OR (record_keeper IS NOT NULL AND record_reference IS NOT NULL"
    " AND retention_years IS NOT NULL)",
}


def _columns() -> list[sa.Column[object]]:
    """Those that cannot be null have the value of every case of before."""
    return [
        sa.Column("mode", sa.String(length=8), nullable=False, server_default="open"),
        sa.Column("factors", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("monitoring", sa.String(length=8), nullable=True),
        sa.Column("review_by", sa.BigInteger(), nullable=True),
        sa.Column("nationality_place", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("record_keeper", sa.String(length=64), nullable=True),
        sa.Column("record_reference", sa.String(length=128), nullable=True),
        sa.Column("retention_years", sa.Integer(), nullable=True),
    ]


def upgrade() -> None:
    with op.batch_alter_table(_CASES, schema=None) as batch_op:
        for column in _columns():
            batch_op.add_column(column)
    with op.batch_alter_table(_CASES, schema=None) as batch_op:
        for column in _columns():
            if column.server_default is not None:
                batch_op.alter_column(column.name, existing_type=column.type, server_default=None)
        for name, condition in _CHECKS.items():
            batch_op.create_check_constraint(op.f(f"ck_{_CASES}_{name}"), condition)


def downgrade() -> None:
    with op.batch_alter_table(_CASES, schema=None) as batch_op:
        for name in _CHECKS:
            batch_op.drop_constraint(op.f(f"ck_{_CASES}_{name}"), type_="check")
        for column in reversed(_columns()):
            batch_op.drop_column(column.name)
