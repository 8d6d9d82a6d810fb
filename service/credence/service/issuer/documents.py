"""The issuer's documents: what it publishes of itself, one after another, and what the log holds of them.

Everybody must be shown the same keys. The digest of every document is in the log, and every document but the first names
those that it continues, so that one made for one person is found out, and one that follows a rotation is not taken for one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlmodel import Session

from credence.circuits.credential import DAY_SECONDS, PERSON_1
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError
from credence.circuits.issuer_document import MAX_KEYS, MAX_PREVIOUS
from credence.circuits.leaf import ISSUER_DOCUMENT_LEAF
from credence.circuits.revocation_log import AccumulatorKey
from credence.circuits.wire import IssuerDocument, IssuerKey
from credence.service.errors import Misconfigured
from credence.service.issuer import records
from credence.service.issuer.records import IssuerDocumentRow, IssuerOutbox
from credence.service.keys.ports import PublicIssuerKey
from credence.service.ledger import post

KEY_DAYS: Final = 1826
"""Days from a key's making after which no credential under it is accepted; no credential outlives its key."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a document has to say: the live keys, newest first, when others ended (unix seconds, by key id, as far as it is
    known), the accumulators, the issuer's id and its log's key, and which credentials it signs."""

    issuer: str
    log_vkey: str
    live: tuple[PublicIssuerKey, ...]
    ended: Mapping[str, int]
    accumulators: tuple[AccumulatorKey, ...]
    schemas: tuple[str, ...] = (PERSON_1.id,)

    def first(self) -> IssuerDocument:
        """The document that continues none."""
        return IssuerDocument(
            issuer=self.issuer,
            schemas=self.schemas,
            keys=tuple(_published(key) for key in self.live),
            log_vkey=self.log_vkey,
            accumulators=self.accumulators,
        )

    def is_said_by(self, document: IssuerDocument) -> bool:
        """Whether a document says all of it, and of no key that it is live where it is not."""
        first = self.first()
        said = (document.issuer, document.schemas, document.log_vkey, document.accumulators)
        if said != (first.issuer, first.schemas, first.log_vkey, first.accumulators):
            return False
        return {_name(key) for key in document.live()} == {_name(key) for key in first.keys}

    def is_behind(self, document: IssuerDocument) -> bool:
        """Whether a document has a live key that is newer than any here: another process has a newer keyring."""
        known = {*self.ended, *(key.version.key_id for key in self.live)}
        newest = max((key.version.created for key in self.live), default=0)
        mine = (document.issuer, document.log_vkey) == (self.issuer, self.log_vkey)
        return mine and any(key.key_id not in known and key.not_before > newest for key in document.live())

    def after(self, document: IssuerDocument, now: int) -> IssuerDocument:
        """The document that continues another one; a first one, where that is of another issuer or log."""
        first = self.first()
        if (document.issuer, document.log_vkey) != (self.issuer, self.log_vkey):
            return first
        live = {key.key_id for key in first.keys}
        proven = (key for key in document.keys if key.key_id not in live and key.possession)
        ended = tuple(_ended(key, self.ended.get(key.key_id, now)) for key in proven)
        return replace(
            first,
            keys=(*first.keys, *ended)[:MAX_KEYS],
            previous=(document.digest(), *document.previous)[:MAX_PREVIOUS],
        )


def read_document(row: IssuerDocumentRow) -> IssuerDocument:
    """A document that was published. Raises :class:`Misconfigured` for a row that holds none."""
    try:
        return IssuerDocument.parse(json.loads(row.document))
    except (ValueError, CircuitError) as error:
        raise Misconfigured("a document of the issuer cannot be read") from error


def publish(session: Session, document: IssuerDocument, number: int, *, now: int, rng: Rng) -> bool:
    """Hands the leaf of document ``number`` to the log, once for each; False where there is such a number already."""
    text = json.dumps(document.to_json())
    row = IssuerDocumentRow(digest=document.digest(), number=number, document=text, published_at=now)
    if not records.add_document(session, row):
        return False
    post(session, IssuerOutbox, kind=ISSUER_DOCUMENT_LEAF, leaf=document.leaf(), now=now, rng=rng)
    return True


def last_day(key: PublicIssuerKey) -> int:
    """The UTC day after which nothing under this key is accepted."""
    return key.version.created // DAY_SECONDS + KEY_DAYS


def _name(key: IssuerKey) -> tuple[str, bytes, bytes]:
    return key.key_id, key.public_key, key.possession


def _ended(key: IssuerKey, at: int) -> IssuerKey:
    return key if key.retired is not None else replace(key, retired=at, not_after=min(key.not_after, at - 1))


def _published(key: PublicIssuerKey) -> IssuerKey:
    return IssuerKey(
        key_id=key.version.key_id,
        suite=key.suite,
        public_key=key.public_key,
        not_before=key.version.created,
        not_after=last_day(key) * DAY_SECONDS + DAY_SECONDS - 1,
        possession=key.possession,
    )
