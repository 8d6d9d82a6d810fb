"""Facts as an adapter gives them, without the token."""

from __future__ import annotations

from datetime import date
from typing import Any

from credence.service.issuer.evidence import (
    Assurance,
    Channel,
    Document,
    Kind,
    Product,
    Record,
    Reference,
    SourceOfFunds,
    VerifiedEvidence,
)

FACTS: dict[str, Any] = {
    "given_name": "Zoë",
    "family_name": "Marchetti",
    "birth_date": date(1990, 2, 28),
    "document": Document("IT", "passport", "YA1234567"),
    "nationalities": ("IT",),
    "residence": "DE",
    "kind": Kind.NATURAL,
    "assurance": Assurance.SUBSTANTIAL,
    "pep": False,
    "accredited": False,
    "reference": Reference("vendor.example", "check-1"),
    "valid_until": 1_790_003_600,
    "product": Product.TRADING,
    "channel": Channel.ELECTRONIC_ID,
    "source_of_funds": SourceOfFunds.SALARY,
    "verified_at": 1_790_000_000 - 86_400,
    "document_until": date(2031, 9, 30),
    "record": Record("archive.example", "r-1", 5),
}


def facts(**changes: Any) -> VerifiedEvidence:
    return VerifiedEvidence(**{**FACTS, **changes})


def named(given: str, family: str = "", **changes: Any) -> VerifiedEvidence:
    return facts(given_name=given, family_name=family, **changes)
