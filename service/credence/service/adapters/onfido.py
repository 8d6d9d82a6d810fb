"""Onfido: its messages, and a workflow run as ``GET /workflow_runs/{id}`` answers it.

The run's ``output`` is what the workflow was built to give: here the properties of the document report under their names,
with ``document_number`` as one text. After Onfido's published description; not seen against a live account.
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
from credence.service.adapters.vendor_signatures import check_onfido
from credence.service.issuer.inbox.standing import Notice, Standing

_TYPES: Final = {
    "passport": "passport",
    "national_identity_card": "id-card",
    "residence_permit": "residence-permit",
    "driving_licence": "driving-licence",
}


def _message(fields: Fields) -> Notice | None:
    payload = fields.nested("payload")
    if payload.text("resource_type") != "workflow_run":
        return None
    run = payload.nested("object")
    return Notice(run.text("id"), _standing(run))


def _standing(run: Fields) -> Standing:
    """``review``, ``processing`` and ``error`` are no decisions of theirs yet."""
    return standing_of(run.text("status"), "approved", "declined")


def _ask(account: Account, reference: str, _now: int) -> tuple[str, Mapping[str, str]]:
    return f"/workflow_runs/{reference}", {"authorization": f"Token token={account.api_token}"}


def _result(fields: Fields) -> Result:
    reference, standing = fields.text("id"), _standing(fields)
    if standing is not Standing.APPROVED:
        return Result(reference, standing)
    return Result(reference, standing, _facts(fields.nested("output"), moment(fields, "created_at")))


def _facts(output: Fields, checked_at: int | None) -> Facts:
    return Facts(
        given_name=output.text("first_name"),
        family_name=output.text("last_name"),
        birth_date=day(output.text("date_of_birth")),
        nationality=country(output.text("nationality")),
        country=country(output.text("issuing_country")),
        document_type=document_type(output.text("document_type"), _TYPES),
        number=output.text("document_number"),
        expires_on=day(output.text("date_of_expiry")) if output.has("date_of_expiry") else None,
        checked_at=checked_at,
    )


ONFIDO: Final = Vendor("onfido", check_onfido, _message, _ask, _result)
