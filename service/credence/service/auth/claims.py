"""What the records of clients say is in the log: every registration."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import Session

from credence.service.auth import records
from credence.service.auth.clients import disclosed, opened_leaf
from credence.service.ledger import Claim


def claims(session: Session, keys: object = None) -> Iterator[Claim]:
    """One for each. None is sealed: a client is a firm, and ``keys`` open nothing here."""
    for row in records.registrations(session):
        said = opened_leaf(row.client_id, row.role, row.registered_at, row.salt, disclosed(row))
        yield Claim(row.leaf, said)
