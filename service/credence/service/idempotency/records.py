"""The table of answers that were given under an idempotency key, and every statement over it.

Every database has one, because a row is written in the transaction of the effect it stands for.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, delete, update
from sqlmodel import Field, Session, col, select

from credence.service.store import Row, insert_once

DIGEST_LENGTH: Final = 32


class IdempotencyAnswer(Row, table=True):
    """One answer. ``digest`` stands for whose key it is and ``fingerprint`` for the request; both are keyed, 32 bytes.

    ``answer`` is sealed under a key that whoever has the database and the keyring still lacks. ``expires_at`` is in unix
    seconds.
    """

    __tablename__ = "idempotency_answers"
    __table_args__ = (
        CheckConstraint(f"length(digest) = {DIGEST_LENGTH}", name="digest_length"),
        CheckConstraint(f"length(fingerprint) = {DIGEST_LENGTH}", name="fingerprint_length"),
    )

    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    fingerprint: bytes = Field(sa_type=LargeBinary)
    answer: bytes = Field(sa_type=LargeBinary)
    expires_at: int = Field(sa_type=BigInteger, index=True)


def claim(session: Session, digest: bytes, fingerprint: bytes, *, until: int) -> bool:
    """Takes a digest for this transaction, whose answer is not known yet; False where it is taken.

    Under PostgreSQL another transaction that is about to take it is waited for, as long as for any lock.
    """
    row = IdempotencyAnswer(digest=digest, fingerprint=fingerprint, answer=b"", expires_at=until)
    return insert_once(session, row, on=["digest"])


def fulfil(session: Session, digest: bytes, answer: bytes) -> None:
    """Gives the sealed answer to a digest that this transaction took."""
    session.exec(update(IdempotencyAnswer).where(col(IdempotencyAnswer.digest) == digest).values(answer=answer))


def find(session: Session, digest: bytes, *, now: int) -> IdempotencyAnswer | None:
    """The answer under a digest, unless it has expired."""
    query = select(IdempotencyAnswer).where(IdempotencyAnswer.digest == digest, col(IdempotencyAnswer.expires_at) > now)
    return session.exec(query.execution_options(populate_existing=True)).first()


def release(session: Session, digest: bytes, *, now: int) -> None:
    """Frees a digest whose answer has expired."""
    expired = (col(IdempotencyAnswer.digest) == digest, col(IdempotencyAnswer.expires_at) <= now)
    session.exec(delete(IdempotencyAnswer).where(*expired))


def purge(session: Session, *, now: int, limit: int) -> int:
    """Deletes up to ``limit`` expired answers and says how many; those that another process deletes are left to it."""
    expired = select(IdempotencyAnswer.digest).where(col(IdempotencyAnswer.expires_at) <= now)
    oldest = expired.order_by(col(IdempotencyAnswer.expires_at)).limit(limit).with_for_update(skip_locked=True)
    query = delete(IdempotencyAnswer).where(col(IdempotencyAnswer.digest).in_(oldest))
    return session.exec(query.execution_options(synchronize_session=False)).rowcount
