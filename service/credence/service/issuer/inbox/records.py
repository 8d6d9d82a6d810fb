"""The tables of the inbox and every statement over them. That something counts once is a primary key, each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, delete, update
from sqlmodel import Field, Session, col, select

from credence.service.forgetting import Kept, kept_checks
from credence.service.issuer.inbox.standing import Standing
from credence.service.store import Row, insert_once

NONCE_LENGTH: Final = 32
KEPT: Final = 3_600
"""Seconds that a challenge is kept for after it is over."""

_STANDINGS: Final = ", ".join(f"'{standing}'" for standing in Standing)


class IssuerChallenge(Row, table=True):
    """A nonce that was handed to a client, which alone may open a case with the answer, until ``expires_at``."""

    __tablename__ = "issuer_challenges"
    __table_args__ = (CheckConstraint(f"length(nonce) = {NONCE_LENGTH}", name="nonce_length"),)

    nonce: bytes = Field(primary_key=True, sa_type=LargeBinary)
    client_id: str = Field(max_length=128)
    expires_at: int = Field(sa_type=BigInteger, index=True)


class IssuerSpentChallenge(Row, table=True):
    """A nonce whose answer opened a case. The primary key is what makes it single-use."""

    __tablename__ = "issuer_spent_challenges"
    __table_args__ = (CheckConstraint(f"length(nonce) = {NONCE_LENGTH}", name="nonce_length"),)

    nonce: bytes = Field(primary_key=True, sa_type=LargeBinary)
    expires_at: int = Field(sa_type=BigInteger, index=True)


class IssuerVendorNotice(Kept, table=True):
    """One message of a vendor, by a keyed digest of its bytes. The primary key is what makes it count once."""

    __tablename__ = "issuer_vendor_notices"
    __table_args__ = (CheckConstraint("length(digest) = 32", name="digest_length"), *kept_checks())

    vendor: str = Field(primary_key=True, max_length=32)
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    received_at: int = Field(sa_type=BigInteger)


class IssuerVendorResult(Kept, table=True):
    """Where a result stands, as far as the vendor's messages say. It only ever moves forward.

    ``reference`` is keyed, and found again by the vendor's own number, which is ``sealed`` under a key of its own; in rows
    of before there were such keys it is that number, and nothing is sealed.
    """

    __tablename__ = "issuer_vendor_results"
    __table_args__ = (
        CheckConstraint(f"standing IN ({_STANDINGS})", name="standing_known"),
        CheckConstraint("(subject_key IS NULL) = (sealed IS NULL)", name="sealed_whole"),
        *kept_checks(),
        Index(None, "vendor", "standing", "updated_at"),
    )

    vendor: str = Field(primary_key=True, max_length=32)
    reference: str = Field(primary_key=True, max_length=128)
    standing: str = Field(max_length=8)
    updated_at: int = Field(sa_type=BigInteger)
    sealed: str | None = Field(default=None, max_length=256)
    subject_key: bytes | None = Field(default=None, sa_type=LargeBinary, index=True)


def add_challenge(session: Session, challenge: IssuerChallenge) -> None:
    """Stores a challenge."""
    session.add(challenge)


def find_challenge(session: Session, nonce: bytes, client_id: str, now: int) -> IssuerChallenge | None:
    """The challenge of that nonce, if it was handed to that client and is not over."""
    found = session.get(IssuerChallenge, nonce)
    return found if found is not None and found.client_id == client_id and now < found.expires_at else None


def spend_challenge(session: Session, challenge: IssuerChallenge) -> bool:
    """Notes that a challenge was answered; False where it was before."""
    return insert_once(session, IssuerSpentChallenge(nonce=challenge.nonce, expires_at=challenge.expires_at))


def purge_challenges(session: Session, *, now: int, limit: int) -> int:
    """Deletes up to ``limit`` challenges, and up to as many notes that one was answered, which were over an hour ago: a
    request that found one in time has ended since. Says how many of the kind that there were more of."""
    gone = []
    for row in (IssuerChallenge, IssuerSpentChallenge):
        over = select(row.nonce).where(col(row.expires_at) <= now - KEPT).limit(limit)
        nonces = session.exec(over.with_for_update(skip_locked=True)).all()
        session.exec(delete(row).where(col(row.nonce).in_(nonces)))
        gone.append(len(nonces))
    return max(gone)


def has_notice(session: Session, vendor: str, digest: bytes) -> bool:
    """Whether a message came before."""
    return session.get(IssuerVendorNotice, (vendor, digest)) is not None


def add_notice(session: Session, notice: IssuerVendorNotice) -> bool:
    """Notes a message; False where it came before."""
    return insert_once(session, notice)


def move_result(session: Session, result: IssuerVendorResult) -> bool:
    """Lets a result stand where a message says, unless it stands there or further already; says whether it moved."""
    if insert_once(session, result):
        return True
    earlier = [standing.value for standing in Standing(result.standing).earlier]
    query = update(IssuerVendorResult).where(
        col(IssuerVendorResult.vendor) == result.vendor,
        col(IssuerVendorResult.reference) == result.reference,
        col(IssuerVendorResult.standing).in_(earlier),
    )
    term = {"retain_until": result.retain_until, "legal_basis": result.legal_basis}
    moved = session.exec(query.values(standing=result.standing, updated_at=result.updated_at, **term))
    return moved.rowcount == 1


def results(session: Session, vendor: str, standing: Standing, *, limit: int) -> Sequence[IssuerVendorResult]:
    """Up to ``limit`` results of a vendor that stand there, the latest first."""
    query = select(IssuerVendorResult).where(
        col(IssuerVendorResult.vendor) == vendor, col(IssuerVendorResult.standing) == standing.value
    )
    latest = (col(IssuerVendorResult.updated_at).desc(), col(IssuerVendorResult.reference))
    return session.exec(query.order_by(*latest).limit(limit)).all()
