"""A loaded policy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from credence.circuits.credential import LADDERS, Schema
from credence.circuits.errors import IllFormed, Step
from credence.circuits.fields import Json
from credence.circuits.policy.predicates import TOLD, Posterior, Predicate, Threshold

PERIODS: Final[Mapping[str, int]] = {"hour": 3_600, "day": 86_400}
"""Seconds of a rate limit's epoch; the epoch's number is the request's time divided by them."""

MAX_ACCUMULATORS: Final = 8
"""Accumulators that a policy may be about: each makes a request by up to a hundred kilobytes longer."""


class PolicyError(IllFormed):
    """A policy that is refused at load; ``reason`` says why in words meant for its author."""

    def __init__(self, reason: str, step: Step = Step.CONTEXT) -> None:
        super().__init__(reason, step)


@dataclass(frozen=True, slots=True)
class CredentialAsk:
    """A credential slot: its schema and the issuers accepted for it."""

    schema: Schema
    issuers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RevocationAsk:
    """The credential was not revoked, as of a minute that ended at most ``max_age_s`` seconds ago."""

    slot: str
    max_age_s: int


@dataclass(frozen=True, slots=True)
class LimitAsk:
    """At most ``uses`` acceptances of one holder in each hour or day, under a name of the venue's."""

    slot: str
    name: str
    per: str
    uses: int

    def epoch(self, at: int) -> int:
        """The number of the epoch of a time (unix seconds)."""
        return at // PERIODS[self.per]


@dataclass(frozen=True, slots=True)
class EscrowAsk:
    """The subject's handle sealed to ``key`` (48 bytes), which ``threshold`` of ``members`` trustees open together."""

    slot: str
    trustees: str
    key: bytes
    threshold: int
    members: int
    purpose: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A loaded policy. ``digest`` is the policy hash, SHA-256 over ``canonical``, the document's RFC 8785 form.

    Whatever it asks, a credential that has expired does not satisfy it.
    """

    name: str
    version: int
    credentials: Mapping[str, CredentialAsk]
    """By slot, ascending."""
    predicates: tuple[Predicate, ...]
    disclose: tuple[tuple[str, str], ...]
    not_revoked: tuple[RevocationAsk, ...]
    pseudonym_slot: str | None
    pseudonym_suffix: str | None
    rate_limit: LimitAsk | None
    escrow: EscrowAsk | None
    message_required: bool
    tariff: str
    canonical: bytes = field(repr=False)
    digest: bytes

    @property
    def document(self) -> Json:
        """The document as it was loaded: a new copy each time, so that whoever changes one changes nothing here."""
        document: Json = json.loads(self.canonical)
        return document

    @property
    def slot(self) -> str:
        """The first credential slot by name, which is meant where a policy names none."""
        return next(iter(self.credentials))

    @property
    def accumulated(self) -> tuple[tuple[str, str], ...]:
        """(issuer, schema) of whatever may be shown in a slot that asks for non-revocation, each once."""
        asked = [self.credentials[ask.slot] for ask in self.not_revoked]
        return tuple(dict.fromkeys((issuer, ask.schema.id) for ask in asked for issuer in ask.issuers))

    def disclosed_attributes(self, slot: str | None = None) -> tuple[str, ...]:
        """The attributes a proof discloses of a slot (the first one by default), in the order of the signed vector.

        They are what is to be shown, the bits asked for, and the rungs below them, which follow from those, and the venue
        and the day of a standing under a posterior bound.
        """
        slot = slot or self.slot
        layout = self.credentials[slot].schema
        names = {attribute for of, shown in self.disclose if of == slot for attribute in LADDERS.get(shown, (shown,))}
        for predicate in self.predicates:
            if isinstance(predicate, Threshold) and predicate.slot == slot:
                names |= implied_rungs(predicate.rung)
            if isinstance(predicate, Posterior) and slot in dict(predicate.venues):
                names |= set(TOLD)
        return tuple(sorted(names, key=layout.index))


def implied_rungs(rung: str) -> set[str]:
    """A bit and, on a ladder, all easier rungs, which are set where it is."""
    for rungs in LADDERS.values():
        if rung in rungs:
            return set(rungs[: rungs.index(rung) + 1])
    return {rung}
