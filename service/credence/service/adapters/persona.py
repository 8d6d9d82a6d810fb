"""Persona: its messages, and an inquiry as ``GET /api/v1/inquiries/{id}`` answers it.

The inquiry's template collects the fields ``name-first``, ``name-last``, ``birthdate``, ``nationality``,
``selected-country-code``, ``identification-class``, ``identification-number`` and perhaps ``expiration-date``. After
Persona's published description; not seen against a live account.
"""

from __future__ import annotations

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
from credence.service.adapters.vendor_signatures import check_persona
from credence.service.issuer.inbox.standing import Notice, Standing

_TYPES: Final = {"pp": "passport", "id": "id-card", "pr": "residence-permit", "dl": "driving-licence"}


def _message(fields: Fields) -> Notice | None:
    attributes = fields.nested("data").nested("attributes")
    if not attributes.text("name").startswith("inquiry."):
        return None
    inquiry = attributes.nested("payload").nested("data")
    return Notice(inquiry.text("id"), _standing(inquiry.nested("attributes")))


def _standing(attributes: Fields) -> Standing:
    """``completed`` is the person's end of it, not a decision; ``failed`` and ``expired`` may be taken up again."""
    return standing_of(attributes.text("status"), "approved", "declined")


def _ask(account: Account, reference: str, _now: int) -> tuple[str, Mapping[str, str]]:
    return f"/api/v1/inquiries/{reference}", {"authorization": f"Bearer {account.api_token}"}


def _result(fields: Fields) -> Result:
    inquiry = fields.nested("data")
    attributes = inquiry.nested("attributes")
    reference, standing = inquiry.text("id"), _standing(attributes)
    if standing is not Standing.APPROVED:
        return Result(reference, standing)
    return Result(reference, standing, _facts(attributes.nested("fields"), moment(attributes, "completed-at")))


def _facts(fields: Fields, checked_at: int | None) -> Facts:
    def value(name: str) -> str:
        return fields.nested(name).text("value")

    return Facts(
        given_name=value("name-first"),
        family_name=value("name-last"),
        birth_date=day(value("birthdate")),
        nationality=country(value("nationality")),
        country=country(value("selected-country-code")),
        document_type=document_type(value("identification-class"), _TYPES),
        number=value("identification-number"),
        expires_on=day(value("expiration-date")) if fields.has("expiration-date") else None,
        checked_at=checked_at,
    )


PERSONA: Final = Vendor("persona", check_persona, _message, _ask, _result)
