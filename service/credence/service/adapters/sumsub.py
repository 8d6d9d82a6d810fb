"""Sumsub: its messages, and an applicant as ``GET /resources/applicants/{id}/one`` answers it.

After Sumsub's published description; not seen against a live account.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from credence.circuits.fields import Fields
from credence.service.adapters.bundle import day
from credence.service.adapters.vendor_results import Account, Facts, Result, Vendor, country, document_type, moment
from credence.service.adapters.vendor_signatures import check_sumsub
from credence.service.issuer.evidence import EvidenceRefused, Refusal
from credence.service.issuer.inbox.standing import Notice, Standing

_REVIEWED: Final = frozenset({"applicantReviewed", "applicantPending", "applicantOnHold", "applicantReset"})
_TYPES: Final = {
    "PASSPORT": "passport",
    "ID_CARD": "id-card",
    "RESIDENCE_PERMIT": "residence-permit",
    "DRIVERS": "driving-licence",
}


def _message(fields: Fields) -> Notice | None:
    if fields.text("type") not in _REVIEWED:
        return None
    return Notice(fields.text("applicantId"), _standing(fields))


def _standing(fields: Fields) -> Standing:
    """A review that is completed counts; red is final where nothing may be handed in again."""
    if fields.text("reviewStatus") != "completed":
        return Standing.PENDING
    result = fields.nested("reviewResult")
    if result.text("reviewAnswer") == "GREEN":
        return Standing.APPROVED
    again = result.has("reviewRejectType") and result.text("reviewRejectType") == "RETRY"
    return Standing.PENDING if again else Standing.DECLINED


def _ask(account: Account, reference: str, now: int) -> tuple[str, Mapping[str, str]]:
    path = f"/resources/applicants/{reference}/one"
    signature = hmac.new(account.api_secret.encode(), f"{now}GET{path}".encode(), hashlib.sha256).hexdigest()
    return path, {"x-app-token": account.api_token, "x-app-access-ts": str(now), "x-app-access-sig": signature}


def _result(fields: Fields) -> Result:
    review = fields.nested("review")
    reference, standing = fields.text("id"), _standing(review)
    if standing is not Standing.APPROVED:
        return Result(reference, standing)
    return Result(reference, standing, _facts(fields.nested("info"), moment(review, "reviewDate")))


def _facts(info: Fields, checked_at: int | None) -> Facts:
    documents = info.items("idDocs", lambda value: Fields(value, "document"), maximum=16)
    known = [(document.text("idDocType"), document) for document in documents]
    found = [(kind, document) for kind, document in known if kind in _TYPES]
    if len(found) != 1:  # of two, either would be the person
        raise EvidenceRefused(Refusal.INCOMPLETE)
    kind, document = found[0]
    return Facts(
        given_name=info.text("firstName"),
        family_name=info.text("lastName"),
        birth_date=day(info.text("dob")),
        nationality=country(info.text("nationality")),
        country=country(document.text("country")),
        document_type=document_type(kind, _TYPES),
        number=document.text("number"),
        expires_on=day(document.text("validUntil")) if document.has("validUntil") else None,
        checked_at=checked_at,
    )


SUMSUB: Final = Vendor("sumsub", check_sumsub, _message, _ask, _result, needs_api_secret=True)
