"""What the issuer's records say is in the log: every attestation, every document that it ever published, and every
checkpoint of an accumulator."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlmodel import Session

from credence.circuits.errors import CircuitError
from credence.circuits.leaf import ATTESTATION_LEAF, salted_leaf
from credence.circuits.revocation_log import AccumulatorCheckpoint
from credence.circuits.wire import IssuerDocument
from credence.service.issuer import records
from credence.service.issuer.revocation import records as revocation
from credence.service.issuer.revocation.records import IssuerCheckpoint
from credence.service.ledger import UNREADABLE, Claim


def claims(session: Session) -> Iterator[Claim]:
    """One for each; a document has no salt, and its leaf stands nowhere but in the outbox."""
    for attestation in records.attestations(session):
        yield Claim(attestation.leaf, salted_leaf(ATTESTATION_LEAF, attestation.salt, attestation.digest))
    for document in records.documents(session):
        yield _document(document.document)
    issuers = revocation.issuers(session)
    for row in revocation.checkpoints(session):
        yield Claim(row.leaf, _checkpoint(issuers[row.accumulator_id], row))


def _checkpoint(issuer: str, row: IssuerCheckpoint) -> bytes:
    return AccumulatorCheckpoint(issuer, row.accumulator_id, row.index, row.value, row.minute).leaf()


def _document(text: str) -> Claim:
    try:
        leaf = IssuerDocument.parse(json.loads(text)).leaf()
    except (ValueError, CircuitError):
        return UNREADABLE
    return Claim(leaf, leaf)
