"""What the verifier's records say is in the log: the receipt of every decision that said yes, and every tariff version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from sqlmodel import Session

from credence.circuits.announcement import TariffAnnouncement
from credence.circuits.errors import CircuitError
from credence.circuits.receipt import Receipt
from credence.service.ledger import UNREADABLE, Claim
from credence.service.verifier import records
from credence.service.verifier.records import VerifierTariffVersion


def claims(session: Session) -> Iterator[Claim]:
    """One for each. A receipt carries its salt, so that its leaf is computed and stands nowhere but in the outbox."""
    for row in records.accepted_decisions(session):
        yield _receipt(row.answer)
    for version in records.every_tariff_version(session):
        yield _announcement(version)


def _receipt(answer: str) -> Claim:
    try:
        leaf = Receipt.parse(json.loads(answer)["receipt"]["receipt"]).leaf()
    except (ValueError, LookupError, TypeError, CircuitError):
        return UNREADABLE
    return Claim(leaf, leaf)


def _announcement(version: VerifierTariffVersion) -> Claim:
    try:
        said = TariffAnnouncement.parse(json.loads(version.statement)["announcement"])
    except (ValueError, LookupError, TypeError, CircuitError):
        return UNREADABLE
    kept = (version.name, version.version, version.digest, version.announced_at, version.activates_at)
    if kept != (said.name, said.version, said.digest, said.announced_at, said.activates_at):
        return UNREADABLE
    if hashlib.sha256(version.document.encode()).digest() != said.digest:
        return UNREADABLE
    leaf = said.leaf()
    return Claim(leaf, leaf)
