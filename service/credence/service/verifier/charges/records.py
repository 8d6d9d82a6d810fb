"""The decisions that charges rest on. The table is that of :mod:`credence.service.verifier.records`."""

from __future__ import annotations

from sqlmodel import Session, col, select

from credence.service.verifier.records import ACCEPTED, VerifierDecision, VerifierSession


def acceptance_of(session: Session, venue: str, session_id: str) -> VerifierDecision | None:
    """The accepted decision of a venue's own session; None also for one that was not accepted."""
    row = VerifierDecision
    query = select(row).join(VerifierSession, col(VerifierSession.id) == col(row.session_id))
    mine = (row.session_id == session_id, VerifierSession.venue == venue, row.decision == ACCEPTED)
    return session.exec(query.where(*mine)).first()


def acceptance_at(session: Session, venue: str, pseudonym: bytes, at: int) -> VerifierDecision | None:
    """The newest accepted decision of a venue's about a pseudonym that was made until ``at`` (unix seconds)."""
    row = VerifierDecision
    query = select(row).join(VerifierSession, col(VerifierSession.id) == col(row.session_id))
    query = query.where(row.pseudonym == pseudonym, VerifierSession.venue == venue, col(row.decided_at) <= at)
    return session.exec(query.order_by(col(row.decided_at).desc(), col(row.session_id)).limit(1)).first()
