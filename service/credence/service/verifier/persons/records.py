"""What venues stated of the accounts of their persons: the table, and every statement over it."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, Text, delete, tuple_, update
from sqlmodel import Field, Session, col, select

from credence.service.store import Row, insert_once


class VerifierPerson(Row, table=True):
    """What a venue stated of the accounts of one person, whom it knows by the pseudonym: JSON by account, sealed under the
    pseudonym's key.

    ``revision`` counts the statements, so that whoever prices two accounts at once notices.
    """

    __tablename__ = "verifier_persons"
    __table_args__ = (
        CheckConstraint("length(pseudonym) = 48", name="pseudonym_length"),
        CheckConstraint("revision >= 1", name="revision_positive"),
    )

    venue: str = Field(primary_key=True, max_length=128)
    pseudonym: bytes = Field(primary_key=True, sa_type=LargeBinary)
    revision: int = Field(sa_type=BigInteger)
    accounts: str = Field(sa_type=Text)
    stated_at: int = Field(sa_type=BigInteger, index=True)


def find_person(session: Session, venue: str, pseudonym: bytes) -> VerifierPerson | None:
    """What a venue stated of a person's accounts."""
    return session.get(VerifierPerson, (venue, pseudonym))


def put_person(session: Session, row: VerifierPerson) -> bool:
    """Stores a statement; False unless the one before, ``revision`` less 1, is still the newest. Concurrent ones are waited
    for."""
    if row.revision == 1:
        return insert_once(session, row)
    kind = VerifierPerson
    newest = (col(kind.venue) == row.venue, col(kind.pseudonym) == row.pseudonym, col(kind.revision) == row.revision - 1)
    changed = {"revision": row.revision, "accounts": row.accounts, "stated_at": row.stated_at}
    return session.exec(update(kind).where(*newest).values(changed)).rowcount == 1


def purge_persons(session: Session, *, before: int, limit: int) -> int:
    """Deletes up to ``limit`` persons of whom nothing was stated since ``before``, and says how many.

    Those that another process deletes or changes are left to it.
    """
    row = VerifierPerson
    key = (col(row.venue), col(row.pseudonym))
    oldest = select(*key).where(col(row.stated_at) < before).order_by(col(row.stated_at)).limit(limit)
    query = delete(row).where(tuple_(*key).in_(oldest.with_for_update(skip_locked=True)))
    return session.exec(query.execution_options(synchronize_session=False)).rowcount
