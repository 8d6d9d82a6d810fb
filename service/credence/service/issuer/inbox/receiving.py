"""Receiving what vendors say: verified over the raw bytes, counted once, and never more than a hint.

What is kept is a keyed digest of the message, the vendor's own number and where that stands. A case is opened by what the
vendor's service answers when it is asked for the result, not by this.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlmodel import Session

from credence.circuits.hashing import Label, hmac_labelled
from credence.service.errors import NotFound
from credence.service.issuer.desk import PARTY, Desk
from credence.service.issuer.inbox import records
from credence.service.issuer.inbox.records import IssuerVendorNotice, IssuerVendorResult
from credence.service.issuer.inbox.standing import HeaderValues, Notice, NotSigned, Standing, VendorMessages
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
    key = desk.services.keyring.secret(Purpose.ISSUER_EVIDENCE)
    digest = hmac_labelled(key, Label.EVIDENCE, vendor.encode(), body)
    return desk.store.run(partial(_taken, vendor=vendor, digest=digest, notice=notice, now=now))


def messages_of(desk: Desk, vendor: str) -> VendorMessages:
    """How a vendor's messages are read. Raises :class:`NotFound`."""
    found = desk.adapters.get(vendor)
    if not isinstance(found, VendorMessages):
        raise NotFound
    return found


def results_of(desk: Desk, vendor: str, standing: Standing, limit: int) -> Sequence[IssuerVendorResult]:
    """Results by where they stand, the latest first. Raises :class:`NotFound` for an unknown vendor."""
    messages_of(desk, vendor)
    with desk.store.reading() as session:
        return records.results(session, vendor, standing, limit=limit)


def _taken(session: Session, vendor: str, digest: bytes, notice: Notice, now: int) -> bool:
    if not records.add_notice(session, IssuerVendorNotice(vendor=vendor, digest=digest, received_at=now)):
        return False
    result = IssuerVendorResult(vendor=vendor, reference=notice.reference, standing=notice.standing.value, updated_at=now)
    records.move_result(session, result)
    return True
