"""Signatures that nobody gets: two claims at once, or a case that was changed meanwhile.

A signer with a log of its own has written the leaf of each down. The ledger gets those leaves too, as void, so that whoever
holds the two logs against each other finds nothing that is in one of them alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from sqlmodel import Session

from credence.service.issuer.desk import PARTY, Desk
from credence.service.issuer.records import IssuerOutbox
from credence.service.ledger import post
from credence.service.runtime import Services
from credence.service.store import Run

T = TypeVar("T")

VOID_LEAF: Final = "attestation-void"
"""The kind of a leaf whose signature was made and given to nobody."""


def accounted(desk: Desk, leaf: bytes, run: Run[T], work: Callable[[Session], T]) -> T:
    """Runs the transaction that records what was signed. Where that ends without a record, its leaf is posted as void."""
    try:
        return run(work)
    except Exception:
        if desk.services.settings.signer_socket is not None:
            void(desk.services, leaf)
        raise


def void(services: Services, leaf: bytes) -> None:
    """Posts a leaf that the signer has and the ledger does not."""
    now, rng = services.clock(), services.rng
    services.store(PARTY).run(lambda session: post(session, IssuerOutbox, kind=VOID_LEAF, leaf=leaf, now=now, rng=rng))
