"""Policies over one person credential, as venues ask by them."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from credence.circuits.credential import PERSON_1
from credence.circuits.fields import Json

SUFFIX: Final[Json] = MappingProxyType({"suffix": ""})
"""The pseudonym that a venue sees everywhere alike."""

OF_AGE: Final[Json] = MappingProxyType({"attribute": "birth_date", "at_most": "today-18y"})

EXCLUDED: Final = ("CU", "IR", "KP", "SY")

MAX_AGE: Final = 60
"""Seconds that a revocation takes at most until whoever asks for it knows."""


def person_policy(
    name: str,
    issuer: str,
    level: int,
    *,
    risk: str | None = None,
    disclose: tuple[str, ...] = (),
    hidden: Sequence[Json] = (),
    **more: Any,
) -> Json:
    """A policy: at least ``level`` (1-3), perhaps at most the risk tier ``risk``, unexpired, and what is to be shown.

    ``hidden`` are more predicates, ``more`` the other members.
    """
    return MappingProxyType(
        {
            "name": name,
            "version": 1,
            "credentials": {"person": {"schema": PERSON_1.id, "issuers": [issuer]}},
            "all_of": [
                {"attribute": "kyc_level", "at_least": level},
                *([{"attribute": "risk_tier", "at_most": risk}] if risk else []),
                *(dict(predicate) for predicate in hidden),
                {"attribute": "expires_on", "at_least": "today"},
            ],
            "disclose": [{"attribute": attribute} for attribute in disclose],
            "tariff": "perp-default",
            **more,
        }
    )


def standard(issuer: str) -> Json:
    """Level 2, of age, not resident where most venues take nobody from, not revoked; the risk tier is shown, the rest stays
    hidden.
    """
    return person_policy(
        "perp-standard",
        issuer,
        2,
        disclose=("risk_tier",),
        hidden=(
            OF_AGE,
            {"attribute": "residence", "not_in": list(EXCLUDED)},
        ),
        not_revoked={"max_age_s": MAX_AGE},
        pseudonym=dict(SUFFIX),
    )


def private(issuer: str) -> Json:
    """Level 1, and the risk tier stays hidden, so that it is priced as the worst."""
    return person_policy("perp-private", issuer, 1, pseudonym=dict(SUFFIX))


def prime(issuer: str) -> Json:
    """Level 3 and low risk: few can show that."""
    return person_policy("perp-prime", issuer, 3, risk="low", pseudonym=dict(SUFFIX))


def account(issuer: str) -> Json:
    """For one account of many: no pseudonym, so that nothing joins the accounts; the account is bound into the proof."""
    return person_policy("perp-account", issuer, 2, disclose=("risk_tier",), message="required")
