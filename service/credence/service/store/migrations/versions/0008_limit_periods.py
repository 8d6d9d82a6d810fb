"""Rate limits: the period of a limit's name, which never changes."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision = "0007"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    periods = op.create_table(
        "verifier_limit_periods",
        sa.Column("venue", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("per", sa.String(length=8), nullable=False),
        sa.CheckConstraint("per IN ('hour', 'day')", name=op.f("ck_verifier_limit_periods_per_known")),
        sa.PrimaryKeyConstraint("venue", "name", name=op.f("pk_verifier_limit_periods")),
    )
    policies = sa.table("verifier_policies", *map(sa.column, ("venue", "name", "version", "document", "registered_at")))
    order = (policies.c.registered_at, policies.c.name, policies.c.version)
    found: dict[tuple[str, str], str] = {}
    for venue, document in op.get_bind().execute(sa.select(policies.c.venue, policies.c.document).order_by(*order)):
        limit = json.loads(document).get("rate_limit")
        if limit is not None:
            found.setdefault((venue, limit["name"]), limit["per"])  # a later policy with another one is served no longer
    if found:
        op.bulk_insert(periods, [{"venue": venue, "name": name, "per": per} for (venue, name), per in found.items()])


def downgrade() -> None:
    op.drop_table("verifier_limit_periods")
