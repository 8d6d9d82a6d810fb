"""The issuer's document: what it publishes of itself, and what the log holds of it.

Everybody must be shown the same keys. The document's digest is in the log, so that one made for one person is found out.
"""

from __future__ import annotations

import json
from typing import Final

from sqlmodel import Session

from credence.circuits.credential import DAY_SECONDS, PERSON_1
from credence.circuits.encoding import Rng
from credence.circuits.leaf import ISSUER_DOCUMENT_LEAF
from credence.circuits.wire import IssuerDocument, IssuerKey
from credence.service.issuer import records
from credence.service.issuer.records import IssuerDocumentRow, IssuerOutbox
from credence.service.issuer.revocation.accumulator import accumulator_keys
from credence.service.keys.accumulating import AccumulatorKeys
from credence.service.keys.issuing import IssuerKeys, PublicIssuerKey
from credence.service.ledger import post
from credence.service.runtime import Services

KEY_DAYS: Final = 1826
"""Days from a key's making after which no credential under it is accepted; no credential outlives its key."""


def issuer_document(services: Services, keys: IssuerKeys, accumulators: AccumulatorKeys) -> IssuerDocument:
    """The document as the keyring has it now."""
    return IssuerDocument(
        issuer=services.settings.issuer_id,
        schemas=(PERSON_1.id,),
        keys=tuple(_published(key) for key in keys.live()),
        log_vkey=services.ledger.signer.vkey,
        accumulators=accumulator_keys(services.settings.issuer_id, accumulators),
    )


def publish(session: Session, document: IssuerDocument, *, now: int, rng: Rng) -> bool:
    """Hands the document's leaf to the log, once for each document there ever is; True the first time."""
    row = IssuerDocumentRow(digest=document.digest(), document=json.dumps(document.to_json()), published_at=now)
    if not records.add_document(session, row):
        return False
    post(session, IssuerOutbox, kind=ISSUER_DOCUMENT_LEAF, leaf=document.leaf(), now=now, rng=rng)
    return True


def last_day(key: PublicIssuerKey) -> int:
    """The UTC day after which nothing under this key is accepted."""
    return key.version.created // DAY_SECONDS + KEY_DAYS


def _published(key: PublicIssuerKey) -> IssuerKey:
    return IssuerKey(
        key_id=key.version.key_id,
        suite=key.suite,
        public_key=key.public_key,
        not_before=key.version.created,
        not_after=last_day(key) * DAY_SECONDS + DAY_SECONDS - 1,
    )
