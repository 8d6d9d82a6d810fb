"""What the verifier's records say is in the log: the receipt of every decision that said yes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlmodel import Session

from credence.circuits.errors import CircuitError
from credence.circuits.receipt import Receipt
from credence.service.ledger import UNREADABLE, Claim
from credence.service.verifier import records


def claims(session: Session) -> Iterator[Claim]:
    """One for each. A receipt carries its salt, so that its leaf is computed and stands nowhere but in the outbox."""
    for row in records.accepted_decisions(session):
        yield _receipt(row.answer)


def _receipt(answer: str) -> Claim:
    try:
        leaf = Receipt.parse(json.loads(answer)["receipt"]["receipt"]).leaf()
    except (ValueError, LookupError, TypeError, CircuitError):
        return UNREADABLE
    return Claim(leaf, leaf)
