"""The statements that hold and erase what a verifier has of a pseudonym at one venue."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete
from sqlmodel import Session, col, select

from credence.service.verifier.denials.records import count_erased
from credence.service.verifier.persons.records import VerifierPerson
from credence.service.verifier.records import VerifierDecision, VerifierSession
from credence.service.verifier.webhooks.records import VerifierDelivery


def decisions_of(session: Session, venue: str, pseudonym: bytes) -> Sequence[VerifierDecision]:
    """Every acceptance of a venue's pseudonym, as it is and stays until this transaction ends."""
    row = VerifierDecision
    query = select(row).join(VerifierSession, col(VerifierSession.id) == col(row.session_id))
    query = query.where(row.pseudonym == pseudonym, VerifierSession.venue == venue)
    locked = query.order_by(col(row.session_id), col(row.attempt)).with_for_update(of=row)
    return session.exec(locked.execution_options(populate_existing=True)).all()


def due_sessions(session: Session, *, now: int, limit: int) -> Sequence[str]:
    """Up to ``limit`` sessions whose decisions have come to their time and are held by nobody; those that another process
    erases are left to it."""
    row = VerifierDecision
    kept = select(row.session_id).where((col(row.retain_until) > now) | col(row.legal_hold).is_not(None))
    due = (col(row.retain_until) <= now, col(row.legal_hold).is_(None))  # outside too: what was locked late is judged again
    query = select(row).where(*due, col(row.session_id).not_in(kept))
    found = session.exec(query.order_by(col(row.retain_until)).limit(limit).with_for_update(skip_locked=True)).all()
    return sorted({decision.session_id for decision in found})


def keys_of(session: Session, session_ids: Collection[str]) -> set[bytes]:
    """The keys that the decisions of sessions name."""
    row = VerifierDecision
    query = select(row.subject_key).where(col(row.session_id).in_(session_ids))
    return {key for key in session.exec(query).all() if key is not None}


def erase_sessions(session: Session, session_ids: Collection[str]) -> int:
    """Deletes sessions with their decisions and with what is to be told of them; how many decisions that were.

    Their nonces stay spent, and their leaves stay in the log.
    """
    session.exec(delete(VerifierDelivery).where(col(VerifierDelivery.session_id).in_(session_ids)))
    count_erased(session, session_ids)
    gone = session.exec(delete(VerifierDecision).where(col(VerifierDecision.session_id).in_(session_ids))).rowcount
    session.exec(delete(VerifierSession).where(col(VerifierSession.id).in_(session_ids)))
    return gone


def forget_person(session: Session, venue: str, pseudonym: bytes) -> int:
    """Deletes what a venue stated of a person's accounts."""
    row = VerifierPerson
    return session.exec(delete(row).where(col(row.venue) == venue, col(row.pseudonym) == pseudonym)).rowcount
