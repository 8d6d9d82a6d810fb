"""What the auditor's records say is in the log: every warrant's notice, and every opening."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import Session

from credence.service.auditor import records
from credence.service.forgetting import SubjectKeys
from credence.service.ledger import Claim


def claims(session: Session, keys: SubjectKeys) -> Iterator[Claim]:
    """One or two for each warrant, whose leaves follow from its notice. Nobody's keys are needed: it is about nobody."""
    del keys
    for warrant in records.every_warrant(session):
        yield Claim(warrant.leaf, warrant.notice.leaf())
        if warrant.opening_leaf is not None:
            yield Claim(warrant.opening_leaf, warrant.notice.opening_leaf())
