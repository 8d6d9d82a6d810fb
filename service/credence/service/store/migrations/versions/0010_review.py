"""Review: what happened to a case, proposals for two persons, comments, and who has to show evidence again."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision = "0009"
branch_labels: None = None
depends_on: None = None

_STATES: Final = "'received', 'verified', 'screened', 'approved', 'review', 'declined', 'issued'"
_TIERS: Final = "'low', 'standard', 'enhanced'"


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _index(table: str, *columns: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.create_index(batch_op.f(f"ix_{table}_{'_'.join(columns)}"), list(columns), unique=False)


def _one_open(table: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(f"ix_{table}_open", table, ["case_id"], unique=True, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    table = "issuer_cases"
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.add_column(sa.Column("assessed_level", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("assessed_tier", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("verified_at", sa.BigInteger(), nullable=True))
    cases = sa.table(table, *map(sa.column, ("assessed_level", "assessed_tier", "kyc_level", "risk_tier", "verified_at")))
    known = cases.update().values(assessed_level=cases.c.kyc_level, assessed_tier=cases.c.risk_tier)
    op.execute(known.where(cases.c.kyc_level.is_not(None), cases.c.risk_tier.is_not(None)))
    op.execute(cases.update().values(verified_at=sa.column("created_at")))
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.alter_column("verified_at", existing_type=sa.BigInteger(), nullable=False)
        batch_op.create_check_constraint(op.f(f"ck_{table}_assessed_level_range"), "assessed_level BETWEEN 1 AND 3")
        batch_op.create_check_constraint(op.f(f"ck_{table}_assessed_tier_known"), f"assessed_tier IN ({_TIERS})")
        batch_op.create_check_constraint(
            op.f(f"ck_{table}_assessed_whole"), "(assessed_level IS NULL) = (assessed_tier IS NULL)"
        )
    _steps()
    _proposals_and_comments()
    _due()


def _steps() -> None:
    table = "issuer_case_steps"
    op.create_table(
        table,
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=16), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        _check(table, "number_from_one", "number >= 1"),
        _check(
            table,
            "what_known",
            "what IN ('opened', 'decided', 'proposed', 'overridden', 'rejected', 'withdrawn', 'screened-again', 'issued',"
            " 'due', 'shown-again', 'lapsed', 'revoked')",
        ),
        _check(table, "source_known", f"source IN ({_STATES})"),
        _check(table, "target_known", f"target IN ({_STATES})"),
        _check(table, "actor_known", "actor IN ('rules', 'reviewer', 'pair', 'holder', 'revoker')"),
        _refers(table, "case_id", "issuer_cases"),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f(f"pk_{table}")),
    )


def _proposals_and_comments() -> None:
    table = "issuer_proposals"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("kyc_level", sa.Integer(), nullable=True),
        sa.Column("risk_tier", sa.String(length=16), nullable=True),
        sa.Column("cleared", sa.Text(), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("proposed_by", sa.String(length=128), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(length=128), nullable=True),
        sa.Column("closed_by", sa.String(length=128), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        _check(table, "kind_known", "kind IN ('approve', 'decline', 'change', 'reopen')"),
        _check(
            table,
            "reason_known",
            "reason IN ('false-positive', 'screened-elsewhere', 'additional-evidence', 'risk-accepted', 'risk-reassessed',"
            " 'adverse-information', 'evidence-doubtful', 'sanctions-confirmed', 'at-holders-request', 'decided-in-error',"
            " 'list-corrected')",
        ),
        _check(table, "standing_known", "standing IN ('open', 'approved', 'rejected', 'withdrawn', 'overtaken')"),
        _check(table, "four_eyes", "approved_by <> proposed_by"),
        _check(table, "approved_by_somebody", "(standing = 'approved') = (approved_by IS NOT NULL)"),
        _check(table, "open_or_closed", "(standing = 'open') = (closed_at IS NULL)"),
        _check(table, "level_range", "kyc_level BETWEEN 1 AND 3"),
        _check(table, "tier_known", f"risk_tier IN ({_TIERS})"),
        _refers(table, "case_id", "issuer_cases"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    _index(table, "case_id")
    _one_open(table, "standing = 'open'")
    table = "issuer_comments"
    op.create_table(
        table,
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("proposal_id", sa.String(length=36), nullable=True),
        sa.Column("author", sa.String(length=128), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        _check(table, "number_from_one", "number >= 1"),
        _check(table, "comment_length", "length(comment) BETWEEN 1 AND 2000"),
        _refers(table, "case_id", "issuer_cases"),
        _refers(table, "proposal_id", "issuer_proposals"),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f(f"pk_{table}")),
    )


def _due() -> None:
    table = "issuer_due_marks"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("marked_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("lists", sa.Text(), nullable=False),
        sa.Column("ending", sa.String(length=16), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        _check(table, "cause_known", "cause IN ('list-changed', 'interval', 'expiry', 'review')"),
        _check(table, "ending_known", "ending IN ('open', 'shown', 'declined', 'lapsed', 'lifted')"),
        _check(table, "open_or_closed", "(ending = 'open') = (closed_at IS NULL)"),
        _check(table, "deadline_follows", "deadline >= marked_at"),
        _refers(table, "case_id", "issuer_cases"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    _index(table, "case_id")
    _index(table, "deadline")
    _one_open(table, "ending = 'open'")
    table = "issuer_review_rounds"
    op.create_table(
        table,
        sa.Column("list_name", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        _check(table, "deadline_follows", "deadline >= opened_at"),
        sa.PrimaryKeyConstraint("list_name", "digest", name=op.f(f"pk_{table}")),
    )
    table = "issuer_shown_again"
    op.create_table(
        table,
        sa.Column("evidence_digest", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("evidence_salt", sa.LargeBinary(), nullable=False),
        sa.Column("evidence_commitment", sa.LargeBinary(), nullable=False),
        sa.Column("vendor", sa.String(length=64), nullable=False),
        sa.Column("vendor_reference", sa.String(length=128), nullable=False),
        sa.Column("shown_by", sa.String(length=128), nullable=False),
        sa.Column("shown_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        _check(table, "digest_length", "length(evidence_digest) = 32"),
        _check(table, "salt_length", "length(evidence_salt) = 32"),
        _check(table, "commitment_length", "length(evidence_commitment) = 32"),
        _check(table, "outcome_known", f"outcome IN ({_STATES})"),
        _refers(table, "case_id", "issuer_cases"),
        sa.PrimaryKeyConstraint("evidence_digest", name=op.f(f"pk_{table}")),
    )
    _index(table, "case_id")


def downgrade() -> None:
    tables = ("issuer_shown_again", "issuer_review_rounds", "issuer_due_marks", "issuer_comments", "issuer_proposals")
    for table in (*tables, "issuer_case_steps"):
        op.drop_table(table)
    with op.batch_alter_table("issuer_cases", schema=None) as batch_op:
        for name in ("assessed_whole", "assessed_tier_known", "assessed_level_range"):
            batch_op.drop_constraint(op.f(f"ck_issuer_cases_{name}"), type_="check")
        for column in ("verified_at", "assessed_tier", "assessed_level"):
            batch_op.drop_column(column)
