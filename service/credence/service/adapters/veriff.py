"""Veriff: its messages, and a decision as ``GET /v1/sessions/{id}/decision`` answers it.

After Veriff's published description; not seen against a live account.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from credence.circuits.fields import Fields
from credence.service.adapters.bundle import day
from credence.service.adapters.vendor_results import (
    Account,
    Facts,
    Result,
    Vendor,
    country,
    document_type,
    moment,
    standing_of,
)
from credence.service.adapters.vendor_signatures import check_veriff
from credence.service.issuer.evidence import EvidenceRefused, Refusal
from credence.service.issuer.inbox.standing import Notice, Standing

_TYPES: Final = {
    "PASSPORT": "passport",
    "ID_CARD": "id-card",
    "RESIDENCE_PERMIT": "residence-permit",
    "DRIVERS_LICENSE": "driving-licence",
}


def _message(fields: Fields) -> Notice | None:
    if not fields.has("verification"):  # an event of a session that was started or handed in
        return None
    verification = fields.nested("verification")
    return Notice(verification.text("id"), _standing(verification))


def _standing(verification: Fields) -> Standing:
    """``resubmission_requested``, ``expired`` and ``abandoned`` are no decisions."""
    return standing_of(verification.text("status"), "approved", "declined")


def _ask(account: Account, reference: str, _now: int) -> tuple[str, Mapping[str, str]]:
    signature = hmac.new(account.api_secret.encode(), reference.encode(), hashlib.sha256).hexdigest()
    headers = {"x-auth-client": account.api_token, "x-hmac-signature": signature}
    return f"/v1/sessions/{reference}/decision", headers


def _result(fields: Fields) -> Result:
    if not fields.has("verification"):  # that of a session which is not decided is null
        raise EvidenceRefused(Refusal.PENDING)
    verification = fields.nested("verification")
    reference, standing = verification.text("id"), _standing(verification)
    return Result(reference, standing, _facts(verification) if standing is Standing.APPROVED else None)


def _facts(verification: Fields) -> Facts:
    person, document = verification.nested("person"), verification.nested("document")
    return Facts(
        given_name=person.text("firstName"),
        family_name=person.text("lastName"),
        birth_date=day(person.text("dateOfBirth")),
        nationality=country(person.text("nationality")),
        country=country(document.text("country")),
        document_type=document_type(document.text("type"), _TYPES),
        number=document.text("number"),
        expires_on=day(document.text("validUntil")) if document.has("validUntil") else None,
        checked_at=moment(verification, "decisionTime"),
    )


VERIFF: Final = Vendor("veriff", check_veriff, _message, _ask, _result, needs_api_secret=True)
