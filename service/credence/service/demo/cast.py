"""Who takes part: holders with their wallets, and venues with their policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from credence.circuits.fields import Json
from credence.sdk import HeldCredential, Verifier, Wallet
from credence.service.auth import IssuedKey
from credence.service.demo.trustees import Trustees
from credence.service.sandbox import policies
from credence.service.sandbox.persons import Person

NORTH: Final = "north.example"
SOUTH: Final = "south.example"

LICENSED: Final = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "BR"),
)
"""Where the northern venue may serve people: the European Union, and Brazil."""

MAX_AGE: Final = 60
"""Seconds after which nobody is shown not to be revoked by an older value."""

PURPOSE: Final = "a court's warrant"

VOLUME: Final = Decimal(6_000_000)
"""What each venue says that a person traded in 30 days, in USD: the same for all, so that only what is proven differs."""


def north_policy(issuer: str, trustees: Trustees) -> Json:
    """Asks for all there is: level 2, of age, resident where it is licensed and nowhere else, not revoked, sixteen visits a
    day, the handle sealed to trustees. The risk tier is shown; birth date, residence, the credential and the number of the
    visit stay hidden.
    """
    asked = policies.person_policy(
        "perp-standard",
        issuer,
        2,
        disclose=("risk_tier",),
        hidden=(
            policies.OF_AGE,
            {"attribute": "residence", "in": list(LICENSED)},
            {"attribute": "residence", "not_in": list(policies.EXCLUDED)},
        ),
        pseudonym=dict(policies.SUFFIX),
        not_revoked={"max_age_s": MAX_AGE},
        rate_limit={"name": "open-account", "per": "day", "max": 16},
    )
    return sealed(asked, trustees)


def sealed(policy: Json, trustees: Trustees) -> Json:
    """The policy with the handle sealed to ``trustees``, as every policy of a verifier that is run as obliged has it."""
    return {**policy, "escrow": dict(trustees.escrow(PURPOSE))}


def south_policy(issuer: str) -> Json:
    """Asks for little: level 1, and the risk tier stays hidden, so that it is priced as the worst."""
    return policies.private(issuer)


def account_policy(issuer: str) -> Json:
    """For one account of many: no pseudonym, so that nothing joins the accounts; the account is bound into the proof."""
    return policies.account(issuer)


@dataclass(frozen=True, slots=True)
class OnList:
    """Somebody who applies under the name of that entry of that screening list."""

    list: str
    entry_id: str
    person: Person = field(repr=False)

    @property
    def entry(self) -> str:
        """The entry, as decisions name it."""
        return f"{self.list} {self.entry_id}"


@dataclass
class Venue:
    """A venue: its client id at the verifier, its key there, and the policy it asks by. ``policy`` is the newest version."""

    id: str
    verifier: Verifier
    key: IssuedKey = field(repr=False)
    policy: Json

    @property
    def audience(self) -> str:
        """Whom proofs are for: the verifier and the client."""
        return self.verifier.audience

    @property
    def policy_name(self) -> str:
        """The name of the policy."""
        return str(self.policy["name"])


@dataclass
class Holder:
    """An invented person: the wallet and its passphrase, the credential, and pseudonyms by venue."""

    name: str
    passphrase: str = field(repr=False)
    wallet: Wallet = field(repr=False)
    held: HeldCredential = field(repr=False)
    pseudonyms: dict[str, bytes] = field(default_factory=dict)
