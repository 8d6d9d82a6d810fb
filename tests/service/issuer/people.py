"""Facts as an adapter gives them, without the token."""

from __future__ import annotations

from datetime import date
from typing import Any

from credence.service.issuer.evidence import Assurance, Document, Kind, Reference, VerifiedEvidence

FACTS: dict[str, Any] = {
    "given_name": "Zoë",
    "family_name": "Marchetti",
    "birth_date": date(1990, 2, 28),
    "document": Document("IT", "passport", "YA1234567"),
    "nationality": "IT",
    "residence": "DE",
    "kind": Kind.NATURAL,
    "assurance": Assurance.SUBSTANTIAL,
    "pep": False,
    "accredited": False,
    "reference": Reference("vendor.example", "check-1"),
    "valid_until": 1_790_003_600,
}


def facts(**changes: Any) -> VerifiedEvidence:
    return VerifiedEvidence(**{**FACTS, **changes})


def named(given: str, family: str = "", **changes: Any) -> VerifiedEvidence:
    return facts(given_name=given, family_name=family, **changes)
