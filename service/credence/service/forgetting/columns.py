"""The columns of a row that is kept for a while: until when, on what ground, and whether somebody holds it beyond that."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field

from credence.service.forgetting.terms import BASES
from credence.service.store import Row


class Hold(StrEnum):
    """Why a case is not erased although its time has come. None of them says or hints at a suspicion."""

    LITIGATION = "litigation"
    COURT_ORDER = "court-order"
    AUDIT = "audit"
    COMPLAINT = "complaint"


HOLDS: Final = tuple(hold.value for hold in Hold)


class Kept(Row):
    """Base of a table whose rows are about a person or a pseudonym.

    ``retain_until`` is in unix seconds, ``legal_basis`` a slug of :data:`~credence.service.forgetting.terms.BASES`.
    ``legal_hold`` is a :class:`Hold`, set by the client ``held_by`` at ``held_at``; all three or none. People set it for
    cases alone, with what belongs to them; no other row has a way to come by one.
    """

    retain_until: int = Field(sa_type=BigInteger, index=True)
    legal_basis: str = Field(max_length=32)
    legal_hold: str | None = Field(default=None, max_length=16)
    held_by: str | None = Field(default=None, max_length=128)
    held_at: int | None = Field(default=None, sa_type=BigInteger)


def kept_checks() -> tuple[CheckConstraint, ...]:
    """The constraints of :class:`Kept`, for the table that takes it."""
    return tuple(CheckConstraint(condition, name=name) for name, condition in KEPT_CHECKS)


def _listed(column: str, values: Iterable[str]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


KEPT_CHECKS: Final = (
    ("basis_known", _listed("legal_basis", BASES)),
    ("hold_known", _listed("legal_hold", HOLDS)),
    ("hold_whole", "(legal_hold IS NULL) = (held_by IS NULL) AND (legal_hold IS NULL) = (held_at IS NULL)"),
)
"""Name and condition of each constraint."""
