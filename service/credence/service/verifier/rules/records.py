"""Published editions of the verifier's rules and the marks of its policies: the tables, and every statement over them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, Session, col, select

from credence.service.store import Row, insert_all_once, insert_once

_KEY: Final[dict[str, Any]] = {"autoincrement": False}


class VerifierRulesEdition(Row, table=True):
    """Every edition that was ever published, by its number from 0: each continues the one before, and no two continue the
    same one. ``document`` is its JSON, ``digest`` (32 bytes) is over that."""

    __tablename__ = "verifier_rules_editions"
    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("length(digest) = 32", name="digest_length"),
        CheckConstraint("number >= 0", name="number_not_negative"),
    )

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=_KEY)
    digest: bytes = Field(sa_type=LargeBinary)
    document: str = Field(sa_type=Text)
    published_at: int = Field(sa_type=BigInteger)


class VerifierPolicyMark(Row, table=True):
    """The mark of a policy (32 bytes), and the number of the first edition that it is in: it is in every later one."""

    __tablename__ = "verifier_policy_marks"
    __table_args__ = (CheckConstraint("length(mark) = 32", name="mark_length"),)

    mark: bytes = Field(primary_key=True, sa_type=LargeBinary)
    number: int = Field(sa_type=BigInteger, index=True)


def add_edition(session: Session, edition: VerifierRulesEdition) -> bool:
    """Stores an edition; False where its number is given already. A concurrent one is waited for."""
    return insert_once(session, edition, on=["number"])


def newest_number(session: Session) -> int | None:
    """The number of the newest edition; None before the first."""
    row = VerifierRulesEdition
    return session.exec(select(row.number).order_by(col(row.number).desc()).limit(1)).first()


def newest_edition(session: Session) -> VerifierRulesEdition | None:
    """The edition with the highest number."""
    row = VerifierRulesEdition
    return session.exec(select(row).order_by(col(row.number).desc()).limit(1)).first()


def find_edition(session: Session, digest: bytes) -> VerifierRulesEdition | None:
    """The edition with a digest."""
    return session.exec(select(VerifierRulesEdition).where(VerifierRulesEdition.digest == digest)).first()


def editions_after(session: Session, number: int, limit: int) -> Sequence[VerifierRulesEdition]:
    """Up to ``limit`` editions with a higher number, newest first."""
    row = VerifierRulesEdition
    query = select(row).where(col(row.number) > number)
    return session.exec(query.order_by(col(row.number).desc()).limit(limit)).all()


def every_edition(session: Session) -> Sequence[VerifierRulesEdition]:
    """Every edition, oldest first."""
    return session.exec(select(VerifierRulesEdition).order_by(col(VerifierRulesEdition.number))).all()


def add_marks(session: Session, marks: Iterable[bytes], number: int) -> bool:
    """Stores marks that are first in edition ``number``; False, and none of them, where one is there already."""
    return insert_all_once(session, VerifierPolicyMark, [{"mark": mark, "number": number} for mark in marks])


def marks_until(session: Session, number: int) -> Sequence[bytes]:
    """The marks of an edition, ascending."""
    row = VerifierPolicyMark
    return session.exec(select(row.mark).where(col(row.number) <= number).order_by(col(row.mark))).all()


def marks_page(session: Session, number: int, after: bytes, limit: int) -> Sequence[bytes]:
    """Up to ``limit`` marks of an edition above ``after``, ascending."""
    row = VerifierPolicyMark
    query = select(row.mark).where(col(row.number) <= number, col(row.mark) > after)
    return session.exec(query.order_by(col(row.mark)).limit(limit)).all()
