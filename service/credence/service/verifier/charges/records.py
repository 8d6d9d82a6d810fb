"""The decisions that charges rest on. The table is that of :mod:`credence.service.verifier.records`."""

from __future__ import annotations

from typing import Final

from sqlmodel import Session, col, select

from credence.service.verifier.records import ACCEPTED, VerifierDecision, VerifierSession

MOST: Final = 8
"""Decisions of one second that are looked at."""


def acceptance_of(session: Session, venue: str, session_id: str) -> VerifierDecision | None:
    """The accepted decision of a venue's own session; None also for one that was not accepted."""
    row = VerifierDecision
    query = select(row).join(VerifierSession, col(VerifierSession.id) == col(row.session_id))
    mine = (row.session_id == session_id, VerifierSession.venue == venue, row.decision == ACCEPTED)
    return session.exec(query.where(*mine)).first()


def acceptances_at(session: Session, venue: str, pseudonym: bytes, at: int) -> list[VerifierDecision]:
    """The newest accepted decisions of a venue's about a pseudonym that were made until ``at`` (unix seconds).

    Decisions of one second have no order, so that these are all of that second, ``MOST`` at most.
    """
    row = VerifierDecision
    query = select(row).join(VerifierSession, col(VerifierSession.id) == col(row.session_id))
    query = query.where(row.pseudonym == pseudonym, VerifierSession.venue == venue, col(row.decided_at) <= at)
    found = session.exec(query.order_by(col(row.decided_at).desc(), col(row.session_id)).limit(MOST)).all()
    return [each for each in found if each.decided_at == found[0].decided_at]
