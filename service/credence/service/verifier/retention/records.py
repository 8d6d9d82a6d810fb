"""The statements that hold and erase what a verifier has of a pseudonym at one venue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from credence.service.store import insert_once
from credence.service.verifier.persons.records import VerifierPerson
from credence.service.verifier.records import VerifierDecision, VerifierDestroyedKey, VerifierSession
from credence.service.verifier.webhooks.records import VerifierDelivery


def decisions_of(session: Session, venue: str, pseudonym: bytes) -> Sequence[VerifierDecision]:
    """Every acceptance of a venue's pseudonym."""
    row = VerifierDecision
    query = select(row).join(VerifierSession, col(VerifierSession.id) == col(row.session_id))
    return session.exec(query.where(row.pseudonym == pseudonym, VerifierSession.venue == venue)).all()


def due_sessions(session: Session, *, now: int, limit: int) -> Sequence[str]:
    """Up to ``limit`` sessions whose decisions have come to their time and are held by nobody; those that another process
    erases are left to it."""
    row = VerifierDecision
    kept = select(row.session_id).where((col(row.retain_until) > now) | col(row.legal_hold).is_not(None))
    query = select(row).where(col(row.retain_until) <= now, col(row.session_id).not_in(kept))
    found = session.exec(query.order_by(col(row.retain_until)).limit(limit).with_for_update(skip_locked=True)).all()
    return sorted({decision.session_id for decision in found})


def keys_of(session: Session, session_ids: Collection[str]) -> set[bytes]:
    """The keys that the decisions of sessions name."""
    row = VerifierDecision
    query = select(row.subject_key).where(col(row.session_id).in_(session_ids))
    return {key for key in session.exec(query).all() if key is not None}


def named_elsewhere(session: Session, keys: Collection[bytes], session_ids: Collection[str]) -> set[bytes]:
    """Those of ``keys`` that the decisions of other sessions name."""
    row = VerifierDecision
    query = select(row.subject_key).where(col(row.subject_key).in_(keys), col(row.session_id).not_in(session_ids))
    return {key for key in session.exec(query).all() if key is not None}


def erase_sessions(session: Session, session_ids: Collection[str]) -> int:
    """Deletes sessions with their decisions and with what is to be told of them; how many decisions that were.

    Their nonces stay spent, and their leaves stay in the log.
    """
    session.exec(delete(VerifierDelivery).where(col(VerifierDelivery.session_id).in_(session_ids)))
    gone = session.exec(delete(VerifierDecision).where(col(VerifierDecision.session_id).in_(session_ids))).rowcount
    session.exec(delete(VerifierSession).where(col(VerifierSession.id).in_(session_ids)))
    return gone


def forget_person(session: Session, venue: str, pseudonym: bytes) -> int:
    """Deletes what a venue stated of a person's accounts."""
    row = VerifierPerson
    return session.exec(delete(row).where(col(row.venue) == venue, col(row.pseudonym) == pseudonym)).rowcount


def hold(session: Session, session_ids: Collection[str], values: dict[str, Any]) -> int:
    """Sets or lifts the hold of the decisions of sessions."""
    row = VerifierDecision
    return session.exec(update(row).where(col(row.session_id).in_(session_ids)).values(**values)).rowcount


def note_destroyed(session: Session, keys: Collection[bytes], now: int) -> None:
    """Notes, in the transaction that erases, that keys are to be destroyed."""
    for key in sorted(keys):
        insert_once(session, VerifierDestroyedKey(key_id=key, destroyed_at=now))


def destroyed_after(session: Session, last: bytes, limit: int) -> Sequence[bytes]:
    """A page of the keys that are to be gone, by id."""
    row = VerifierDestroyedKey
    return session.exec(select(row.key_id).where(col(row.key_id) > last).order_by(col(row.key_id)).limit(limit)).all()
