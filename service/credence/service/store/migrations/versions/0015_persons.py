"""One person: the tags that lead to one, a serial and a life for every attestation, suspensions and bans."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision = "0014"
branch_labels: None = None
depends_on: None = None

_ATTESTATIONS: Final = "issuer_attestations"
_STEPS: Final = "issuer_case_steps"
_EPOCH_DAYS: Final = 28
_BEFORE: Final = (
    "what IN ('opened', 'decided', 'proposed', 'overridden', 'rejected', 'withdrawn', 'screened-again', 'issued',"
    " 'due', 'shown-again', 'lapsed', 'revoked'"
)
_SINCE: Final = ", 'replaced', 'suspended', 'lift-asked', 'lifted', 'banned', 'reset-held'"


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    _persons()
    _attestations()
    _steps(_BEFORE + _SINCE + ")")


def _persons() -> None:
    table = "issuer_person_tags"
    op.create_table(
        table,
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("tag_version", sa.Integer(), nullable=False),
        sa.Column("identity_tag", sa.LargeBinary(), nullable=False),
        _check(table, "tag_length", "length(tag) = 32"),
        _check(table, "person_length", "length(identity_tag) = 32"),
        _check(table, "version_from_one", "tag_version >= 1"),
        sa.PrimaryKeyConstraint("tag", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_identity_tag"), table, ["identity_tag"], unique=False)
    # every tag of before is of the first version, and names its person
    known = "SELECT identity_tag FROM issuer_cases UNION SELECT identity_tag FROM issuer_attestations"
    op.execute(
        f"INSERT INTO {table} (tag, tag_version, identity_tag)"  # noqa: S608 - names of our own
        f" SELECT identity_tag, 1, identity_tag FROM ({known}) AS known"
    )
    table = "issuer_suspensions"
    op.create_table(
        table,
        sa.Column("attestation_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("suspended_by", sa.String(length=128), nullable=False),
        sa.Column("suspended_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(length=128), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("lifted_by", sa.String(length=128), nullable=True),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        _check(table, "asked_whole", "(asked_by IS NULL) = (asked_at IS NULL)"),
        _check(table, "lifted_whole", "(lifted_by IS NULL) = (lifted_at IS NULL)"),
        _check(table, "four_eyes", "lifted_by IS NULL OR (asked_by IS NOT NULL AND lifted_by <> asked_by)"),
        sa.ForeignKeyConstraint(
            ["attestation_id"], [f"{_ATTESTATIONS}.id"], name=op.f(f"fk_{table}_attestation_id_{_ATTESTATIONS}")
        ),
        sa.PrimaryKeyConstraint("attestation_id", name=op.f(f"pk_{table}")),
    )
    table = "issuer_bans"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("identity_tag", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("banned_by", sa.String(length=128), nullable=False),
        sa.Column("banned_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("asked_by", sa.String(length=128), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("lifted_by", sa.String(length=128), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        _check(table, "tag_length", "length(identity_tag) = 32"),
        _check(table, "until_follows", "until IS NULL OR until > banned_at"),
        _check(table, "asked_whole", "(asked_by IS NULL) = (asked_at IS NULL)"),
        _check(table, "lifted_is_over", "lifted_by IS NULL OR ended_at IS NOT NULL"),
        _check(table, "four_eyes", "lifted_by IS NULL OR (asked_by IS NOT NULL AND lifted_by <> asked_by)"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_identity_tag"), table, ["identity_tag"], unique=False)
    where = sa.text("ended_at IS NULL")
    op.create_index(f"ix_{table}_in_force", table, ["identity_tag"], unique=True, sqlite_where=where, postgresql_where=where)


def _attestations() -> None:
    table = _ATTESTATIONS
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.add_column(sa.Column("serial", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("issued_day", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("life", sa.String(length=16), nullable=False, server_default="live"))
    # the day itself was not kept: it is of this epoch, and not before the case was decided
    op.execute(f"UPDATE {table} SET issued_day = issued_epoch * {_EPOCH_DAYS}")  # noqa: S608 - names of our own
    decided = f"(SELECT decided_at / 86400 FROM issuer_cases WHERE id = {table}.case_id)"  # noqa: S608 - the same
    op.execute(
        f"UPDATE {table} SET issued_day = {decided}"  # noqa: S608 - the same
        f" WHERE {decided} BETWEEN issued_epoch * {_EPOCH_DAYS} AND issued_epoch * {_EPOCH_DAYS} + {_EPOCH_DAYS - 1}"
    )
    op.execute(
        f"UPDATE {table} SET life = 'revoked'"  # noqa: S608 - names of our own
        " WHERE id IN (SELECT attestation_id FROM issuer_revocations)"
    )
    with op.batch_alter_table(table, schema=None) as batch_op:
        for name, kind in (("serial", sa.Integer()), ("issued_day", sa.Integer()), ("life", sa.String(length=16))):
            batch_op.alter_column(name, existing_type=kind, server_default=None)
        batch_op.drop_constraint(op.f(f"uq_{table}_identity_tag"), type_="unique")
        batch_op.create_unique_constraint(op.f(f"uq_{table}_identity_tag_serial"), ["identity_tag", "serial"])
        batch_op.create_check_constraint(op.f(f"ck_{table}_serial_from_one"), "serial >= 1")
        batch_op.create_check_constraint(
            op.f(f"ck_{table}_life_known"), "life IN ('live', 'replaced', 'suspended', 'lifted', 'revoked')"
        )
    where = sa.text("life = 'live'")
    op.create_index(f"ix_{table}_live", table, ["identity_tag"], unique=True, sqlite_where=where, postgresql_where=where)


def _steps(condition: str) -> None:
    with op.batch_alter_table(_STEPS, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{_STEPS}_what_known"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{_STEPS}_what_known"), condition)


def downgrade() -> None:
    """Loses what was issued anew, suspended and banned: a release of before has no place for it, and refuses two of one."""
    _steps(_BEFORE + ")")
    table = _ATTESTATIONS
    op.drop_index(f"ix_{table}_live", table_name=table)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_life_known"), type_="check")
        batch_op.drop_constraint(op.f(f"ck_{table}_serial_from_one"), type_="check")
        batch_op.drop_constraint(op.f(f"uq_{table}_identity_tag_serial"), type_="unique")
        batch_op.create_unique_constraint(op.f(f"uq_{table}_identity_tag"), ["identity_tag"])
        for column in ("life", "issued_day", "serial"):
            batch_op.drop_column(column)
    for name in ("issuer_bans", "issuer_suspensions", "issuer_person_tags"):
        op.drop_table(name)
