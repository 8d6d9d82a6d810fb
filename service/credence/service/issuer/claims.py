"""What the issuer's records say is in the log: every attestation, every standing as long as its record is kept, every
document that it ever published, and every checkpoint of an accumulator."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from sqlmodel import Session

from credence.circuits.errors import CircuitError
from credence.circuits.leaf import ATTESTATION_LEAF, salted_leaf
from credence.circuits.revocation_log import AccumulatorCheckpoint
from credence.circuits.wire import IssuerDocument
from credence.service.forgetting import Broken, SubjectKey, SubjectKeys
from credence.service.issuer import records
from credence.service.issuer.records import IssuerAttestation
from credence.service.issuer.revocation import records as revocation
from credence.service.issuer.revocation.records import IssuerCheckpoint
from credence.service.issuer.sealing import ATTESTATIONS
from credence.service.issuer.standings import records as standings
from credence.service.ledger import UNREADABLE, Claim

_PAGE: Final = 500


def claims(session: Session, keys: SubjectKeys) -> Iterator[Claim]:
    """One for each; a document has no salt, and its leaf stands nowhere but in the outbox.

    What was erased leads to no leaf any more: that the log has it is all that is left to claim.
    """
    for page in _pages(records.attestations(session)):
        opened = keys.find_all({row.subject_key for row in page if row.subject_key is not None})
        yield from (_attestation(row, opened) for row in page)
    for row in standings.standings(session):
        yield Claim(row.leaf, salted_leaf(ATTESTATION_LEAF, row.salt, row.digest))
    for document in records.documents(session):
        yield _document(document.document)
    issuers = revocation.issuers(session)
    for checkpoint in revocation.checkpoints(session):
        yield Claim(checkpoint.leaf, _checkpoint(issuers[checkpoint.accumulator_id], checkpoint))


def _pages(rows: Iterable[IssuerAttestation]) -> Iterator[list[IssuerAttestation]]:
    left = iter(rows)
    while page := list(islice(left, _PAGE)):
        yield page


def _attestation(row: IssuerAttestation, opened: Mapping[bytes, SubjectKey]) -> Claim:
    if row.erased_at is not None or (row.subject_key is not None and row.subject_key not in opened):
        return Claim(row.leaf, row.leaf)
    try:
        salt = row.salt if row.subject_key is None else opened[row.subject_key].open(ATTESTATIONS, "salt", row.id, row.salt)
    except Broken:
        return Claim(row.leaf, b"")
    return Claim(row.leaf, salted_leaf(ATTESTATION_LEAF, salt, row.digest))


def _checkpoint(issuer: str, row: IssuerCheckpoint) -> bytes:
    return AccumulatorCheckpoint(issuer, row.accumulator_id, row.index, row.value, row.minute).leaf()


def _document(text: str) -> Claim:
    try:
        leaf = IssuerDocument.parse(json.loads(text)).leaf()
    except (ValueError, CircuitError):
        return UNREADABLE
    return Claim(leaf, leaf)
