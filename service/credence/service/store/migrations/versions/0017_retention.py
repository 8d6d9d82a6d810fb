"""Retention: until when a row is kept, why, and who holds it; the keys that seal what is somebody's, by their ids.

Rows of before are given the terms that were shipped when this was written, from their own times: a case's mode says which.
What they have in the clear stays so until their time has come: a migration has no keys.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision = "0016"
branch_labels: None = None
depends_on: None = None

_DAY: Final = 86_400
_EPOCH: Final = 28 * _DAY
_BASES: Final = "legal_basis IN ('amlr-77', 'contract', 'legitimate-interest')"
_HOLDS: Final = "legal_hold IN ('litigation', 'court-order', 'audit', 'complaint')"
_WHOLE: Final = "(legal_hold IS NULL) = (held_by IS NULL) AND (legal_hold IS NULL) = (held_at IS NULL)"
_CHECKS: Final = (("basis_known", _BASES), ("hold_known", _HOLDS), ("hold_whole", _WHOLE))
_OBLIGED: Final = "mode = 'obliged'"
_SALT: Final = "length({0}) = CASE WHEN subject_key IS NULL THEN 32 ELSE 60 END"
_KEPT: Final = (
    "issuer_cases",
    "issuer_attestations",
    "issuer_vendor_notices",
    "issuer_vendor_results",
    "verifier_decisions",
)
_SALTED: Final = (
    ("issuer_cases", "evidence_salt"),
    ("issuer_attestations", "salt"),
    ("issuer_shown_again", "evidence_salt"),
)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    for table in _KEPT:
        _kept(table)
    _back_fill()
    for table in _KEPT:
        _settle(table)
    for table, column in _SALTED:
        _salted(table, column)
    _texts()
    for party in ("issuer", "verifier"):
        table = f"{party}_destroyed_keys"
        op.create_table(
            table,
            sa.Column("key_id", sa.LargeBinary(), nullable=False),
            sa.Column("destroyed_at", sa.BigInteger(), nullable=False),
            _check(table, "key_id_length", "length(key_id) = 16"),
            sa.PrimaryKeyConstraint("key_id", name=op.f(f"pk_{table}")),
        )
    _orders()
    _pseudonyms()


def _kept(table: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.add_column(sa.Column("retain_until", sa.BigInteger(), nullable=False, server_default="0"))
        basis = sa.Column("legal_basis", sa.String(length=32), nullable=False, server_default="legitimate-interest")
        batch_op.add_column(basis)
        batch_op.add_column(sa.Column("legal_hold", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("held_by", sa.String(length=128), nullable=True))
        batch_op.add_column(sa.Column("held_at", sa.BigInteger(), nullable=True))
        if table != "issuer_vendor_notices":
            batch_op.add_column(sa.Column("subject_key", sa.LargeBinary(), nullable=True))
        if table in ("issuer_cases", "issuer_attestations"):
            batch_op.add_column(sa.Column("erased_at", sa.BigInteger(), nullable=True))


def _back_fill() -> None:
    def filled(table: str, until: str, days: int, basis: str, where: str = "1 = 1") -> None:
        op.execute(
            f"UPDATE {table} SET retain_until = {until} + {days * _DAY}, legal_basis = '{basis}'"  # noqa: S608 - our own names
            f" WHERE {where}"
        )

    held = "(SELECT max(expiry_epoch) FROM issuer_attestations WHERE issuer_attestations.case_id = issuer_cases.id)"
    begins = f"CASE WHEN {held} IS NULL THEN decided_at ELSE {held} * {_EPOCH} END"
    filled("issuer_cases", begins, 365, "legitimate-interest")
    filled("issuer_cases", begins, 1_827, "amlr-77", _OBLIGED)
    ends, obliged = f"expiry_epoch * {_EPOCH}", f"case_id IN (SELECT id FROM issuer_cases WHERE {_OBLIGED})"  # noqa: S608
    filled("issuer_attestations", ends, 365, "legitimate-interest")
    filled("issuer_attestations", ends, 1_827, "amlr-77", obliged)
    filled("issuer_vendor_notices", "received_at", 90, "legitimate-interest")
    filled("issuer_vendor_results", "updated_at", 90, "legitimate-interest")
    filled("verifier_decisions", "decided_at", 365, "contract")
    filled("verifier_decisions", "decided_at", 1_827, "amlr-77", "sealed IS NOT NULL")


def _settle(table: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.alter_column("retain_until", existing_type=sa.BigInteger(), server_default=None)
        batch_op.alter_column("legal_basis", existing_type=sa.String(length=32), server_default=None)
        for name, condition in _CHECKS:
            batch_op.create_check_constraint(op.f(f"ck_{table}_{name}"), condition)
        batch_op.create_index(batch_op.f(f"ix_{table}_retain_until"), ["retain_until"], unique=False)


def _salted(table: str, column: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        if table == "issuer_shown_again":
            batch_op.add_column(sa.Column("subject_key", sa.LargeBinary(), nullable=True))
        batch_op.drop_constraint(op.f(f"ck_{table}_salt_length"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_salt_length"), _SALT.format(column))
        batch_op.create_check_constraint(op.f(f"ck_{table}_subject_key_length"), "length(subject_key) = 16")
        if table != "issuer_attestations":
            batch_op.alter_column("vendor_reference", existing_type=sa.String(length=128), type_=sa.String(length=256))
        if table == "issuer_cases":
            batch_op.alter_column("record_reference", existing_type=sa.String(length=128), type_=sa.String(length=256))


def _texts() -> None:
    table = "issuer_comments"
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.add_column(sa.Column("subject_key", sa.LargeBinary(), nullable=True))
        batch_op.drop_constraint(op.f(f"ck_{table}_comment_length"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_comment_length"), "length(comment) BETWEEN 1 AND 10708")
        batch_op.create_check_constraint(op.f(f"ck_{table}_subject_key_length"), "length(subject_key) = 16")
    table = "issuer_vendor_results"
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.add_column(sa.Column("sealed", sa.String(length=256), nullable=True))
        batch_op.create_check_constraint(op.f(f"ck_{table}_sealed_whole"), "(subject_key IS NULL) = (sealed IS NULL)")
    table = "verifier_decisions"
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.create_check_constraint(op.f(f"ck_{table}_subject_key_length"), "length(subject_key) = 16")


def _orders() -> None:
    table = "issuer_retention_orders"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("ordered_by", sa.String(length=128), nullable=False),
        sa.Column("ordered_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(length=128), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        _check(table, "kind_known", "kind IN ('erase', 'lift')"),
        _check(table, "four_eyes", "approved_by <> ordered_by"),
        _check(table, "approved_whole", "(approved_by IS NULL) = (approved_at IS NULL)"),
        sa.ForeignKeyConstraint(["case_id"], ["issuer_cases.id"], name=op.f(f"fk_{table}_case_id_issuer_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    where = sa.text("approved_by IS NULL")
    op.create_index(f"ix_{table}_open", table, ["case_id", "kind"], unique=True, sqlite_where=where, postgresql_where=where)


def _pseudonyms() -> None:
    table = "reputation_pseudonyms"
    op.create_table(
        table,
        sa.Column("retain_until", sa.BigInteger(), nullable=False),
        sa.Column("legal_basis", sa.String(length=32), nullable=False),
        sa.Column("legal_hold", sa.String(length=16), nullable=True),
        sa.Column("held_by", sa.String(length=128), nullable=True),
        sa.Column("held_at", sa.BigInteger(), nullable=True),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(), nullable=False),
        _check(table, "pseudonym_length", "length(pseudonym) = 48"),
        *(_check(table, name, condition) for name, condition in _CHECKS),
        sa.PrimaryKeyConstraint("client_id", "pseudonym", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_retain_until"), table, ["retain_until"], unique=False)
    op.execute(
        f"INSERT INTO {table} (client_id, pseudonym, retain_until, legal_basis)"  # noqa: S608 - our own names
        f" SELECT client_id, pseudonym, max(day) * {_DAY} + {730 * _DAY}, 'contract' FROM reputation_days"
        " GROUP BY client_id, pseudonym"
    )


def downgrade() -> None:
    """Refused where rows are sealed, which a release of before cannot read. Orders, holds and terms are lost."""
    for table in ("reputation_pseudonyms", "issuer_retention_orders", "verifier_destroyed_keys", "issuer_destroyed_keys"):
        op.drop_table(table)
    _refuse_sealed()
    with op.batch_alter_table("verifier_decisions", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_verifier_decisions_subject_key_length"), type_="check")
    with op.batch_alter_table("issuer_vendor_results", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_issuer_vendor_results_sealed_whole"), type_="check")
        batch_op.drop_column("sealed")
    with op.batch_alter_table("issuer_comments", schema=None) as batch_op:
        for name in ("subject_key_length", "comment_length"):
            batch_op.drop_constraint(op.f(f"ck_issuer_comments_{name}"), type_="check")
        batch_op.create_check_constraint(op.f("ck_issuer_comments_comment_length"), "length(comment) BETWEEN 1 AND 2000")
        batch_op.drop_column("subject_key")
    for table, column in _SALTED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in ("salt_length", "subject_key_length"):
                batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            batch_op.create_check_constraint(op.f(f"ck_{table}_salt_length"), f"length({column}) = 32")
            if table == "issuer_shown_again":
                batch_op.drop_column("subject_key")
            if table != "issuer_attestations":
                batch_op.alter_column("vendor_reference", existing_type=sa.String(length=256), type_=sa.String(length=128))
            if table == "issuer_cases":
                batch_op.alter_column("record_reference", existing_type=sa.String(length=256), type_=sa.String(length=128))
    for table in _KEPT:
        _forget(table)


def _refuse_sealed() -> None:
    for table in ("issuer_cases", "issuer_attestations", "issuer_shown_again", "issuer_comments", "verifier_decisions"):
        found = op.get_bind().execute(sa.text(f"SELECT 1 FROM {table} WHERE subject_key IS NOT NULL LIMIT 1"))  # noqa: S608
        if found.first() is not None:
            raise RuntimeError("rows are sealed under subjects' keys, which a release of before cannot open")


def _forget(table: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_index(batch_op.f(f"ix_{table}_retain_until"))
        for name, _ in _CHECKS:
            batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
        for column in ("held_at", "held_by", "legal_hold", "legal_basis", "retain_until"):
            batch_op.drop_column(column)
        if table != "issuer_vendor_notices":
            batch_op.drop_column("subject_key")
        if table in ("issuer_cases", "issuer_attestations"):
            batch_op.drop_column("erased_at")
