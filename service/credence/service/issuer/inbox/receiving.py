"""Receiving what vendors say: verified over the raw bytes, counted once, and never more than a hint.

What is kept is a keyed digest of the message, the vendor's own number, sealed, and where that stands. A case is opened by
what the vendor's service answers when it is asked for the result, not by this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlmodel import Session

from credence.circuits.hashing import Label, hmac_labelled
from credence.service.errors import NotFound
from credence.service.forgetting import Kind, RowKind
from credence.service.issuer.desk import PARTY, Desk
from credence.service.issuer.inbox import records
from credence.service.issuer.inbox.records import IssuerVendorNotice, IssuerVendorResult
from credence.service.issuer.inbox.standing import HeaderValues, Notice, NotSigned, Standing, VendorMessages
from credence.service.issuer.sealing import KEYS, RESULTS, result_references
from credence.service.keys import Purpose
from credence.service.logs import logger


def receive(desk: Desk, vendor: str, headers: HeaderValues, body: bytes) -> bool:
    """Takes a message in; False where it came before, or is about no result.

    Raises :class:`NotFound` for a vendor whose messages nobody reads, and as :meth:`VendorMessages.read_notice`.
    """
    now = desk.services.clock()
    try:
        notice = messages_of(desk, vendor).read_notice(headers, body, now)
    except NotSigned:
        logger().warning("vendor-notice.refused", party=PARTY)
        raise
    if notice is None:
        return False
    keys = desk.services.keyring.opened(Purpose.ISSUER_EVIDENCE)
    digests = [hmac_labelled(key, Label.EVIDENCE, vendor.encode(), body) for _, key in keys]
    result = _result(desk, vendor, notice, now)
    return desk.store.run(partial(_taken, digests=digests, result=result))


def messages_of(desk: Desk, vendor: str) -> VendorMessages:
    """How a vendor's messages are read. Raises :class:`NotFound`."""
    found = desk.adapters.get(vendor)
    if not isinstance(found, VendorMessages):
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Result:
    """Where a result stands, by the vendor's own number; ``updated_at`` in unix seconds."""

    reference: str
    standing: str
    updated_at: int


def results_of(desk: Desk, vendor: str, standing: Standing, limit: int) -> Sequence[Result]:
    """Results by where they stand, the latest first. Raises :class:`NotFound` for an unknown vendor."""
    messages_of(desk, vendor)
    with desk.store.reading() as session:
        rows = records.results(session, vendor, standing, limit=limit)
    references = result_references(desk.services.keeping, rows)
    return [Result(name, row.standing, row.updated_at) for row, name in zip(rows, references, strict=True)]


def _result(desk: Desk, vendor: str, notice: Notice, now: int) -> IssuerVendorResult:
    """The row of what a message says, the vendor's number sealed under a key of its own."""
    keeping, name = desk.services.keeping, (vendor.encode(), notice.reference.encode())
    key = KEYS.obtain(desk.store, keeping.keys, Kind.REFERENCE, *name, now=now)
    alias = keeping.keys.alias(Kind.REFERENCE, *name)
    return IssuerVendorResult(
        vendor=vendor,
        reference=alias,
        standing=notice.standing.value,
        updated_at=now,
        sealed=key.seal_text(RESULTS, "sealed", f"{vendor}/{alias}", notice.reference),
        subject_key=key.key_id,
        **keeping.until(RowKind.VENDOR_RESULT, now),
    )


def _taken(session: Session, digests: Sequence[bytes], result: IssuerVendorResult) -> bool:
    """``digests`` are the message's under each live key, newest first: under an older one nothing is written any more."""
    vendor, now, term = result.vendor, result.updated_at, result.model_dump(include={"retain_until", "legal_basis"})
    if any(records.has_notice(session, vendor, digest) for digest in digests[1:]):
        return False
    if not records.add_notice(session, IssuerVendorNotice(vendor=vendor, digest=digests[0], received_at=now, **term)):
        return False
    if result.subject_key is not None:
        KEYS.claim(session, result.subject_key)
    records.move_result(session, result)
    return True
