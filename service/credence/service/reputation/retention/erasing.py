"""Erasing the conduct of a pseudonym: its events, statistics and standing, in its time or when its venue says so."""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlmodel import Session

from credence.service.errors import NotFound
from credence.service.forgetting import refuse_while_kept
from credence.service.logs import logger
from credence.service.reputation.retention import records
from credence.service.runtime import Services
from credence.service.store import Run, Store

PARTY: Final = "reputation"


def erase_conduct(services: Services, client_id: str, pseudonym: bytes, run: Run[int] | None = None) -> int:
    """Erases what is kept of a venue's pseudonym; how many rows that were.

    ``run`` runs the transaction, by default the party's store. Raises :class:`NotFound` where nothing was reported of it,
    and :class:`~credence.service.errors.Retained`.
    """
    now = services.clock()

    def work(session: Session) -> int:
        found = records.find(session, client_id, pseudonym)
        if found is None:
            raise NotFound
        refuse_while_kept(found, now)
        return records.erase(session, client_id, pseudonym)

    gone = (run or services.store(PARTY).run)(work)
    services.metrics.erased("conduct", 1)
    logger().info("conduct.erased", party=PARTY, count=1)
    return gone


def purge(store: Store, *, now: int, limit: int) -> int:
    """Erases the conduct of up to ``limit`` pseudonyms whose time has come; how many."""
    return store.run(partial(_purge, now=now, limit=limit))


def due(store: Store, *, now: int, limit: int) -> int:
    """How many pseudonyms :func:`purge` would erase the conduct of."""
    with store.transaction() as session:
        return len(records.due(session, now=now, limit=limit))


def _purge(session: Session, now: int, limit: int) -> int:
    found = [(row.client_id, row.pseudonym) for row in records.due(session, now=now, limit=limit)]
    for client_id, pseudonym in found:
        records.erase(session, client_id, pseudonym)
    return len(found)
