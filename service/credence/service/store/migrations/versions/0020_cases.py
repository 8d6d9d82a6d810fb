"""Cases of abuse by a named rule, whom they are about, and refits in shadow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision = "0019"
branch_labels: None = None
depends_on: None = None

_RULES = "rule IN ('self-match', 'loop-volume', 'ping-pong', 'cancel-burst', 'trade-before-large-order')"
_NOTES = "note IN ('confirmed', 'explained', 'mistaken', 'duplicate')"


def upgrade() -> None:
    table = "reputation_cases"
    op.create_table(
        table,
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("instrument", sa.String(length=32), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.Column("needed", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=16), nullable=True),
        sa.CheckConstraint(_RULES, name=op.f(f"ck_{table}_rule_known")),
        sa.CheckConstraint(_NOTES, name=op.f(f"ck_{table}_note_known")),
        sa.CheckConstraint("(note IS NULL) = (closed_at IS NULL)", name=op.f(f"ck_{table}_closed_whole")),
        sa.PrimaryKeyConstraint("client_id", "case_id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_client_id_opened_at"), table, ["client_id", "opened_at"], unique=False)
    table = "reputation_case_accounts"
    op.create_table(
        table,
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(pseudonym) = 48", name=op.f(f"ck_{table}_pseudonym_length")),
        sa.PrimaryKeyConstraint("client_id", "case_id", "pseudonym", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_client_id_pseudonym"), table, ["client_id", "pseudonym"], unique=False)
    table = "reputation_candidates"
    op.create_table(
        table,
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("since_day", sa.BigInteger(), nullable=False),
        sa.Column("split_day", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("drift", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("since_day < split_day AND split_day < day", name=op.f(f"ck_{table}_days_ordered")),
        sa.PrimaryKeyConstraint("client_id", "day", name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    """Loses cases and what was refitted in shadow; what was promoted stays."""
    for table in ("reputation_candidates", "reputation_case_accounts", "reputation_cases"):
        op.drop_table(table)
