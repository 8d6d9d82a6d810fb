"""Erasing what a venue's pseudonym left at the verifier: sessions, decisions, statements, and the key that sealed them.

The leaves of the receipts stay in the log; their salts were in the decisions, so that nobody opens them any more.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Final

from sqlmodel import Session

from credence.service.errors import NotFound
from credence.service.forgetting import Keeping, refuse_while_kept
from credence.service.logs import logger
from credence.service.runtime import Services
from credence.service.store import Run, Store
from credence.service.verifier.retention import records
from credence.service.verifier.sealing import KEYS

PARTY: Final = "verifier"


def erase_pseudonym(services: Services, venue: str, pseudonym: bytes, run: Run[int] | None = None) -> int:
    """Erases what is kept of a venue's pseudonym, on its request; how many decisions that were.

    ``run`` runs the transaction, by default the party's store. Raises :class:`NotFound` where there are none, and
    :class:`~credence.service.errors.Retained` where one has to be kept for a while yet.
    """
    store, keeping, now = services.store(PARTY), services.keeping, services.clock()

    def work(session: Session) -> int:
        found = records.decisions_of(session, venue, pseudonym)
        if not found:
            raise NotFound
        for row in found:
            refuse_while_kept(row, now)
        records.forget_person(session, venue, pseudonym)
        return _erase(session, {row.session_id for row in found}, now)

    gone = (run or store.run)(work)
    finish(store, keeping)
    services.metrics.erased("decision", gone)
    logger().info("decisions.erased", party=PARTY, count=gone)
    return gone


def purge(store: Store, keeping: Keeping, *, now: int, limit: int) -> int:
    """Erases the decisions of up to ``limit`` sessions whose time has come; how many sessions."""
    done, keys = store.run(partial(_purge, now=now, limit=limit))
    if keys:
        finish(store, keeping)
    return done


def due(store: Store, *, now: int, limit: int) -> int:
    """How many sessions :func:`purge` would erase."""
    with store.transaction() as session:
        return len(records.due_sessions(session, now=now, limit=limit))


def finish(store: Store, keeping: Keeping) -> int:
    """Destroys every key that was noted as destroyed and is there; how many."""
    return KEYS.finish(store, keeping.keys)


def _purge(session: Session, now: int, limit: int) -> tuple[int, bool]:
    sessions = records.due_sessions(session, now=now, limit=limit)
    had_keys = bool(sessions) and bool(records.keys_of(session, sessions))
    if sessions:
        _erase(session, sessions, now)
    return len(sessions), had_keys


def _erase(session: Session, session_ids: Collection[str], now: int) -> int:
    keys = records.keys_of(session, session_ids)
    gone = records.erase_sessions(session, session_ids)
    KEYS.note(session, keys, now)
    return gone
